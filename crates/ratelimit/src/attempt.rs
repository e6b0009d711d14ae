//! What is put to a limit.
use palisade_core::ClientAddr;

use crate::{KeyParts, Plan, RateKey};

/// One attempt that is put to a limit: whose it is, what it costs, where it came from.
///
/// Where an attempt is asked for, a key or its parts will do.
#[derive(Clone, Debug)]
#[must_use = "an attempt does nothing until it is checked"]
pub struct Attempt {
    key: RateKey,
    cost: u64,
    client: Option<ClientAddr>,
    plan: Option<Plan>,
}

impl Attempt {
    /// An attempt under that key, of cost one, by the limit's own quotas.
    #[expect(
        clippy::inline_always,
        reason = "the state of the hash that is finished here stays in registers"
    )]
    #[inline(always)]
    pub fn new(key: impl Into<RateKey>) -> Self {
        Self {
            key: key.into(),
            cost: 1,
            client: None,
            plan: None,
        }
    }

    /// Costs `cost` units: bytes, items, tries.
    ///
    /// Zero counts as one, so nothing is free. It is a `u64` so that a number that a client chose need not be cut to fit;
    /// one that exceeds the burst never fits.
    #[inline]
    pub const fn with_cost(mut self, cost: u64) -> Self {
        self.cost = cost;
        self
    }

    /// Names the client in the event that a refusal makes. It is not part of the key.
    #[inline]
    pub const fn with_client(mut self, client: ClientAddr) -> Self {
        self.client = Some(client);
        self
    }

    /// Counts by this plan in place of the limit's own quotas.
    ///
    /// What a key has used is a time, or a count, and stays when its plan changes.
    pub fn with_plan(mut self, plan: Plan) -> Self {
        self.plan = Some(plan);
        self
    }

    /// The key.
    #[inline]
    #[must_use]
    pub const fn key(&self) -> RateKey {
        self.key
    }

    /// The cost, in units; zero counts as one.
    #[inline]
    #[must_use]
    pub const fn cost(&self) -> u64 {
        self.cost
    }

    /// The client, for the event.
    #[inline]
    #[must_use]
    pub const fn client(&self) -> Option<ClientAddr> {
        self.client
    }

    /// The plan, where it is not the limit's own.
    #[inline]
    #[must_use]
    pub const fn plan(&self) -> Option<&Plan> {
        self.plan.as_ref()
    }
}

impl From<&Self> for Attempt {
    #[inline]
    fn from(attempt: &Self) -> Self {
        attempt.clone()
    }
}

impl From<RateKey> for Attempt {
    #[inline]
    fn from(key: RateKey) -> Self {
        Self::new(key)
    }
}

impl From<KeyParts<'_>> for Attempt {
    #[expect(
        clippy::inline_always,
        reason = "the state of the hash that is finished here stays in registers"
    )]
    #[inline(always)]
    fn from(parts: KeyParts<'_>) -> Self {
        Self::new(parts)
    }
}
