//! In Redis: what a decision about a limit costs, what leases save, what an outage does; and the commands of a session.
mod hang;
mod leases;
pub mod node;
mod oracle;
mod sessions;
mod strict;

use std::num::NonZeroU32;

use palisade_core::{RootSecret, Secret};
use palisade_ratelimit::{KeyHasher, Quota, RateKey};

use crate::Row;

/// The rows: a decision beside a bare call of the same script, leases beside a command a decision, an outage beside none, and
/// sessions beside tower-sessions'.
#[must_use]
pub fn rows() -> Vec<Row> {
    let mut rows = strict::rows();
    rows.extend(hang::rows());
    rows.extend(leases::rows());
    rows.extend(sessions::rows());
    rows
}

fn n(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

/// The busy key's quota.
fn quota() -> Quota {
    Quota::per_second(n(oracle::RATE)).burst(n(oracle::BURST))
}

/// Keys that all processes share.
fn key(number: u64) -> RateKey {
    let secret = RootSecret::new(Secret::new((0..32).collect())).unwrap();
    KeyHasher::shared(&secret, "bench").key().number(number).finish()
}
