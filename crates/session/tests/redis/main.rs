//! Sessions in a real Redis server, and in a cluster of three.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod cancellation;
mod contract;
mod cost;
mod load;
mod outage;
mod sealed;
mod site;
