//! What is asked of the server.
use crate::{Quotas, RateKey};

/// A key, what it may use, and what something costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) key: RateKey,
    pub(super) quotas: Quotas,
    /// At least one.
    pub(super) cost: u64,
}

impl Question {
    pub(super) fn new(key: RateKey, quotas: &Quotas, cost: u64) -> Self {
        Self {
            key,
            quotas: *quotas,
            cost: cost.max(1),
        }
    }

    /// Whether the cost is over the least of the bursts.
    pub(super) fn never_fits(&self) -> bool {
        self.cost > u64::from(self.quotas.max_burst())
    }

    /// The cost as a script takes it: none is larger than a burst can be.
    pub(super) fn bounded_cost(&self) -> u64 {
        self.cost.min(u64::from(u32::MAX))
    }
}
