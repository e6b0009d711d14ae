//! ChromeDriver, the process between test and browser.

use std::path::Path;
use std::process::Command;

use crate::ServerProcess;

pub(super) const INSTALL: &str = "install Chromium and the ChromeDriver of the same version \
     (Debian: apt-get install chromium chromium-driver)";

/// A running ChromeDriver that listens on a loopback port of its own choice.
#[derive(Debug)]
pub(super) struct Driver {
    process: ServerProcess,
    url: String,
}

impl Driver {
    /// Starts the driver; whatever its browser writes outside its profile goes to `home`.
    pub(super) async fn start(home: &Path) -> Self {
        let mut command = Command::new("chromedriver");
        command
            .arg("--port=0")
            .env("XDG_CONFIG_HOME", home)
            .env("XDG_CACHE_HOME", home);
        // The wait for its first lines would block a runtime of one thread.
        match tokio::task::spawn_blocking(|| Self::start_blocking(command)).await {
            Ok(driver) => driver,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }

    fn start_blocking(mut command: Command) -> Self {
        let process = ServerProcess::try_start(&mut command);
        let process =
            process.unwrap_or_else(|error| panic!("cannot start chromedriver ({error}): {INSTALL}"));
        let line = process.wait_for_line("started successfully on port");
        let port: String = line.chars().filter(char::is_ascii_digit).collect();
        Self {
            process,
            url: format!("http://127.0.0.1:{port}"),
        }
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn id(&self) -> u32 {
        self.process.id()
    }
}
