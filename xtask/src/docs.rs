//! `cargo xtask docs [ARGS]`

use crate::step::{Outcome, Step};

pub(crate) fn run(args: &[String]) -> Outcome {
    Step::cargo(["doc", "--no-deps", "--all-features"])
        .args(args)
        .env("RUSTDOCFLAGS", "-D warnings")
        .run()
}
