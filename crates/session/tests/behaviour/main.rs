//! What sessions do, seen from a browser: through the layer and through the plain functions.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod account;
mod binding;
mod browser;
mod cancellation;
mod cookies;
mod layer;
mod lifecycle;
mod outage;
mod overlap;
mod probe;
mod values;
