//! Three sizes of a client's network.
use std::num::NonZeroU32;

use palisade_core::{ConfigError, Recorder};

use super::RateLimitLayer;
use crate::{ByClient, ByNetwork, MemoryStore, Quota, QuotaKind, Quotas, RateLimiter};

impl RateLimitLayer {
    /// A layer that limits the network of a client in three sizes together: the IPv4 address or IPv6 /64 by `quotas`, the /56 by
    /// four times as much, the /48 by sixteen times as much.
    ///
    /// So whoever holds a /48 gets what sixteen homes get, and not what 65 536 do. The limits are called `name`, `name.56` and
    /// `name.48`; their tables take 8, 4 and 2 MiB; their events go to `recorder`.
    ///
    /// ```
    /// use std::num::NonZeroU32;
    /// use palisade_core::Recorder;
    /// use palisade_ratelimit::{Quota, RateLimitLayer};
    ///
    /// const TEN: NonZeroU32 = NonZeroU32::new(10).unwrap();
    /// let layer = RateLimitLayer::by_networks("register", Quota::per_hour(TEN), &Recorder::default())?;
    /// # Ok::<(), palisade_core::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigError`] for a name that is too long or has other characters than a limit's, and where memory or random bytes
    /// are not to be had.
    pub fn by_networks(
        name: &str,
        quotas: impl Into<Quotas>,
        recorder: &Recorder,
    ) -> Result<Self, ConfigError> {
        let quotas = quotas.into();
        let limit = |suffix: &str, factor, bytes| {
            let quotas = grown(&quotas, factor)?;
            let store = MemoryStore::sized(quotas, bytes)?;
            let limit = RateLimiter::with_store(format!("{name}{suffix}"), quotas, store)?;
            Ok::<_, ConfigError>(limit.with_recorder(recorder.clone()))
        };
        let bytes = MemoryStore::DEFAULT_BYTES;
        Self::new(limit("", 1, bytes)?, ByClient::new())
            .add_limit(limit(".56", 4, bytes / 2)?, ByNetwork::prefix(56)?.ipv6_only())?
            .add_limit(limit(".48", 16, bytes / 4)?, ByNetwork::prefix(48)?.ipv6_only())
    }
}

/// Quotas that allow so many times as much.
fn grown(quotas: &Quotas, factor: u32) -> Result<Quotas, ConfigError> {
    let mut all = quotas.as_slice().iter().map(|quota| times(quota, factor));
    let first = all.next().ok_or(ConfigError::new("quotas", "none"))??;
    all.try_fold(Quotas::of(first), |quotas, quota| quotas.and(quota?))
}

/// A quota that allows so many times as much. An exact one that would have to keep too many times counts instead.
fn times(quota: &Quota, factor: u32) -> Result<Quota, ConfigError> {
    let more = |n: NonZeroU32| n.saturating_mul(NonZeroU32::new(factor).unwrap_or(NonZeroU32::MIN));
    let (rate, period) = (more(quota.rate()), quota.period());
    let grown = match quota.kind() {
        QuotaKind::SlidingLog if rate.get() <= Quota::MAX_EXACT => Quota::exact(rate, period),
        QuotaKind::SlidingLog | QuotaKind::SlidingCounter => Quota::strict(rate, period),
        QuotaKind::Gcra => Quota::new(rate, period),
    };
    Ok(grown?.burst(more(quota.max_burst())))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn n(n: u32) -> NonZeroU32 {
        NonZeroU32::new(n).unwrap()
    }

    #[test]
    fn all_windows_of_a_limit_grow() {
        let day = Duration::from_secs(86_400);
        let quotas = Quotas::of(Quota::per_second(n(3)).burst(n(5))).and(Quota::exact(n(7), day).unwrap());
        let grown = grown(&quotas.unwrap(), 4).unwrap();
        let want = [
            Quota::per_second(n(12)).burst(n(20)),
            Quota::strict(n(28), day).unwrap(),
        ];
        assert_eq!(grown.as_slice(), want);
        let huge = Quota::per_second(n(u32::MAX));
        assert_eq!(times(&huge, 16).unwrap(), huge, "it saturates");
    }
}
