//! The layer, through tower.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]
mod bypass;
mod enforcing;
mod failing;
mod fields;
mod ledger;
mod outcome;
mod support;
mod together;
