//! What is under way at once: the plain limit, and the layer.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]
mod body;
mod layer;
mod limiter;
