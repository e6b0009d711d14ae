//! Quotas in the numbers of the scripts.
use std::time::Duration;

use palisade_core::ConfigError;

use crate::quota::INTERVAL_FRACTION;
use crate::{Quota, QuotaKind, Quotas};

/// The longest time that a burst may take to come back: 2^51 µs, 71 years. With it, sums of two stay exact in the 64-bit floats
/// of the scripts.
const LONGEST: u64 = 1 << 51;
/// The finest part of a microsecond in which an interval is kept: 2^-20.
const FINEST: u32 = 20;

/// A quota as a script is told of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Measure {
    /// 1, 2 or 3, as the windows of a record are numbered.
    pub(super) kind: u32,
    /// The burst, or the limit.
    pub(super) burst: u32,
    /// Microseconds: of a pace the interval, with a binary fraction; of the others the window.
    pub(super) span: f64,
}

impl Measure {
    /// The quota in numbers; nothing where they would not be exact.
    pub(super) fn of(quota: &Quota) -> Option<Self> {
        let burst = quota.max_burst().get();
        let (kind, span) = match quota.kind() {
            QuotaKind::Gcra => (1, interval(quota)?),
            QuotaKind::SlidingCounter => (2, window(quota)),
            QuotaKind::SlidingLog => (3, window(quota)),
        };
        Some(Self { kind, burst, span })
    }
}

/// Refuses quotas whose numbers would not be exact.
pub(super) fn check(quotas: &Quotas) -> Result<(), ConfigError> {
    let all = quotas.as_slice();
    if all.iter().all(|quota| Measure::of(quota).is_some()) {
        return Ok(());
    }
    Err(too_long())
}

/// The only way for a quota to be out of range.
pub(super) fn too_long() -> ConfigError {
    ConfigError::new("rate limit in redis", "a burst takes over 71 years to come back")
}

/// The time between two units, rounded up to the finest binary part of a microsecond in which the whole burst is exact.
fn interval(quota: &Quota) -> Option<f64> {
    let burst = u128::from(quota.max_burst().get());
    let at = |fraction: u32| {
        // interval / 2^32 ns, in 2^-fraction µs.
        let parts = quota.interval().checked_shl(fraction)?;
        let parts = parts.div_ceil(1_000_u128.checked_shl(INTERVAL_FRACTION)?);
        let fits = parts.checked_mul(burst)? <= u128::from(LONGEST);
        fits.then_some((parts, fraction))
    };
    let (parts, fraction) = (0..=FINEST).rev().find_map(at)?;
    let scale = 1_u64.checked_shl(fraction)?;
    Some(float(u64::try_from(parts).ok()?) / float(scale))
}

/// In whole microseconds, rounded up.
fn window(quota: &Quota) -> f64 {
    float(micros(quota.period()))
}

/// In whole microseconds, rounded up; saturates.
pub(super) fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX)
}

#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "at most 2^51: exact"
)]
fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use proptest::prelude::*;

    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn quota(rate: u32, period: Duration, burst: u32) -> Quota {
        let n = |n| NonZeroU32::new(n).unwrap();
        Quota::new(n(rate), period).unwrap().burst(n(burst))
    }

    #[test]
    fn plain_intervals_are_whole() {
        let measure = Measure::of(&quota(60, Duration::from_secs(60), 5)).unwrap();
        assert_eq!(
            measure,
            Measure {
                kind: 1,
                burst: 5,
                span: 1_000_000.0
            }
        );
        let strict = Quota::strict(NonZeroU32::MIN, DAY).unwrap();
        let day = Measure {
            kind: 2,
            burst: 1,
            span: 86_400_000_000.0,
        };
        assert_eq!(Measure::of(&strict).unwrap(), day);
    }

    #[test]
    fn quotas_out_of_range_are_refused() {
        assert!(check(&quota(1, 30 * DAY, 800).into()).is_ok());
        assert!(check(&quota(1, 30 * DAY, 900).into()).is_err());
        assert!(check(&quota(1, 30 * DAY, u32::MAX).into()).is_err());
        assert!(check(&quota(u32::MAX, 30 * DAY, u32::MAX).into()).is_ok());
        let strict = Quota::strict(NonZeroU32::MAX, 30 * DAY).unwrap();
        assert!(check(&strict.into()).is_ok());
    }

    proptest! {
        /// Rounded up, so never faster than asked for; and as little as the range allows.
        #[test]
        fn an_interval_is_never_shorter(rate in 1_u32.., millis in 1_u64..=2_592_000_000, burst in 1_u32..) {
            let quota = quota(rate, Duration::from_millis(millis), burst);
            if let Some(measure) = Measure::of(&quota) {
                let exact = float(millis) * 1_000.0 / f64::from(rate);
                prop_assert!(measure.span >= exact * (1.0 - 1e-15));
                let finest = 1.0_f64.max(exact * f64::from(burst) / float(LONGEST) * 4.0);
                prop_assert!(measure.span - exact <= finest);
                let full = measure.span * f64::from(burst);
                prop_assert!(full <= float(LONGEST));
                prop_assert!((full * 1_048_576.0).fract() == 0.0);
            }
        }
    }
}
