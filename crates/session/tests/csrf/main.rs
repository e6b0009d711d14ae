//! Whether another site made a request: cases as data, through the plain function, the guard and the layer.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
mod cases;
mod layer;
