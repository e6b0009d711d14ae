//! What the two measuring programs share: the pairs, the sampling and the table.
//!
//! Times are taken by `palisade-benches`, allocations are counted by `count`, a program of its own: a counting
//! allocator slows down whoever allocates, which would flatter us.
#![expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::exhaustive_structs,
    missing_debug_implementations,
    reason = "a measuring program computes with floats, reads the clock and stops when something is wrong"
)]

pub mod counted;
pub mod flood;
pub mod latency;
mod noted;
pub mod pairs;
pub mod redis;
mod requests;
mod sample;
pub mod table;
pub mod telling;

pub use sample::{Bar, Pair, Row, Timed, measure};
