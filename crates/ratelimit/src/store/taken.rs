//! What a store answers.
use std::time::Duration;

/// What a store answers to a `take` or a `peek`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Taken {
    kind: TakenKind,
    at: Duration,
    remaining: u32,
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
    pub const fn admitted(at: Duration, remaining: u32, reset_after: Duration) -> Self {
        Self {
            kind: TakenKind::Admitted,
            at,
            remaining,
            wait: reset_after,
        }
    }

    /// Refused at `at`; `remaining` units are left, and after `retry_after` the same would be admitted.
    pub const fn refused(at: Duration, remaining: u32, retry_after: Duration) -> Self {
        Self {
            kind: TakenKind::Refused,
            at,
            remaining,
            wait: retry_after,
        }
    }

    /// Refused at `at`, for ever.
    pub const fn never_fits(at: Duration) -> Self {
        Self {
            kind: TakenKind::NeverFits,
            at,
            remaining: 0,
            wait: Duration::ZERO,
        }
    }

    /// Which answer it is.
    #[must_use]
    pub const fn kind(&self) -> TakenKind {
        self.kind
    }

    /// The store's time: a span since an origin of its own.
    #[must_use]
    pub const fn at(&self) -> Duration {
        self.at
    }

    /// How many units are left.
    #[must_use]
    pub const fn remaining(&self) -> u32 {
        self.remaining
    }

    /// When admitted: after how long all units are there again.
    #[must_use]
    pub fn reset_after(&self) -> Option<Duration> {
        (self.kind == TakenKind::Admitted).then_some(self.wait)
    }

    /// When refused: after how long the same would be admitted.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        (self.kind == TakenKind::Refused).then_some(self.wait)
    }
}
