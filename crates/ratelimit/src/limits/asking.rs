//! Limits that are being asked.
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use palisade_core::StoreError;

use super::{Place, Sum};
use crate::store::{Store, Taken};

/// One limit's place among those that are asked together.
pub(crate) enum Slot<S: Store> {
    /// The limit is not asked.
    Free,
    /// Its store was asked.
    Begun(S::Take),
    /// Its store answered.
    Answered(Result<Taken, StoreError>),
}

/// Asks the stores of those limits, without waiting for any.
#[inline]
pub(crate) fn begin<'a, S: Store>(places: impl Iterator<Item = Place<'a, S>>, slots: &mut [Slot<S>]) {
    for place in places {
        if let Some(slot) = slots.get_mut(place.at) {
            *slot = Slot::Begun(place.limit.begin(place.attempt));
        }
    }
}

/// Ready when all that were asked have answered.
#[inline]
pub(crate) fn poll_all<S: Store>(slots: &mut [Slot<S>], cx: &mut Context<'_>) -> Poll<()> {
    let mut all = Poll::Ready(());
    // To the end, so that every store gets on with its answer.
    for slot in slots {
        if slot.poll(cx).is_pending() {
            all = Poll::Pending;
        }
    }
    all
}

/// What the limits say to the answers of their stores.
#[inline]
pub(crate) fn conclude<'a, S: Store>(
    places: impl Iterator<Item = Place<'a, S>>,
    slots: &mut [Slot<S>],
) -> Sum {
    let mut sum = Sum::default();
    for place in places {
        let slot = slots.get_mut(place.at).map(Slot::take);
        if let Some(Slot::Answered(taken)) = slot {
            let decision = place.limit.conclude(place.attempt, taken);
            sum.add(&place, decision);
        }
    }
    sum
}

impl<S: Store> Slot<S> {
    #[inline]
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Self::Begun(take) = self {
            let taken = ready!(Pin::new(take).poll(cx));
            *self = Self::Answered(taken);
        }
        Poll::Ready(())
    }

    #[inline]
    fn take(&mut self) -> Self {
        std::mem::replace(self, Self::Free)
    }
}
