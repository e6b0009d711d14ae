//! `cargo xtask test [ARGS]`

use crate::step::{Outcome, Step};
use crate::{needs, tools};

/// Sees to what the tests need, then runs all of them. Arguments go to the test runner and make a selection;
/// doctests belong to the whole, and a selection says that it leaves them out.
pub(crate) fn run(args: &[String]) -> Outcome {
    needs::meet()?;
    if !tools::present("nextest") {
        return Step::cargo(["test", "--all-features", "--no-fail-fast"])
            .args(args)
            .run();
    }
    Step::cargo(["nextest", "run", "--all-features", "--no-fail-fast"])
        .args(args)
        .run()?;
    if !args.is_empty() {
        println!("doctests were not run: `cargo xtask test` without arguments runs them");
        return Ok(());
    }
    Step::cargo(["test", "--doc", "--all-features", "--no-fail-fast"]).run()
}
