//! A real browser, driven through WebDriver.

mod cookie;
mod driver;
mod tree;

use std::path::Path;
use std::time::Duration;

use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

pub use self::cookie::BrowserCookie;
use self::driver::Driver;
use crate::TempDir;

const SESSION: Duration = Duration::from_secs(60);

/// A headless Chromium with a profile of its own, and the ChromeDriver that steers it.
///
/// Both end when this value is dropped. The test fails where they are not installed; it is never skipped.
#[derive(Debug)]
pub struct Browser {
    client: Client,
    driver: Driver,
    profile: TempDir,
}

impl Browser {
    /// Starts ChromeDriver on a free loopback port and opens one browser session.
    ///
    /// # Panics
    /// Where Chromium or ChromeDriver is not installed or does not come up; the message says which.
    pub async fn start() -> Self {
        let profile = TempDir::new();
        let driver = Driver::start(profile.path()).await;
        let client = open(&driver, &profile).await;
        Self {
            client,
            driver,
            profile,
        }
    }

    /// The WebDriver client: navigate, find, click, type, run scripts.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The cookies that the browser would send to the page it shows, `HttpOnly` ones included.
    ///
    /// # Panics
    /// Where the browser does not answer.
    pub async fn cookies(&self) -> Vec<BrowserCookie> {
        let cookies = self.client.get_all_cookies().await;
        cookies
            .unwrap_or_else(|error| panic!("the browser did not tell its cookies: {error}"))
            .into_iter()
            .map(BrowserCookie::from)
            .collect()
    }

    /// The cookie of that name, if the browser kept one for the page it shows.
    ///
    /// # Panics
    /// Where the browser does not answer.
    pub async fn cookie(&self, name: &str) -> Option<BrowserCookie> {
        self.cookies()
            .await
            .into_iter()
            .find(|cookie| cookie.name == name)
    }

    /// Writes what the window shows to `path`, as PNG.
    ///
    /// # Panics
    /// Where the browser does not answer or the file cannot be written.
    pub async fn screenshot(&self, path: impl AsRef<Path>) {
        let picture = self.client.screenshot().await;
        let picture = picture.unwrap_or_else(|error| panic!("the browser gave no picture: {error}"));
        std::fs::write(path.as_ref(), picture)
            .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.as_ref().display()));
    }

    /// Closes the session, then the browser and its driver.
    ///
    /// # Panics
    /// Where the session does not close, which means that the browser crashed.
    pub async fn close(self) {
        let closed = self.client.clone().close().await;
        closed.unwrap_or_else(|error| panic!("the browser session did not close: {error}"));
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Chromium outlives a killed driver, and its crash handler is nobody's child: both are found before the
        // driver ends, by parent and by profile.
        tree::end(self.driver.id(), self.profile.path());
    }
}

async fn open(driver: &Driver, profile: &TempDir) -> Client {
    let mut builder = ClientBuilder::new(HttpConnector::new());
    builder.capabilities(capabilities(profile.path()));
    match tokio::time::timeout(SESSION, builder.connect(driver.url())).await {
        Ok(Ok(client)) => client,
        Ok(Err(error)) => panic!("no browser session ({error}): {}", driver::INSTALL),
        Err(elapsed) => panic!("the browser did not come up: {elapsed}"),
    }
}

fn capabilities(profile: &Path) -> Capabilities {
    let mut capabilities = Capabilities::new();
    capabilities.insert("browserName".to_owned(), json!("chrome"));
    capabilities.insert(
        "goog:chromeOptions".to_owned(),
        json!({ "args": arguments(profile) }),
    );
    capabilities
}

/// No window, no calls home, no state from an earlier run.
fn arguments(profile: &Path) -> Vec<String> {
    const QUIET: [&str; 8] = [
        "--headless=new",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage", // containers give 64 MB of shared memory, too little for Chromium
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
    ];
    let mut arguments: Vec<String> = QUIET.map(str::to_owned).to_vec();
    arguments.push(format!("--user-data-dir={}", profile.display()));
    if tree::is_root() {
        // Chromium refuses to sandbox itself as root, which is how containers run tests.
        arguments.push("--no-sandbox".to_owned());
    }
    arguments
}
