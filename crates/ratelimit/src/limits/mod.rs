//! Several limits that decide together.
mod asking;
mod giving_back;
mod sum;

use std::fmt;
use std::future::poll_fn;
use std::iter::zip;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use palisade_core::{Clock, StoreError, StoreErrorKind};

use crate::decision::Receipts;
use crate::store::Store;
use crate::{Allowed, Attempt, Decision, MemoryStore, RateLimiter};

pub(crate) use asking::{Slot, begin, conclude, poll_all};
pub(crate) use giving_back::GivingBack;
pub(crate) use sum::Sum;

/// One to eight limits that decide together: an address *and* an account, three sizes of a network.
///
/// Every limit counts by its own key. Either all charge, or none keeps a charge:
///
/// 1. All are asked, at once where their store takes time.
/// 2. If any refuses, what the others charged is given back, as [`RateLimiter::refund`] does it. One whose store failed may keep
///    its charge. A limit in shadow mode keeps it too: it counts what comes, and refuses nothing.
/// 3. The answer does not depend on the order: [`StoreFailed`](Decision::StoreFailed) before
///    [`NeverFits`](Decision::NeverFits), before the [`Deny`](Decision::Deny) with the longest wait. Only if all allow, the
///    answer is [`Allow`](Decision::Allow), with the numbers of the limit that leaves the least part of its quota; of two alike,
///    of the one that takes longer to be whole again.
///
/// Nothing is allocated while the stores are ready at once. How many limits there are is part of the type, so that none is
/// forgotten in a call:
///
/// ```
/// use std::num::NonZeroU32;
/// use std::sync::Arc;
/// use palisade_core::ClientAddr;
/// use palisade_ratelimit::{Limits, Quota, RateLimiter};
///
/// const FIVE: NonZeroU32 = NonZeroU32::new(5).unwrap();
/// const FIFTY: NonZeroU32 = NonZeroU32::new(50).unwrap();
/// let account = Arc::new(RateLimiter::new("login.account", Quota::per_hour(FIVE))?);
/// let address = Arc::new(RateLimiter::new("login.address", Quota::per_hour(FIFTY))?);
/// let limits = Limits::new([Arc::clone(&account), Arc::clone(&address)]);
///
/// let client = ClientAddr::from_peer([192, 0, 2, 7].into());
/// let attempt = |name: &str| [account.key().account(name).into(), address.key().client(&client).into()];
/// for _ in 0..5 {
///     assert!(limits.check_now(&attempt("ada@shop.example")).is_allowed());
/// }
/// assert!(!limits.check_now(&attempt("ADA@shop.example")).is_allowed());   // the account's quota is used up
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// assert_eq!(address.remaining(address.key().client(&client)).await?, 45);  // and the address paid for five, not for six
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Limits<const N: usize, S = MemoryStore>([Arc<RateLimiter<S>>; N]);

/// One limit that is asked, and what it is asked about.
pub(crate) struct Place<'a, S> {
    pub(crate) at: usize,
    pub(crate) limit: &'a RateLimiter<S>,
    pub(crate) attempt: &'a Attempt,
}

impl<const N: usize, S: Store> Limits<N, S> {
    /// These limits. More than eight, and none at all, do not compile.
    #[must_use]
    pub const fn new(limits: [Arc<RateLimiter<S>>; N]) -> Self {
        const {
            assert!(
                N > 0 && N <= Receipts::MAX,
                "one to eight limits can be asked together"
            );
        }
        Self(limits)
    }

    /// The limits, in the order in which they were given.
    #[must_use]
    pub const fn as_array(&self) -> &[Arc<RateLimiter<S>>; N] {
        &self.0
    }

    /// Charges an attempt to each of the limits, in their order, if all of them allow.
    ///
    /// A future that is dropped may leave some of them charged.
    pub async fn check(&self, attempts: &[Attempt; N]) -> Decision {
        let mut slots = [const { Slot::Free }; N];
        begin(self.places(attempts), &mut slots);
        poll_fn(|cx| poll_all(&mut slots, cx)).await;
        let sum = conclude(self.places(attempts), &mut slots);
        if sum.refuses() {
            // What cannot be given back stays charged: the limit is stricter, never laxer, and its store's failure is told of.
            let given = GivingBack::unless_shadow(self.places(attempts), sum.receipts()).await;
            drop(given);
        }
        sum.into_decision()
    }

    /// Gives back what all of the limits were charged for these attempts, less what time has paid of it.
    ///
    /// # Errors
    /// [`StoreError`] where a store failed; its charge may stand.
    pub async fn refund(&self, attempts: &[Attempt; N], allowed: Allowed) -> Result<(), StoreError> {
        GivingBack::of(self.places(attempts), allowed.receipts()).await
    }

    fn places<'a>(&'a self, attempts: &'a [Attempt; N]) -> impl Iterator<Item = Place<'a, S>> {
        let place = |(at, (limit, attempt)): (usize, (&'a Arc<_>, _))| Place { at, limit, attempt };
        zip(&self.0, attempts).enumerate().map(place)
    }
}

impl<const N: usize, C: Clock> Limits<N, MemoryStore<C>> {
    /// As [`check`](Self::check), without a future.
    pub fn check_now(&self, attempts: &[Attempt; N]) -> Decision {
        let failed = || Decision::StoreFailed(StoreError::new(StoreErrorKind::Failed));
        // The store is ready at once, and so is the future; there is no other way it could go.
        at_once(self.check(attempts)).unwrap_or_else(failed)
    }
}

/// What a future says when it is polled once.
fn at_once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = std::pin::pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// Polls without waiting: what is pending is polled again by whoever drives the request.
pub(crate) fn poll_now<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

impl<const N: usize, S> Clone for Limits<N, S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<const N: usize, S> fmt::Debug for Limits<N, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|limit| limit.name()))
            .finish()
    }
}

#[cfg(test)]
mod tests;
