//! Time, as a value that is handed in.
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime};

/// A point of wall-clock time: microseconds since the Unix epoch, UTC.
///
/// All arithmetic saturates, so a time that a client chose can neither wrap nor panic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self(0);

    /// The time `micros` microseconds after the Unix epoch.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// The time `secs` seconds after the Unix epoch; saturates in the year 586 524.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000_000))
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000_000
    }

    /// This time moved later by `span`; saturates at the far end.
    #[must_use]
    pub fn saturating_add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(micros(span)))
    }

    /// This time moved earlier by `span`; saturates at the epoch.
    #[must_use]
    pub fn saturating_sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(micros(span)))
    }

    /// How long after `earlier` this is; zero when it is not after.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

/// A span as whole microseconds, saturating.
fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

/// Where the time comes from.
///
/// Stores own a clock, because only they compare times; the decisions above them never read one
/// (decision record 0002). Tests hand in a `FakeClock` (feature `test-util`).
pub trait Clock: Clone + Send + Sync + 'static {
    /// Wall-clock time. It may jump: use it for what leaves the process or outlives it.
    fn now(&self) -> Timestamp;

    /// Time since an origin that is fixed for the process. It never runs backwards: use it for limits and deadlines.
    fn monotonic(&self) -> Duration;
}

/// The operating system's clocks.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct SystemClock;

impl SystemClock {
    /// The system's clock. It has no state: every value of it tells the same time.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

/// One origin for the whole process, so that two stores can compare their times.
#[expect(clippy::disallowed_methods, reason = "this is the Clock that all others take")]
static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

#[expect(clippy::disallowed_methods, reason = "this is the Clock that all others take")]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // A clock before 1970 is a broken one and reads as the epoch, like that of a machine without a battery. What a
        // sane clock stamped then lies far in the future: not fresh, yet not expired either.
        let since = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(micros(since))
    }

    fn monotonic(&self) -> Duration {
        let origin = *ORIGIN;
        Instant::now().saturating_duration_since(origin)
    }
}

/// A monotonic clock that is read in a few nanoseconds, and shows the time of the kernel's last tick.
///
/// On Linux it is `CLOCK_MONOTONIC_COARSE`: up to 4 ms behind with the usual 250 ticks a second, up to 10 ms with 100. A limit
/// that uses it counts a window of length `w` as one of up to `w` and a tick. Elsewhere, and for the wall clock, it is the
/// [`SystemClock`].
///
/// Its times are not comparable with those of the [`SystemClock`].
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct CoarseClock;

impl CoarseClock {
    /// The kernel's clock. It has no state: every value of it tells the same time.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl Clock for CoarseClock {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    #[inline]
    fn monotonic(&self) -> Duration {
        coarse()
    }
}

/// Since the machine was started.
#[cfg(target_os = "linux")]
#[inline]
fn coarse() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::MonotonicCoarse);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), nanos)
}

#[cfg(not(target_os = "linux"))]
fn coarse() -> Duration {
    SystemClock.monotonic()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        let last = Timestamp::from_micros(u64::MAX);
        assert_eq!(last.saturating_add(Duration::MAX), last);
        assert_eq!(
            Timestamp::from_secs(1).saturating_sub(Duration::MAX),
            Timestamp::UNIX_EPOCH
        );
        assert_eq!(Timestamp::from_secs(u64::MAX), last);
        assert_eq!(
            Timestamp::from_secs(5).since(Timestamp::from_secs(9)),
            Duration::ZERO
        );
        assert_eq!(
            Timestamp::from_secs(9).since(Timestamp::from_secs(5)),
            Duration::from_secs(4)
        );
    }

    #[test]
    fn the_system_clock_tells_a_time_after_this_was_written() {
        assert!(SystemClock.now() > Timestamp::from_secs(1_760_000_000));
        let earlier = SystemClock.monotonic();
        assert!(SystemClock.monotonic() >= earlier);
    }

    #[test]
    fn the_coarse_clock_moves_and_never_back() {
        let start = CoarseClock.monotonic();
        let mut latest = start;
        while latest == start {
            let now = CoarseClock.monotonic();
            assert!(now >= latest);
            latest = now;
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_coarse_clock_is_never_ahead_and_ticks_at_least_a_hundred_times_a_second() {
        use rustix::time::{ClockId, clock_getres, clock_gettime};
        let coarse = CoarseClock.monotonic();
        let exact = clock_gettime(ClockId::Monotonic);
        let exact = Duration::new(
            exact.tv_sec.try_into().unwrap(),
            exact.tv_nsec.try_into().unwrap(),
        );
        assert!(coarse <= exact, "{coarse:?} {exact:?}");
        let tick = clock_getres(ClockId::MonotonicCoarse);
        assert!(tick.tv_sec == 0 && tick.tv_nsec <= 10_000_000, "{tick:?}");
    }
}
