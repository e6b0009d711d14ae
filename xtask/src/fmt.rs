//! `cargo xtask fmt [--fix]`

use std::path::Path;

use crate::step::{Failure, Outcome, Step};
use crate::tools;

/// The fuzz targets are no workspace member, so `--all` does not reach them.
const FUZZ: &str = "fuzz/Cargo.toml";

pub(crate) fn run(args: &[String]) -> Outcome {
    let check: &[&str] = match args {
        [] => &["--", "--check"],
        [fix] if fix == "--fix" => &[],
        _ => return Err(Failure::new("the only option is --fix")),
    };
    tools::component("fmt", "rustfmt")?;
    Step::cargo(["fmt", "--all"]).args(check).run()?;
    if Path::new(FUZZ).exists() {
        Step::cargo(["fmt", "--manifest-path", FUZZ]).args(check).run()?;
    }
    Ok(())
}
