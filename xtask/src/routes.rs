//! `cargo xtask routes`

use std::fs;

use crate::step::{Failure, Outcome, Step};

/// What the shop's own test compares with the routes that are served.
const FILE: &str = "docs/shop-routes.md";

/// Writes the table of the shop's routes. It is asked for and not parsed: the shop knows what it serves.
pub(crate) fn run(args: &[String]) -> Outcome {
    if !args.is_empty() {
        return Err(Failure::new("takes no arguments"));
    }
    let table = Step::cargo(["run", "--quiet", "-p", "palisade-shop", "--example", "routes"]).output()?;
    fs::write(FILE, table).map_err(|error| Failure::new(format!("cannot write {FILE}: {error}")))
}
