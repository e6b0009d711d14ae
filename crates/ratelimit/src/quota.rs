//! How much is allowed.
use std::num::NonZeroU32;
use std::time::Duration;

use palisade_core::ConfigError;

/// How much is allowed: a rate, and how much of it at once.
///
/// It reads as it acts: `Quota::per_minute(n).burst(b)` lets `b` pass at once, then `n` in every minute, spread evenly.
/// In *any* window of length `w` the cost admitted is at most `b + w * n / minute`; the first minute of a client that was
/// idle before can therefore see `b + n`. Without `burst`, `b` is `n`.
///
/// Everything is integer arithmetic. The time between two units is kept to 2^-32 ns, so 7 in a minute stay 7 in a minute.
///
/// ```
/// use std::num::NonZeroU32;
/// use palisade_ratelimit::Quota;
///
/// const LOGIN: Quota = Quota::per_minute(NonZeroU32::new(10).unwrap()).burst(NonZeroU32::new(3).unwrap());
/// assert_eq!((LOGIN.rate().get(), LOGIN.period().as_secs(), LOGIN.max_burst().get()), (10, 60, 3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quota {
    rate: NonZeroU32,
    period: Duration,
    burst: NonZeroU32,
    /// The time between two units, in 2^-32 ns, rounded up.
    interval: u128,
}

/// Bits of [`Quota::interval`] below one nanosecond.
pub(crate) const INTERVAL_FRACTION: u32 = 32;

impl Quota {
    /// The shortest period: one millisecond.
    pub const MIN_PERIOD: Duration = Duration::from_millis(1);

    /// The longest period: 30 days.
    pub const MAX_PERIOD: Duration = Duration::from_secs(30 * 86_400);

    /// `rate` a second.
    #[must_use]
    pub const fn per_second(rate: NonZeroU32) -> Self {
        Self::of(rate, Duration::from_secs(1))
    }

    /// `rate` a minute.
    #[must_use]
    pub const fn per_minute(rate: NonZeroU32) -> Self {
        Self::of(rate, Duration::from_secs(60))
    }

    /// `rate` an hour.
    #[must_use]
    pub const fn per_hour(rate: NonZeroU32) -> Self {
        Self::of(rate, Duration::from_secs(3_600))
    }

    /// `rate` in every `period`.
    ///
    /// # Errors
    /// [`ConfigError`] for a period under [`MIN_PERIOD`](Self::MIN_PERIOD) or over [`MAX_PERIOD`](Self::MAX_PERIOD).
    pub fn new(rate: NonZeroU32, period: Duration) -> Result<Self, ConfigError> {
        if period < Self::MIN_PERIOD || period > Self::MAX_PERIOD {
            let problem = format!("{period:?} given, 1 ms to 30 days are allowed");
            return Err(ConfigError::new("quota period", problem));
        }
        Ok(Self::of(rate, period))
    }

    /// Lets at most `burst` pass at once, whatever was left unused before.
    #[must_use]
    pub const fn burst(mut self, burst: NonZeroU32) -> Self {
        self.burst = burst;
        self
    }

    /// How many units become available in every [`period`](Self::period).
    #[must_use]
    pub const fn rate(&self) -> NonZeroU32 {
        self.rate
    }

    /// The period of the rate.
    #[must_use]
    pub const fn period(&self) -> Duration {
        self.period
    }

    /// How many units may be used at once.
    #[must_use]
    pub const fn max_burst(&self) -> NonZeroU32 {
        self.burst
    }

    /// The time between two units, in 2^-32 ns, rounded up: at most 2^84.
    pub(crate) const fn interval(&self) -> u128 {
        self.interval
    }

    #[expect(clippy::as_conversions, reason = "widening, in a const fn")]
    const fn of(rate: NonZeroU32, period: Duration) -> Self {
        let scaled = period.as_nanos() << INTERVAL_FRACTION;
        Self {
            rate,
            period,
            burst: rate,
            interval: scaled.div_ceil(rate.get() as u128),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn n(n: u32) -> NonZeroU32 {
        NonZeroU32::new(n).unwrap()
    }

    #[test]
    fn a_quota_reads_as_it_acts() {
        let quota = Quota::per_minute(n(60));
        assert_eq!(quota.max_burst(), n(60), "the burst is the rate unless given");
        assert_eq!(quota.interval(), 1_000_000_000 << INTERVAL_FRACTION);
        let quota = quota.burst(n(5));
        assert_eq!((quota.rate(), quota.max_burst()), (n(60), n(5)));
        assert_eq!(
            quota,
            Quota::new(n(60), Duration::from_secs(60)).unwrap().burst(n(5))
        );
    }

    #[test]
    fn periods_are_bounded() {
        let cases = [
            ("nothing", Duration::ZERO, false),
            ("under a millisecond", Duration::from_micros(999), false),
            ("a millisecond", Duration::from_millis(1), true),
            ("30 days", Quota::MAX_PERIOD, true),
            ("over 30 days", Quota::MAX_PERIOD + Duration::from_nanos(1), false),
            ("for ever", Duration::MAX, false),
        ];
        for (name, period, allowed) in cases {
            assert_eq!(Quota::new(n(1), period).is_ok(), allowed, "{name}");
        }
    }

    #[test]
    fn seven_a_minute_do_not_drift() {
        let interval = Quota::per_minute(n(7)).interval();
        let year = 525_960_u128 * 7;
        let drift =
            (interval * year - ((525_960_u128 * 60_000_000_000) << INTERVAL_FRACTION)) >> INTERVAL_FRACTION;
        assert_eq!(drift, 0, "less than a nanosecond in a year");
    }
}
