//! `cargo xtask interop`: tokens of this library with other libraries, and theirs with this one.
use std::fs;
use std::path::{Path, PathBuf};

use crate::step::{Failure, Outcome, Step};

/// What is asked for, by versions that are told when it runs.
const PYTHON: [&str; 2] = ["PyJWT", "cryptography"];
const NODE: &str = "jose";
const KEYS: &str = "crates/auth/tests/vectors/keys";

/// Runs `PyJWT` and jose over tokens of this library, and this library over theirs. It fails where one of them is missing: a check that
/// did not run is none.
pub(crate) fn run(args: &[String]) -> Outcome {
    if !args.is_empty() {
        return Err(Failure::new("takes no arguments"));
    }
    let directory = directory()?;
    let path = |name: &str| directory.join(name).display().to_string();
    example(["mint", &path("")])?;
    let (minted, python, node) = (path("minted.json"), path("python.json"), path("node.json"));
    Step::new(&venv(&directory)?)
        .args(["xtask/interop/check.py", &minted, KEYS, &python])
        .run()?;
    let modules = jose(&directory)?;
    Step::new("node")
        .args(["xtask/interop/check.mjs", &modules, &minted, KEYS, &node])
        .run()?;
    example(["verify", &python])?;
    example(["verify", &node])
}

fn example(args: [&str; 2]) -> Outcome {
    let cargo = [
        "run",
        "--quiet",
        "-p",
        "palisade-auth",
        "--features",
        "tokens",
        "--example",
        "interop",
        "--",
    ];
    Step::cargo(cargo).args(args).run()
}

/// Where all of it lies: the build directory, so that nothing is left behind.
fn directory() -> Result<PathBuf, Failure> {
    let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".to_owned());
    let directory = Path::new(&target).join("interop");
    fs::create_dir_all(&directory)
        .and_then(|()| directory.canonicalize())
        .map_err(|error| Failure::new(format!("cannot make {}: {error}", directory.display())))
}

/// A Python of its own with `PyJWT`.
fn venv(directory: &Path) -> Result<String, Failure> {
    let venv = directory.join("python");
    let python = venv.join("bin/python").display().to_string();
    if !Step::new(&python)
        .args(["-c", "import jwt, cryptography"])
        .succeeds()
    {
        Step::new("python3")
            .args(["-m", "venv", &venv.display().to_string()])
            .run()?;
        Step::new(&python)
            .args(["-m", "pip", "install", "--quiet"])
            .args(PYTHON)
            .run()?;
    }
    Ok(python)
}

/// A directory with jose.
fn jose(directory: &Path) -> Result<String, Failure> {
    let modules = directory.join("node");
    let prefix = modules.display().to_string();
    if !modules.join("node_modules").join(NODE).exists() {
        Step::new("npm")
            .args(["install", "--silent", "--prefix", &prefix, NODE])
            .run()?;
    }
    Ok(prefix)
}
