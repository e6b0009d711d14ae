//! The authority: objects and answers, lists and fields, changes.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod changes;
mod lists;
mod objects;
mod shop;
