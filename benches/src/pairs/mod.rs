//! The pairs: what is measured beside what.
mod auth;
mod ratelimit;
mod rbac;
mod session;
mod token;

use crate::Pair;

/// The crates that have pairs.
pub const NAMES: &[&str] = &["ratelimit", "session", "auth", "token", "rbac", "redis"];

/// The pairs of one crate.
#[must_use]
pub fn of(name: &str) -> Vec<Pair> {
    match name {
        "auth" => auth::pairs(),
        "ratelimit" => ratelimit::pairs(),
        "rbac" => rbac::pairs(),
        "session" => session::pairs(),
        "token" => token::pairs(),
        _ => Vec::new(),
    }
}
