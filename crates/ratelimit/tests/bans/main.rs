//! Bans: the plain functions, and the layer.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]
mod layer;
mod plain;
mod support;
