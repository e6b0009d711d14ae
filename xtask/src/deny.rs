//! `cargo xtask deny [CHECKS]`

use crate::step::{Outcome, Step};
use crate::tools;

/// What needs no network. The advisory database does, so it is asked for by name: `deny advisories`.
const OFFLINE: [&str; 3] = ["licenses", "bans", "sources"];

pub(crate) fn run(args: &[String]) -> Outcome {
    tools::install("deny")?;
    let deny = Step::cargo(["deny", "--all-features", "check"]);
    if args.is_empty() {
        deny.args(OFFLINE).run()
    } else {
        deny.args(args).run()
    }
}
