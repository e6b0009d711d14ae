//! Charges that are given back.
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use palisade_core::StoreError;

use super::{Place, poll_now};
use crate::decision::Receipts;
use crate::store::Store;

/// Refunds under way. Those of a store that is ready at once are made already.
#[must_use = "refunds that nobody polls may not be made"]
pub(crate) struct GivingBack<S: Store> {
    pending: Vec<S::Done>,
    failed: Option<StoreError>,
}

impl<S: Store> GivingBack<S> {
    /// Of what each of the limits charged.
    pub(crate) fn of<'a>(places: impl Iterator<Item = Place<'a, S>>, receipts: &Receipts) -> Self {
        let mut all = Self::nothing();
        for place in places {
            if let Some(refund) = place.limit.give_back(place.attempt, receipts, place.at) {
                all.begin(refund);
            }
        }
        all
    }

    /// Of what each charged that is not in shadow mode.
    pub(crate) fn unless_shadow<'a>(places: impl Iterator<Item = Place<'a, S>>, receipts: &Receipts) -> Self {
        Self::of(places.filter(|place| !place.limit.is_shadow()), receipts)
    }

    pub(crate) const fn nothing() -> Self {
        Self {
            pending: Vec::new(),
            failed: None,
        }
    }

    /// Whether nothing has to be waited for.
    #[inline]
    #[cfg(feature = "tower")]
    pub(crate) const fn is_done(&self) -> bool {
        self.pending.is_empty()
    }

    fn begin(&mut self, mut refund: S::Done) {
        match poll_now(&mut refund) {
            Poll::Ready(done) => self.failed = self.failed.take().or(done.err()),
            Poll::Pending => self.pending.push(refund),
        }
    }
}

impl<S: Store> Future for GivingBack<S> {
    /// The first failure, if there was one.
    type Output = Result<(), StoreError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { pending, failed } = self.get_mut();
        pending.retain_mut(|refund| match Pin::new(refund).poll(cx) {
            Poll::Ready(done) => {
                *failed = failed.take().or(done.err());
                false
            }
            Poll::Pending => true,
        });
        if pending.is_empty() {
            Poll::Ready(failed.take().map_or(Ok(()), Err))
        } else {
            Poll::Pending
        }
    }
}
