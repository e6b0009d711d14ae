//! The clock that suits a store's quotas.
use std::time::Duration;

use palisade_core::{Clock, CoarseClock, SystemClock, Timestamp};

use crate::{Quota, Quotas};

/// The clock of a [`MemoryStore`](super::MemoryStore) unless another is given: the [`CoarseClock`], where the burst of every quota
/// takes at least 250 ms to come back, and the [`SystemClock`] otherwise.
#[derive(Clone, Copy, Debug)]
pub struct LimitClock(Kind);

#[derive(Clone, Copy, Debug)]
enum Kind {
    Coarse(CoarseClock),
    Exact(SystemClock),
}

/// 25 ticks of 10 ms, the longest that there are.
const LONG_ENOUGH: Duration = Duration::from_millis(250);

impl LimitClock {
    pub(super) fn for_quotas(quotas: &Quotas) -> Self {
        let long = quotas
            .as_slice()
            .iter()
            .all(|quota| comes_back(quota) >= LONG_ENOUGH);
        Self(if long {
            Kind::Coarse(CoarseClock::new())
        } else {
            Kind::Exact(SystemClock::new())
        })
    }
}

impl Clock for LimitClock {
    fn now(&self) -> Timestamp {
        SystemClock::new().now()
    }

    #[inline]
    fn monotonic(&self) -> Duration {
        match self.0 {
            Kind::Coarse(clock) => clock.monotonic(),
            Kind::Exact(clock) => clock.monotonic(),
        }
    }
}

/// In how long the whole burst comes back.
fn comes_back(quota: &Quota) -> Duration {
    let unit = quota.period().checked_div(quota.rate().get());
    unit.unwrap_or_default().saturating_mul(quota.max_burst().get())
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn short_bursts_are_timed_exactly() {
        let n = |n| NonZeroU32::new(n).unwrap();
        let is_coarse = |quotas: Quotas| matches!(LimitClock::for_quotas(&quotas).0, Kind::Coarse(_));
        assert!(is_coarse(Quota::per_second(n(100)).into()));
        assert!(is_coarse(Quota::per_second(n(100)).burst(n(25)).into()));
        assert!(!is_coarse(Quota::per_second(n(100)).burst(n(24)).into()));
        assert!(!is_coarse(Quota::new(n(5), Quota::MIN_PERIOD).unwrap().into()));
        let both = Quotas::of(Quota::per_minute(n(9)))
            .and(Quota::per_second(n(9)).burst(n(1)))
            .unwrap();
        assert!(!is_coarse(both), "the shortest decides");
    }
}
