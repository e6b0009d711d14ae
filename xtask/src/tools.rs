//! Cargo subcommands that not every machine has.

use crate::step::{Outcome, Step};

/// Sees to it that `cargo NAME` works: found, or installed from the registry as its lock file pins it.
pub(crate) fn install(name: &str) -> Outcome {
    if present(name) {
        return Ok(());
    }
    Step::cargo(["install", "--locked", &format!("cargo-{name}")]).run()
}

/// Sees to it that `cargo NAME` works, where it comes from a component of the toolchain.
pub(crate) fn component(name: &str, component: &str) -> Outcome {
    if present(name) {
        return Ok(());
    }
    Step::new("rustup").args(["component", "add", component]).run()
}

/// Whether `cargo NAME` works.
pub(crate) fn present(name: &str) -> bool {
    Step::cargo([name, "--version"]).succeeds()
}
