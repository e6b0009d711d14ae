//! `cargo xtask shop [ARGS]`

use crate::step::{Outcome, Step};

pub(crate) fn run(args: &[String]) -> Outcome {
    Step::cargo(["run", "-p", "palisade-shop", "--"]).args(args).run()
}
