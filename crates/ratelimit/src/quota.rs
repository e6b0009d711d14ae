//! How much is allowed.
use std::num::NonZeroU32;
use std::time::Duration;

use palisade_core::ConfigError;

/// How much is allowed over a time: one window of a limit.
///
/// It reads as it acts: `Quota::per_minute(n).burst(b)` lets `b` pass at once, then `n` in every minute, spread evenly.
/// In *any* window of length `w` the cost admitted is at most `b + w * n / minute`; the first minute of a client that was
/// idle before can therefore see `b + n`. Without `burst`, `b` is `n`.
///
/// Where "n in a minute" must mean that and no more, there are [`strict`](Self::strict) and [`exact`](Self::exact).
///
/// Everything is integer arithmetic. The time between two units is kept to 2^-32 ns, so 7 in a minute stay 7 in a minute.
///
/// ```
/// use std::num::NonZeroU32;
/// use palisade_ratelimit::Quota;
/// const TEN: NonZeroU32 = NonZeroU32::new(10).unwrap();
/// const THREE: NonZeroU32 = NonZeroU32::new(3).unwrap();
/// const LOGIN: Quota = Quota::per_minute(TEN).burst(THREE);
/// assert_eq!((LOGIN.rate().get(), LOGIN.period().as_secs(), LOGIN.max_burst().get()), (10, 60, 3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quota {
    kind: QuotaKind,
    rate: NonZeroU32,
    period: Duration,
    burst: NonZeroU32,
    /// The time between two units, in 2^-32 ns, rounded up.
    interval: u128,
}

/// How a quota counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum QuotaKind {
    /// The generic cell rate algorithm (ITU-T I.371): a burst, then a steady pace.
    Gcra,
    /// Two counters, of the window now and the one before, which counts by the part of it that a sliding window still covers.
    SlidingCounter,
    /// The times of the last few admissions.
    SlidingLog,
}

/// Bits of [`Quota::interval`] below one nanosecond.
pub(crate) const INTERVAL_FRACTION: u32 = 32;

impl Quota {
    /// The shortest period: one millisecond.
    pub const MIN_PERIOD: Duration = Duration::from_millis(1);

    /// The longest period: 30 days.
    pub const MAX_PERIOD: Duration = Duration::from_secs(30 * 86_400);

    /// The most that [`exact`](Self::exact) counts: 16.
    pub const MAX_EXACT: u32 = 16;

    /// `rate` a second.
    #[must_use]
    pub const fn per_second(rate: NonZeroU32) -> Self {
        Self::of(QuotaKind::Gcra, rate, Duration::from_secs(1))
    }

    /// `rate` a minute.
    #[must_use]
    pub const fn per_minute(rate: NonZeroU32) -> Self {
        Self::of(QuotaKind::Gcra, rate, Duration::from_secs(60))
    }

    /// `rate` an hour.
    #[must_use]
    pub const fn per_hour(rate: NonZeroU32) -> Self {
        Self::of(QuotaKind::Gcra, rate, Duration::from_secs(3_600))
    }

    /// `rate` in every `period`.
    ///
    /// # Errors
    /// [`ConfigError`] for a period under [`MIN_PERIOD`](Self::MIN_PERIOD) or over [`MAX_PERIOD`](Self::MAX_PERIOD).
    pub fn new(rate: NonZeroU32, period: Duration) -> Result<Self, ConfigError> {
        Self::checked(QuotaKind::Gcra, rate, period)
    }

    /// At most `limit` in any `window`, by two counters: what was admitted in the window before counts by the part of it that
    /// still lies within a window that ends now.
    ///
    /// For "n a minute" that has to mean n: there is no burst on top. The weight assumes that the window before was used evenly;
    /// where it was not, a window can see more, by at most what the assumption is wrong by, and never `2 * limit`.
    ///
    /// # Errors
    /// [`ConfigError`] for a window under [`MIN_PERIOD`](Self::MIN_PERIOD) or over [`MAX_PERIOD`](Self::MAX_PERIOD).
    pub fn strict(limit: NonZeroU32, window: Duration) -> Result<Self, ConfigError> {
        Self::checked(QuotaKind::SlidingCounter, limit, window)
    }

    /// At most `limit` in any `window`, exactly: the time of each admission is kept until it leaves the window.
    ///
    /// For few and costly things: logins, codes, resets of a password.
    ///
    /// # Errors
    /// [`ConfigError`] for a limit over [`MAX_EXACT`](Self::MAX_EXACT), and for a window under
    /// [`MIN_PERIOD`](Self::MIN_PERIOD) or over [`MAX_PERIOD`](Self::MAX_PERIOD).
    pub fn exact(limit: NonZeroU32, window: Duration) -> Result<Self, ConfigError> {
        if limit.get() > Self::MAX_EXACT {
            let problem = format!(
                "{limit} given, 1 to {} are allowed; more is for `strict`",
                Self::MAX_EXACT
            );
            return Err(ConfigError::new("exact quota", problem));
        }
        Self::checked(QuotaKind::SlidingLog, limit, window)
    }

    /// Lets at most `burst` pass at once, whatever was left unused before.
    ///
    /// A strict or exact quota has no burst beside its limit: a larger one changes nothing, and a smaller one is the limit.
    #[must_use]
    pub const fn burst(mut self, burst: NonZeroU32) -> Self {
        if matches!(self.kind, QuotaKind::Gcra) || burst.get() < self.burst.get() {
            self.burst = burst;
        }
        self
    }

    /// How it counts.
    #[must_use]
    pub const fn kind(&self) -> QuotaKind {
        self.kind
    }

    /// How many units become available in every [`period`](Self::period).
    #[must_use]
    pub const fn rate(&self) -> NonZeroU32 {
        self.rate
    }

    /// The period of the rate; of a strict or exact quota, its window.
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

    /// Whether both are counted alike; all that is compared on the path of every request.
    #[inline]
    pub(crate) fn counts_like(&self, other: &Self) -> bool {
        (self.interval, self.burst, self.kind) == (other.interval, other.burst, other.kind)
    }

    fn checked(kind: QuotaKind, rate: NonZeroU32, period: Duration) -> Result<Self, ConfigError> {
        if period < Self::MIN_PERIOD || period > Self::MAX_PERIOD {
            let problem = format!("{period:?} given, 1 ms to 30 days are allowed");
            return Err(ConfigError::new("quota period", problem));
        }
        Ok(Self::of(kind, rate, period))
    }

    #[expect(clippy::as_conversions, reason = "widening, in a const fn")]
    const fn of(kind: QuotaKind, rate: NonZeroU32, period: Duration) -> Self {
        let scaled = period.as_nanos() << INTERVAL_FRACTION;
        Self {
            kind,
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
