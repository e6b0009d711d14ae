//! What several limits say together.
use palisade_core::StoreError;

use super::Place;
use crate::decision::{Numbers, Receipts};
use crate::{Allowed, Decision, Denied};

/// What several limits say together: the same whatever their order.
#[derive(Debug)]
pub(crate) struct Sum {
    worst: Worst,
    failed: Option<StoreError>,
    receipts: Receipts,
    shadowed: bool,
}

/// The worst that a limit said whose store works.
#[derive(Clone, Copy, Debug)]
enum Worst {
    /// By no limit that refuses anything.
    Nothing,
    Allow(Numbers),
    Deny(Denied),
    NeverFits,
}

impl Default for Sum {
    fn default() -> Self {
        Self {
            worst: Worst::Nothing,
            failed: None,
            receipts: Receipts::NONE,
            shadowed: false,
        }
    }
}

impl Sum {
    /// And what the limit at that place says.
    #[inline]
    pub(crate) fn add<S>(&mut self, place: &Place<'_, S>, decision: Decision) {
        if let Decision::Allow(allowed) = &decision {
            self.keep_receipt(place.at, allowed);
            if place.limit.is_shadow() {
                return;
            }
        }
        self.add_enforced(place.at, decision);
    }

    /// And what a limit says that keeps no receipts.
    #[inline]
    pub(crate) fn add_enforced(&mut self, place: usize, decision: Decision) {
        let worst = match decision {
            Decision::Allow(allowed) => Worst::Allow(at_place(*allowed.numbers(), place)),
            Decision::Deny(denied) => Worst::Deny(denied_at_place(&denied, place)),
            Decision::NeverFits => Worst::NeverFits,
            Decision::StoreFailed(error) => {
                self.failed = self.failed.take().or(Some(error));
                return;
            }
        };
        self.worst = self.worst.or_worse(worst);
    }

    #[inline]
    fn keep_receipt(&mut self, place: usize, allowed: &Allowed) {
        self.shadowed |= allowed.is_shadowed();
        if let Some(at) = allowed.receipts().at(0) {
            self.receipts.set(place, at);
        }
    }

    /// Whether the attempt may not go on.
    #[inline]
    pub(crate) const fn refuses(&self) -> bool {
        self.failed.is_some() || !matches!(self.worst, Worst::Nothing | Worst::Allow(_))
    }

    /// Takes limits whose store failed out of the count, and tells whether there were any.
    #[cfg(feature = "tower")]
    pub(crate) fn forgive_failures(&mut self) -> bool {
        self.failed.take().is_some()
    }

    /// Whether a limit that could have refused has allowed.
    #[cfg(feature = "tower")]
    #[inline]
    pub(crate) const fn is_metered(&self) -> bool {
        matches!(self.worst, Worst::Allow(_))
    }

    /// Which limits charged, and when.
    #[inline]
    pub(crate) const fn receipts(&self) -> &Receipts {
        &self.receipts
    }

    #[inline]
    pub(crate) fn into_decision(self) -> Decision {
        if let Some(error) = self.failed {
            return Decision::StoreFailed(error);
        }
        let numbers = match self.worst {
            Worst::Nothing => Numbers::NONE,
            Worst::Allow(numbers) => numbers,
            Worst::Deny(denied) => return Decision::Deny(denied),
            Worst::NeverFits => return Decision::NeverFits,
        };
        let allowed = Allowed::new(numbers, self.receipts);
        Decision::Allow(if self.shadowed {
            allowed.shadowed()
        } else {
            allowed
        })
    }
}

impl Worst {
    #[inline]
    fn or_worse(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, said) | (said, Self::Nothing) => said,
            (Self::NeverFits, _) | (_, Self::NeverFits) => Self::NeverFits,
            (Self::Deny(one), Self::Deny(two)) if two.retry_after() > one.retry_after() => other,
            (Self::Deny(_), _) => self,
            (_, Self::Deny(_)) => other,
            (Self::Allow(one), Self::Allow(two)) if leaves_less(&two, &one) => other,
            (Self::Allow(_), Self::Allow(_)) => self,
        }
    }
}

fn denied_at_place(denied: &Denied, place: usize) -> Denied {
    let numbers = at_place(*denied.numbers(), place);
    if denied.is_blocked() {
        Denied::blocked(numbers)
    } else {
        Denied::new(numbers)
    }
}

const fn at_place(mut numbers: Numbers, place: usize) -> Numbers {
    numbers.which.limit = place;
    numbers
}

/// Whether `one` leaves a smaller part of its quota than `two`, or the same and is whole again later.
fn leaves_less(one: &Numbers, two: &Numbers) -> bool {
    let part =
        |numbers: &Numbers, limit: u32| u64::from(numbers.remaining.get()).saturating_mul(u64::from(limit));
    let (this, other) = (part(one, two.limit), part(two, one.limit));
    this < other || (this == other && one.wait > two.wait)
}
