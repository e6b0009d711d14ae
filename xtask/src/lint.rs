//! `cargo xtask lint [ARGS]`

use crate::step::{Outcome, Step};
use crate::tools;

/// Default members only: the benchmarks' peers take minutes to compile. `lint -p palisade-benches` reaches them.
pub(crate) fn run(args: &[String]) -> Outcome {
    tools::component("clippy", "clippy")?;
    Step::cargo(["clippy", "--all-targets", "--all-features"])
        .args(args)
        .args(["--", "-D", "warnings"])
        .run()
}
