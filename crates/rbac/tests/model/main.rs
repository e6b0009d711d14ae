//! The decision beside a naive evaluator, and as theorems.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod naive;
mod small;
mod theorems;
mod world;
