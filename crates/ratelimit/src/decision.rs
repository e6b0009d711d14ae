//! What a limit decides.
use std::time::Duration;

use palisade_core::StoreError;

use crate::gcra::Units;
use crate::{LimitRefused, LimitRefusedKind};

/// What a limit decides about an attempt. Four answers, side by side: none hides inside another.
///
/// Only [`Allow`](Self::Allow) lets the attempt through. [`into_result`](Self::into_result) says the same with a `?`.
#[derive(Debug)]
#[must_use = "a decision that nobody looks at is no limit"]
#[non_exhaustive]
pub enum Decision {
    /// It was charged, and may go on.
    Allow(Allowed),
    /// The quota is used up for now. Nothing was charged.
    Deny(Denied),
    /// It costs more than may ever be used at once: waiting does not help. Nothing was charged.
    NeverFits,
    /// The store could not tell. Whether it was charged is not known.
    StoreFailed(StoreError),
}

impl Decision {
    /// Whether the attempt may go on.
    #[inline]
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        matches!(self, Self::Allow(_))
    }

    /// The witness, or the refusal with status and fields for a response.
    ///
    /// # Errors
    /// [`LimitRefused`] for everything but [`Allow`](Self::Allow): a store that fails lets nothing through.
    #[inline]
    pub fn into_result(self) -> Result<Allowed, LimitRefused> {
        match self {
            Self::Allow(allowed) => Ok(allowed),
            Self::Deny(denied) => Err(LimitRefused::exhausted(denied.retry_after())),
            Self::NeverFits => Err(LimitRefused::new(LimitRefusedKind::NeverFits)),
            Self::StoreFailed(_) => Err(LimitRefused::new(LimitRefusedKind::StoreFailed)),
        }
    }
}

/// Says that an attempt was charged to a limit and may go on. Only a limit makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Allowed {
    limit: u32,
    remaining: Units,
    reset_after: Duration,
}

impl Allowed {
    #[inline]
    pub(crate) const fn new(limit: u32, remaining: Units, reset_after: Duration) -> Self {
        Self {
            limit,
            remaining,
            reset_after,
        }
    }

    /// How much may be used at once: the quota's burst, in units of cost.
    #[inline]
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// How much of it is left now.
    #[inline]
    #[must_use]
    pub const fn remaining(&self) -> u32 {
        self.remaining.get()
    }

    /// After how long all of it is there again, with nothing used in between.
    #[inline]
    #[must_use]
    pub const fn reset_after(&self) -> Duration {
        self.reset_after
    }
}

/// Says that a quota is used up for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denied {
    limit: u32,
    remaining: Units,
    retry_after: Duration,
}

impl Denied {
    #[inline]
    pub(crate) const fn new(limit: u32, remaining: Units, retry_after: Duration) -> Self {
        Self {
            limit,
            remaining,
            retry_after,
        }
    }

    /// How much may be used at once: the quota's burst, in units of cost.
    #[inline]
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// How much of it is left now: less than the attempt costs.
    #[inline]
    #[must_use]
    pub const fn remaining(&self) -> u32 {
        self.remaining.get()
    }

    /// After how long the same attempt would pass, with nothing used in between. It is not zero.
    #[inline]
    #[must_use]
    pub const fn retry_after(&self) -> Duration {
        self.retry_after
    }
}
