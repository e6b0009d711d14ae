//! `cargo xtask bench [CRATE] [--check]`

use crate::step::{Outcome, Step};

pub(crate) fn run(args: &[String]) -> Outcome {
    Step::cargo(["run", "--release", "-p", "palisade-benches", "--"])
        .args(args)
        .run()
}
