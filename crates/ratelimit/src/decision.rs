//! What a limit decides.
use std::time::Duration;

use palisade_core::StoreError;

use crate::units::Units;
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

/// Which quota of which limit a decision tells of: the one that leaves least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Which {
    /// The limit's place among those that were asked together.
    pub(crate) limit: usize,
    /// The quota's place in its plan.
    pub(crate) quota: usize,
}

/// How a key stands with the quota that leaves it least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) which: Which,
    pub(crate) limit: u32,
    pub(crate) remaining: Units,
    pub(crate) wait: Duration,
}

impl Numbers {
    /// Of a decision that has none.
    pub(crate) const NONE: Self = Self {
        which: Which { limit: 0, quota: 0 },
        limit: 0,
        remaining: Units::new(0),
        wait: Duration::ZERO,
    };
}

/// When each of the limits that were asked together charged the attempt, by its store's time, in nanoseconds: what it takes
/// to give the charges back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Receipts {
    /// Of the first, and only, limit. Most are asked alone, and write no more than this.
    One(u64),
    /// Of all, by their place.
    Several([u64; Self::MAX]),
}

impl Receipts {
    /// So many limits can be asked together.
    pub(crate) const MAX: usize = 8;

    /// Of a limit that charged nothing.
    const UNCHARGED: u64 = u64::MAX;

    /// Nothing was charged.
    pub(crate) const NONE: Self = Self::One(Self::UNCHARGED);

    #[inline]
    pub(crate) fn one(at: Duration) -> Self {
        Self::One(nanos(at))
    }

    pub(crate) fn set(&mut self, limit: usize, at: Duration) {
        let mut all = match *self {
            Self::One(first) => {
                let mut all = [Self::UNCHARGED; Self::MAX];
                all[0] = first;
                all
            }
            Self::Several(all) => all,
        };
        if let Some(place) = all.get_mut(limit) {
            *place = nanos(at);
        }
        *self = Self::Several(all);
    }

    /// When that limit charged; nothing where it did not.
    pub(crate) fn at(&self, limit: usize) -> Option<Duration> {
        let at = match self {
            Self::One(first) => (limit == 0).then_some(*first),
            Self::Several(all) => all.get(limit).copied(),
        };
        at.filter(|at| *at != Self::UNCHARGED).map(Duration::from_nanos)
    }
}

fn nanos(at: Duration) -> u64 {
    u64::try_from(at.as_nanos()).unwrap_or(u64::MAX)
}

/// Says that an attempt was charged to a limit and may go on. Only a limit makes it.
///
/// It is the receipt as well: whoever gives a charge back gives this away, so that nothing is given back twice.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub struct Allowed {
    numbers: Numbers,
    receipts: Receipts,
    shadowed: bool,
}

impl Allowed {
    #[inline]
    pub(crate) const fn new(numbers: Numbers, receipts: Receipts) -> Self {
        Self {
            numbers,
            receipts,
            shadowed: false,
        }
    }

    /// Let through by a limit in shadow mode that would have refused it.
    pub(crate) const fn shadowed(mut self) -> Self {
        self.shadowed = true;
        self
    }

    /// How much may be used at once, in units of cost, by the quota that leaves least.
    #[inline]
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.numbers.limit
    }

    /// How much of it is left now.
    #[inline]
    #[must_use]
    pub const fn remaining(&self) -> u32 {
        self.numbers.remaining.get()
    }

    /// After how long all of it is there again, with nothing used in between.
    #[inline]
    #[must_use]
    pub const fn reset_after(&self) -> Duration {
        self.numbers.wait
    }

    /// Whether a limit in shadow mode would have refused it.
    #[must_use]
    pub const fn is_shadowed(&self) -> bool {
        self.shadowed
    }

    pub(crate) const fn numbers(&self) -> &Numbers {
        &self.numbers
    }

    pub(crate) const fn receipts(&self) -> &Receipts {
        &self.receipts
    }
}

/// Says that a quota is used up for now, or that its key is blocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denied {
    numbers: Numbers,
    blocked: bool,
}

impl Denied {
    #[inline]
    pub(crate) const fn new(numbers: Numbers) -> Self {
        Self {
            numbers,
            blocked: false,
        }
    }

    /// Denied since the key is blocked, whatever its quota.
    pub(crate) const fn blocked(numbers: Numbers) -> Self {
        Self {
            numbers,
            blocked: true,
        }
    }

    /// How much may be used at once, in units of cost, by the quota that makes the attempt wait longest.
    #[inline]
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.numbers.limit
    }

    /// How much of it is left now: less than the attempt costs.
    #[inline]
    #[must_use]
    pub const fn remaining(&self) -> u32 {
        self.numbers.remaining.get()
    }

    /// After how long the same attempt would pass, with nothing used in between. It is not zero.
    #[inline]
    #[must_use]
    pub const fn retry_after(&self) -> Duration {
        self.numbers.wait
    }

    /// Whether the key is blocked, whatever is left of its quota.
    #[must_use]
    pub const fn is_blocked(&self) -> bool {
        self.blocked
    }

    pub(crate) const fn numbers(&self) -> &Numbers {
        &self.numbers
    }
}
