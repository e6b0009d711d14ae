//! What a store answers.
use std::time::Duration;

use crate::gcra::Units;

/// What a store answers to a `take` or a `peek`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Taken {
    kind: TakenKind,
    at: Duration,
    remaining: Units,
    wait: Duration,
}

/// The three answers of a store that works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TakenKind {
    /// Charged; or, for a `peek`, it would be.
    Admitted,
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
            remaining: Units::new(remaining),
            wait: retry_after,
        }
    }

    /// Refused at `at`, for ever.
    pub const fn never_fits(at: Duration) -> Self {
        Self {
            kind: TakenKind::NeverFits,
            at,
            remaining: Units::new(0),
            wait: Duration::ZERO,
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

    /// When refused: after how long the same would be admitted.
    #[inline]
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        (self.kind == TakenKind::Refused).then_some(self.wait)
    }
}
