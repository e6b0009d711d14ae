//! One limit of a layer.
use std::sync::Arc;

use palisade_core::{ClientAddr, Head, StoreError};

use crate::store::{Taken, TakenKind};
use crate::{Attempt, Decision, KeyBy, Keyed, LimitRefused, RateLimiter};

/// One limit of a layer, and whom it counts.
pub(crate) struct Limit<S> {
    pub(crate) limiter: Arc<RateLimiter<S>>,
    key: Box<dyn KeyBy + Send + Sync>,
}

impl<S> Limit<S> {
    pub(crate) fn new(limiter: Arc<RateLimiter<S>>, key: impl KeyBy + Send + Sync + 'static) -> Self {
        let key = Box::new(key);
        Self { limiter, key }
    }

    /// What the limit counts a request under, at `cost` times what the key finder says.
    #[inline]
    pub(super) fn key(&self, head: &Head<'_>, cost: u64) -> Keyed {
        let mut keyed = self.key.key(head, self.limiter.keys());
        if let (Keyed::Count(attempt), 2..) = (&mut keyed, cost) {
            let cost = attempt.cost().max(1).saturating_mul(cost);
            *attempt = attempt.clone().with_cost(cost);
        }
        keyed
    }

    /// The attempt that the limit counts, with its client; nothing where the request is exempt.
    pub(super) fn attempt(&self, head: &Head<'_>, cost: u64) -> Result<Option<Attempt>, LimitRefused> {
        match self.key(head, cost) {
            Keyed::Count(attempt) => Ok(Some(with_client(&attempt, head))),
            Keyed::Exempt => Ok(None),
            Keyed::Missing => Err(self.limiter.refuse_without_key()),
        }
    }

    /// What the limit says to the answer of its store.
    #[inline]
    pub(super) fn conclude(
        &self,
        attempt: &Attempt,
        head: &Head<'_>,
        taken: Result<Taken, StoreError>,
    ) -> Decision {
        let admitted = matches!(&taken, Ok(taken) if taken.kind() == TakenKind::Admitted);
        if admitted {
            return self.limiter.conclude(attempt, taken);
        }
        // Only a refusal tells of the client.
        self.limiter.conclude(&with_client(attempt, head), taken)
    }
}

/// The attempt with the client that the request comes from, where it names none itself.
pub(super) fn with_client(attempt: &Attempt, head: &Head<'_>) -> Attempt {
    let attempt = attempt.clone();
    match head.extensions().get::<ClientAddr>() {
        Some(client) if attempt.client().is_none() => attempt.with_client(*client),
        _ => attempt,
    }
}
