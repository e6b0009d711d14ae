//! On which terms nodes hold units.
use std::num::NonZeroU32;
use std::time::Duration;

use palisade_core::ConfigError;

use crate::{Quota, QuotaKind, Quotas};

/// How long an epoch is: leases of one are settled when the epoch after the next begins.
pub(super) const EPOCH: Duration = Duration::from_millis(500);
/// How long a node holds a lease before it reports what it spent. It has to reach the server within the validity, which
/// is one epoch at least.
pub(super) const HOLD: Duration = Duration::from_millis(375);
/// A node asks for as much as it needs in that time.
const TARGET: Duration = Duration::from_millis(400);
/// The largest lease.
const MOST: u32 = 100;
/// Smaller ones are not worth the holding.
const FEWEST: u32 = 8;

/// How many nodes there are, and how much each of them may hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    nodes: NonZeroU32,
    most: u32,
}

impl Terms {
    pub(super) const fn new(nodes: NonZeroU32) -> Self {
        Self { nodes, most: MOST }
    }

    pub(super) fn with_most(self, most: u32) -> Result<Self, ConfigError> {
        if !(FEWEST..=10_000).contains(&most) {
            let problem = format!("{most} units given, {FEWEST} to 10000 are allowed");
            return Err(ConfigError::new("rate limit lease", problem));
        }
        Ok(Self { most, ..self })
    }

    /// A quota of which nodes hold units. Nothing where there are too few, and for quotas that are not leased at all:
    /// several at once, and those of a sliding window.
    pub(super) fn leasable(self, quotas: &Quotas) -> Option<Leasable> {
        let [quota] = *quotas.as_slice() else { return None };
        let half = quota.max_burst().get() / 2;
        let largest = half.checked_div(self.nodes.get()).unwrap_or(0).min(self.most);
        let leasable = Leasable { quota, largest };
        (quota.kind() == QuotaKind::Gcra && largest >= FEWEST).then_some(leasable)
    }
}

/// A quota of which nodes hold units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leasable {
    pub(super) quota: Quota,
    /// How many of them one node holds at most: all nodes together hold half a burst.
    largest: u32,
}

impl Leasable {
    /// How much to ask for at so many units a second.
    pub(super) fn want(&self, rate: u64) -> u32 {
        let millis = u64::try_from(TARGET.as_millis()).unwrap_or(0);
        let needed = rate.saturating_mul(millis).div_ceil(1_000);
        u32::try_from(needed)
            .unwrap_or(u32::MAX)
            .clamp(1, self.largest.max(1))
    }

    /// How few units are worth a command: under pressure a quarter of a lease, otherwise one.
    pub(super) fn least(&self, want: u32) -> u32 {
        (want / 2).min(self.largest / 4).max(1)
    }
}

/// How long the units of a quota take to come back.
pub(super) fn comes_back(quota: &Quota, units: u32) -> Duration {
    let period = quota.period().as_nanos().saturating_mul(u128::from(units));
    let nanos = period.div_ceil(u128::from(quota.rate().get()));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).unwrap()
    }

    #[test]
    fn all_nodes_together_hold_half_a_burst() {
        let terms = Terms::new(n(4));
        let largest = |burst| {
            terms
                .leasable(&Quota::per_second(n(burst)).into())
                .map(|quota| quota.largest)
        };
        assert_eq!(
            [10_000, 800, 400, 64].map(largest),
            [Some(100), Some(100), Some(50), Some(8)]
        );
        assert_eq!([63, 20, 1].map(largest), [None; 3]);
    }

    #[test]
    fn only_a_pace_by_itself_is_leased() {
        let terms = Terms::new(n(1));
        let (paced, strict) = (
            Quota::per_second(n(1_000)),
            Quota::strict(n(1_000), EPOCH).unwrap(),
        );
        assert!(terms.leasable(&paced.into()).is_some());
        assert!(terms.leasable(&strict.into()).is_none());
        assert!(terms.leasable(&Quotas::of(paced).and(strict).unwrap()).is_none());
    }

    #[test]
    fn what_is_wanted_follows_the_demand() {
        let leasable = Terms::new(n(1))
            .leasable(&Quota::per_second(n(1_000)).into())
            .unwrap();
        let want = [0, 1, 10, 100, 1_000, u64::MAX].map(|rate| leasable.want(rate));
        assert_eq!(want, [1, 1, 4, 40, 100, 100]);
        assert_eq!([1, 4, 40, 100].map(|want| leasable.least(want)), [1, 2, 20, 25]);
    }
}
