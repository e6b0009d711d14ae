//! What a node counts by itself, for the time when the server is away.
use std::num::NonZeroU32;
use std::time::Duration;

use palisade_core::{ConfigError, StoreError};

use super::time::NodeClock;
use crate::store::{Block, Charge, Store, Taken, TakenKind};
use crate::{MemoryStore, Quota, QuotaKind, Quotas, RateKey};

/// How soon a caller may ask again whose cost fits the quota, but not this node's share of it.
const AGAIN: Duration = Duration::from_secs(1);

/// A table in memory that counts along: what the server admits to this node is charged here too, so that an outage begins
/// where the server left off.
#[derive(Debug)]
pub(super) struct Local {
    memory: MemoryStore<NodeClock>,
    nodes: NonZeroU32,
}

impl Local {
    pub(super) fn new(quotas: &Quotas, nodes: NonZeroU32, clock: NodeClock) -> Result<Self, ConfigError> {
        let memory = MemoryStore::new(share(quotas, nodes))?;
        Ok(Self {
            memory: memory.with_clock(clock),
            nodes,
        })
    }

    /// Decides by this node's share of the quotas.
    pub(super) fn take(&self, key: RateKey, quotas: &Quotas, cost: u64) -> Result<Taken, StoreError> {
        let taken = self.memory.take_now(key, &self.share(quotas), cost)?;
        Ok(fitting(taken, quotas, cost))
    }

    pub(super) fn peek(&self, key: RateKey, quotas: &Quotas) -> Result<Taken, StoreError> {
        let taken = self.memory.peek(key, &self.share(quotas)).into_inner()?;
        Ok(fitting(taken, quotas, 1))
    }

    /// Charges what the server has admitted.
    pub(super) fn follow(&self, key: RateKey, quotas: &Quotas, cost: u64) {
        drop(self.penalize(key, quotas, cost));
    }

    pub(super) fn penalize(&self, key: RateKey, quotas: &Quotas, cost: u64) -> Result<(), StoreError> {
        self.memory.penalize(key, &self.share(quotas), cost).into_inner()
    }

    pub(super) fn refund(&self, key: RateKey, quotas: &Quotas, charge: Charge) -> Result<(), StoreError> {
        self.memory.refund(key, &self.share(quotas), charge).into_inner()
    }

    pub(super) fn block(&self, key: RateKey, block: Block) -> Result<Duration, StoreError> {
        self.memory.block(key, block).into_inner()
    }

    pub(super) fn reset(&self, key: RateKey) -> Result<(), StoreError> {
        self.memory.reset(key).into_inner()
    }

    pub(super) fn supports(&self, quotas: &Quotas) -> Result<(), ConfigError> {
        self.memory.supports(&self.share(quotas))
    }

    fn share(&self, quotas: &Quotas) -> Quotas {
        share(quotas, self.nodes)
    }
}

/// A cost that fits the quota but not the share is no error of the caller's: he may come again when the server is back.
fn fitting(taken: Taken, quotas: &Quotas, cost: u64) -> Taken {
    if taken.kind() == TakenKind::NeverFits && cost <= u64::from(quotas.max_burst()) {
        return Taken::refused(taken.at(), 0, AGAIN);
    }
    taken
}

/// The quotas of one node of so many; at least one unit each.
fn share(quotas: &Quotas, nodes: NonZeroU32) -> Quotas {
    if nodes == NonZeroU32::MIN {
        return *quotas;
    }
    let mut parts = quotas.as_slice().iter().map(|quota| part(quota, nodes));
    let first = parts.next().map(Quotas::of);
    // Two that cannot be told apart any more, after a period was cut to the longest, stay undivided.
    let all = first.and_then(|first| parts.try_fold(first, |all, part| all.and(part).ok()));
    all.unwrap_or(*quotas)
}

fn part(quota: &Quota, nodes: NonZeroU32) -> Quota {
    let burst = quota.max_burst().get().checked_div(nodes.get());
    let burst = burst.and_then(NonZeroU32::new).unwrap_or(NonZeroU32::MIN);
    match quota.kind() {
        QuotaKind::Gcra => slower(quota, nodes).burst(burst),
        QuotaKind::SlidingCounter | QuotaKind::SlidingLog => quota.burst(burst),
    }
}

/// So many times as slow. A period that would be too long stays the longest that there is.
fn slower(quota: &Quota, nodes: NonZeroU32) -> Quota {
    let rate = quota
        .rate()
        .get()
        .checked_div(nodes.get())
        .and_then(NonZeroU32::new);
    let even = rate.filter(|_| quota.rate().get().is_multiple_of(nodes.get()));
    let slow = if let Some(rate) = even {
        Quota::new(rate, quota.period())
    } else {
        let period = quota.period().saturating_mul(nodes.get());
        Quota::new(quota.rate(), period.min(Quota::MAX_PERIOD))
    };
    slow.unwrap_or(*quota)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).unwrap()
    }

    #[test]
    fn a_share_is_a_part_of_rate_and_burst() {
        let quotas = Quotas::of(Quota::per_minute(n(60)).burst(n(10)));
        let part = share(&quotas, n(3));
        let part = part.as_slice()[0];
        assert_eq!((part.rate(), part.max_burst()), (n(20), n(3)));
        assert_eq!(share(&quotas, n(1)), quotas);
    }

    #[test]
    fn a_rate_that_cannot_be_divided_is_slower() {
        let part = share(&Quota::per_minute(n(1)).into(), n(4)).as_slice()[0];
        assert_eq!(
            (part.rate(), part.period(), part.max_burst()),
            (n(1), Duration::from_secs(240), n(1))
        );
        let part = share(&Quota::exact(n(5), Duration::from_secs(60)).unwrap().into(), n(2)).as_slice()[0];
        assert_eq!((part.max_burst(), part.period()), (n(2), Duration::from_secs(60)));
    }
}
