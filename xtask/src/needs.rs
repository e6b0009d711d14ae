//! Programs that the tests start: found, installed, or named in one sentence.

use std::env;
use std::path::Path;

use crate::step::{Failure, Outcome, Step};

/// One program, under the names it goes by, and the Debian package that brings it.
struct Need {
    programs: &'static [&'static str],
    package: &'static str,
}

const NEEDS: [Need; 3] = [
    Need {
        programs: &["redis-server"],
        package: "redis-server",
    },
    Need {
        programs: &[
            "chromium",
            "google-chrome",
            "google-chrome-stable",
            "chromium-browser",
        ],
        package: "chromium",
    },
    Need {
        programs: &["chromedriver"],
        package: "chromium-driver",
    },
];

/// Returns once every program is on PATH.
pub(crate) fn meet() -> Outcome {
    let packages = missing();
    if packages.is_empty() {
        return Ok(());
    }
    if !(is_root() && on_path("apt-get")) {
        return Err(Failure::new(sentence(&packages)));
    }
    install(&packages)?;
    let packages = missing();
    if packages.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(sentence(&packages)))
    }
}

fn missing() -> Vec<&'static str> {
    let missing = NEEDS
        .iter()
        .filter(|need| !need.programs.iter().any(|program| on_path(program)));
    missing.map(|need| need.package).collect()
}

/// The packages' services must not start: the tests start servers of their own. `SYSTEMD_OFFLINE` makes
/// `systemctl` ignore the packages' `start`, the runlevel does the same for init scripts.
fn install(packages: &[&str]) -> Outcome {
    if let Err(failure) = apt_get(&["update"]).run() {
        eprintln!("{failure}; going on with the package lists that are here");
    }
    apt_get(&["install", "-y", "--no-install-recommends"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("SYSTEMD_OFFLINE", "1")
        .env("RUNLEVEL", "1")
        .env("PREVLEVEL", "N")
        .run()
}

/// Waits for another package manager, which a machine that has just booted often runs.
fn apt_get(args: &[&str]) -> Step {
    Step::new("apt-get")
        .args(["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"])
        .args(args)
}

fn sentence(packages: &[&str]) -> String {
    format!(
        "the tests need programs that are not on PATH; install them with `apt-get install {}`, \
         or on another system the Redis server, Chromium and the ChromeDriver of its version.",
        packages.join(" ")
    )
}

fn on_path(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|directory| is_executable(&directory.join(program)))
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.with_extension("exe").is_file()
}

fn is_root() -> bool {
    std::process::Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_by_name_and_not_by_prefix() {
        assert!(on_path("sh"));
        assert!(!on_path("palisade-no-such-program"));
    }

    #[test]
    fn what_is_missing_is_told_in_one_sentence_with_the_command() {
        let sentence = sentence(&["redis-server", "chromium-driver"]);
        assert!(sentence.contains("`apt-get install redis-server chromium-driver`"));
        assert_eq!(sentence.matches(". ").count(), 0);
    }
}
