//! The pairs: what is measured beside what.
mod auth;
mod ratelimit;
mod session;

use crate::Pair;

/// The crates that have pairs.
pub const NAMES: &[&str] = &["ratelimit", "session", "auth"];

/// The pairs of one crate.
#[must_use]
pub fn of(name: &str) -> Vec<Pair> {
    match name {
        "auth" => auth::pairs(),
        "ratelimit" => ratelimit::pairs(),
        "session" => session::pairs(),
        _ => Vec::new(),
    }
}
