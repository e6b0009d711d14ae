//! What the sliding windows share.
use std::time::Duration;

use crate::Quota;

/// A strict or exact quota, in integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    /// How many units pass in a window.
    pub(crate) units: u32,
    /// How long it is, in nanoseconds; not zero.
    pub(crate) window: u64,
}

/// What is kept of a key in a sliding window. Times are in nanoseconds since an origin of the store's.
pub(crate) trait Window: Copy + Default {
    /// The same under another limit: counts stay, as far as that has room for them.
    fn clipped(self, limit: Limit) -> Self;

    /// Charges `cost` units, if they fit; zero is one.
    fn spend(self, limit: Limit, now: u64, cost: u64) -> Slide<Self>;

    /// Charges `cost` units, or as many of them as fit.
    fn penalize(self, limit: Limit, now: u64, cost: u64) -> Self;

    /// Takes back `cost` units that were charged at `at`, as far as they still count.
    fn refund(self, limit: Limit, at: u64, cost: u64) -> Self;

    /// How much is used of the limit that it was charged by last, in 2^-32 of that.
    fn load(self, now: u64) -> u64;
}

/// What a sliding window says about a cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slide<T> {
    /// It fits, and this is what is to be kept.
    Fits { kept: T, standing: Standing },
    /// It will fit, with nothing spent in between, after `standing.wait` (at least 1 ns).
    Wait { standing: Standing },
}

/// How a key stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Units left.
    pub(crate) remaining: u32,
    /// Until all is there again, or until the cost fits, in nanoseconds.
    pub(crate) wait: u64,
}

impl Limit {
    pub(crate) fn of(quota: &Quota) -> Self {
        Self {
            units: quota.max_burst().get(),
            window: nanos(quota.period()).max(1),
        }
    }

    /// What is left of it.
    pub(crate) fn remaining(self, used: u64) -> u32 {
        u32::try_from(u64::from(self.units).saturating_sub(used)).unwrap_or(0)
    }
}

/// In 64 bits; saturates after 584 years.
#[inline]
pub(crate) fn nanos(span: Duration) -> u64 {
    let whole = span.as_secs().saturating_mul(1_000_000_000);
    whole.saturating_add(u64::from(span.subsec_nanos()))
}

/// A part of a burst, in 2^-32 of it: what is used of `limit`.
pub(crate) fn share(used: u64, limit: u32) -> u64 {
    let used = used.min(u64::from(u32::MAX)) << 32;
    used.checked_div(u64::from(limit)).unwrap_or(0)
}
