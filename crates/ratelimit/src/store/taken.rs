//! What a store answers.
use std::cmp::Reverse;
use std::time::Duration;

use crate::units::Units;

/// What a store answers to a `take` or a `peek`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Taken {
    kind: TakenKind,
    at: Duration,
    quota: usize,
    remaining: Units,
    wait: Duration,
}

/// The answers of a store that works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TakenKind {
    /// Charged; or, for a `peek`, it would be.
    Admitted,
    /// The key is blocked for now.
    Blocked,
    /// The cost exceeds the burst.
    NeverFits,
    /// Not now.
    Refused,
}

impl Taken {
    /// Charged at `at`; `remaining` units are left, and after `reset_after` all are there again.
    #[inline]
    pub const fn admitted(at: Duration, remaining: u32, reset_after: Duration) -> Self {
        Self {
            kind: TakenKind::Admitted,
            at,
            quota: 0,
            remaining: Units::new(remaining),
            wait: reset_after,
        }
    }

    /// Refused at `at`; `remaining` units are left, and after `retry_after` the same would be admitted.
    #[inline]
    pub const fn refused(at: Duration, remaining: u32, retry_after: Duration) -> Self {
        Self {
            kind: TakenKind::Refused,
            at,
            quota: 0,
            remaining: Units::new(remaining),
            wait: retry_after,
        }
    }

    /// Refused at `at`, since the key is blocked for that long still.
    pub const fn blocked(at: Duration, retry_after: Duration) -> Self {
        Self {
            kind: TakenKind::Blocked,
            at,
            quota: 0,
            remaining: Units::new(0),
            wait: retry_after,
        }
    }

    /// Refused at `at`, for ever.
    pub const fn never_fits(at: Duration) -> Self {
        Self {
            kind: TakenKind::NeverFits,
            at,
            quota: 0,
            remaining: Units::new(0),
            wait: Duration::ZERO,
        }
    }

    /// The numbers are those of the quota at that place of the key's quotas: the one that leaves least, or, of those that
    /// refuse, the one that has to be waited for longest. Without this, of the first.
    #[inline]
    pub const fn by_quota(mut self, quota: usize) -> Self {
        self.quota = quota;
        self
    }

    /// The answer of two of a key's quotas together: what refuses stands before what admits, then what has to be waited for
    /// longest, or leaves least; and the place in which they were given decides nothing but between equals.
    pub(crate) fn with(self, other: Self) -> Self {
        if other.rank() > self.rank() { other } else { self }
    }

    /// The greater of two answers is the one that tells.
    fn rank(&self) -> (bool, Duration, Reverse<u32>, Duration) {
        match self.kind {
            TakenKind::Admitted => (false, Duration::ZERO, Reverse(self.remaining()), self.wait),
            TakenKind::Blocked | TakenKind::NeverFits | TakenKind::Refused => {
                (true, self.wait, Reverse(self.remaining()), Duration::ZERO)
            }
        }
    }

    /// Which answer it is.
    #[inline]
    #[must_use]
    pub const fn kind(&self) -> TakenKind {
        self.kind
    }

    /// The store's time: a span since an origin of its own.
    #[inline]
    #[must_use]
    pub const fn at(&self) -> Duration {
        self.at
    }

    /// Which of the key's quotas the numbers are of.
    #[inline]
    #[must_use]
    pub const fn quota(&self) -> usize {
        self.quota
    }

    /// How many units are left.
    #[inline]
    #[must_use]
    pub const fn remaining(&self) -> u32 {
        self.remaining.get()
    }

    #[inline]
    pub(crate) const fn units(&self) -> Units {
        self.remaining
    }

    /// As made by [`admitted`](Self::admitted) or [`refused`](Self::refused), and not divided out yet.
    #[inline]
    pub(crate) const fn with_units(mut self, remaining: Units) -> Self {
        self.remaining = remaining;
        self
    }

    /// When admitted: after how long all units are there again.
    #[inline]
    #[must_use]
    pub fn reset_after(&self) -> Option<Duration> {
        (self.kind == TakenKind::Admitted).then_some(self.wait)
    }

    /// When refused or blocked: after how long the same would be admitted.
    #[inline]
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        matches!(self.kind, TakenKind::Refused | TakenKind::Blocked).then_some(self.wait)
    }

    #[inline]
    pub(crate) const fn wait(&self) -> Duration {
        self.wait
    }
}
