//! An HTTP client for the few things that are fetched elsewhere (feature `https`).
mod address;
mod client;
mod jwks;
mod ranges;

pub use client::HttpsClient;
pub use jwks::HttpsJwks;
pub use ranges::HttpsRanges;
