//! Quotas made ready for one limit.
use std::sync::Arc;

use palisade_core::ConfigError;

use crate::Quotas;
use crate::fields::Policy;

/// Quotas that one limit can count: checked against its store, with their `RateLimit-Policy` written out.
///
/// Made by [`RateLimiter::plan`](crate::RateLimiter::plan), for keys that have another quota than most: tenants, paying
/// customers. A clone costs nothing but a count.
#[derive(Clone, Debug)]
pub struct Plan(Arc<Ready>);

#[derive(Debug)]
struct Ready {
    quotas: Quotas,
    /// One a quota, in the same order.
    policies: Box<[Policy]>,
}

impl Plan {
    pub(crate) fn new(name: &str, quotas: Quotas) -> Result<Self, ConfigError> {
        let one = |(index, quota)| Policy::new(name, index, quota);
        let policies = quotas
            .as_slice()
            .iter()
            .enumerate()
            .map(one)
            .collect::<Result<_, _>>()?;
        Ok(Self(Arc::new(Ready { quotas, policies })))
    }

    /// The quotas.
    #[must_use]
    pub fn quotas(&self) -> &Quotas {
        &self.0.quotas
    }

    /// The field of one of the quotas.
    pub(crate) fn policy(&self, window: usize) -> Option<&Policy> {
        self.0.policies.get(window)
    }

    /// How much one of the quotas lets pass at once.
    #[inline]
    pub(crate) fn limit(&self, window: usize) -> u32 {
        let quota = self.0.quotas.as_slice().get(window);
        quota.map_or(0, |quota| quota.max_burst().get())
    }
}
