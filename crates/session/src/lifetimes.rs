//! How long a session lives.
use std::time::Duration;

use palisade_core::ConfigError;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

/// How long a session lives: at most `idle` without a request, and at most `absolute` after its login.
///
/// Both end it, whichever comes first, and the store enforces both by its own clock; the cookie's age proves nothing.
/// There is no unlimited value. The presets follow NIST SP 800-63B-4 sections 2.1.3 to 2.3.3, where a login resets both
/// times and a request resets the idle time.
///
/// A session keeps the lifetimes that it was created with.
///
/// ```
/// use std::time::Duration;
/// use palisade_session::Lifetimes;
///
/// let till = Lifetimes::new(Duration::from_secs(5 * 60), Duration::from_secs(8 * 3600))?;
/// assert!(till.idle() < Lifetimes::staff().idle());
/// assert!(Lifetimes::new(Duration::ZERO, Duration::from_secs(60)).is_err());
/// assert!(Lifetimes::new(Duration::MAX, Duration::MAX).is_err());
/// # Ok::<(), palisade_core::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lifetimes {
    idle: Duration,
    absolute: Duration,
    renewal: Option<Duration>,
}

impl Lifetimes {
    /// The longest absolute lifetime: 30 days, NIST's bound for the lowest assurance level.
    pub const MAX: Duration = DAY.saturating_mul(30);

    /// `idle` and `absolute` lifetime: a second at least, 30 days at most, and `idle` not above `absolute`.
    ///
    /// # Errors
    /// [`ConfigError`] for anything else.
    pub fn new(idle: Duration, absolute: Duration) -> Result<Self, ConfigError> {
        if idle < Duration::from_secs(1) || idle > absolute || absolute > Self::MAX {
            let given = format!(
                "idle {} s and absolute {} s were given; 1 s <= idle <= absolute <= 30 days is allowed",
                idle.as_secs(),
                absolute.as_secs(),
            );
            return Err(ConfigError::new("session lifetimes", given));
        }
        Ok(Self {
            idle,
            absolute,
            renewal: None,
        })
    }

    /// Replaces the id of a session in use whenever it is this old (the renewal timeout of the OWASP Session Management
    /// Cheat Sheet), so that a stolen one opens the session for this long at most after its holder's next request.
    ///
    /// # Errors
    /// [`ConfigError`] for less than a minute, and for more than the absolute lifetime, where it would do nothing.
    pub fn with_renewal(mut self, every: Duration) -> Result<Self, ConfigError> {
        if every < MINUTE || every > self.absolute {
            let given = format!(
                "{} s were given; 60 s to the absolute lifetime of {} s are allowed",
                every.as_secs(),
                self.absolute.as_secs()
            );
            return Err(ConfigError::new("session renewal", given));
        }
        self.renewal = Some(every);
        Ok(self)
    }

    /// For shoppers: 14 days idle, 30 days in all (assurance level 1).
    #[must_use]
    pub const fn customer() -> Self {
        Self {
            idle: DAY.saturating_mul(14),
            absolute: Self::MAX,
            renewal: None,
        }
    }

    /// For accounts that hold money or personal data: 1 hour idle, 24 hours in all (assurance level 2).
    #[must_use]
    pub const fn account() -> Self {
        Self {
            idle: HOUR,
            absolute: DAY,
            renewal: None,
        }
    }

    /// For people who work here: 15 minutes idle, 12 hours in all (assurance level 3; PCI DSS 4.0.1, 8.2.8).
    #[must_use]
    pub const fn staff() -> Self {
        Self {
            idle: MINUTE.saturating_mul(15),
            absolute: HOUR.saturating_mul(12),
            renewal: None,
        }
    }

    /// The longest pause between two requests.
    #[must_use]
    pub const fn idle(&self) -> Duration {
        self.idle
    }

    /// The longest time between login and end.
    #[must_use]
    pub const fn absolute(&self) -> Duration {
        self.absolute
    }

    /// How old an id may become before it is replaced; `None` where only logins and changed rights replace it.
    #[must_use]
    pub const fn renewal(&self) -> Option<Duration> {
        self.renewal
    }

    /// How stale a store may let the time of last use become before it writes it again: a sixteenth of the idle
    /// lifetime, at most a minute.
    ///
    /// So a session never outlives its idle time, and ends at most this much early.
    #[must_use]
    pub fn touch_after(&self) -> Duration {
        self.idle.checked_div(16).unwrap_or_default().min(MINUTE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_values_that_new_would_take() {
        for preset in [Lifetimes::customer(), Lifetimes::account(), Lifetimes::staff()] {
            assert_eq!(Lifetimes::new(preset.idle(), preset.absolute()), Ok(preset));
        }
    }

    #[test]
    fn what_is_no_limit_is_refused() {
        let second = Duration::from_secs(1);
        let cases = [
            ("no idle time", Duration::ZERO, DAY),
            ("less than a second", Duration::from_millis(999), DAY),
            ("idle above absolute", DAY, HOUR),
            ("above the longest", second, Lifetimes::MAX.saturating_add(second)),
            ("unlimited", Duration::MAX, Duration::MAX),
        ];
        for (name, idle, absolute) in cases {
            assert!(Lifetimes::new(idle, absolute).is_err(), "{name}");
        }
    }

    #[test]
    fn a_renewal_is_a_minute_at_least_and_within_the_absolute_lifetime() {
        let staff = Lifetimes::staff();
        assert_eq!(staff.renewal(), None);
        assert_eq!(
            staff.with_renewal(HOUR).map(|with| with.renewal()),
            Ok(Some(HOUR))
        );
        for every in [Duration::ZERO, Duration::from_secs(59), DAY, Duration::MAX] {
            assert!(staff.with_renewal(every).is_err(), "{every:?}");
        }
    }

    #[test]
    fn touches_are_a_small_part_of_the_idle_time() {
        assert_eq!(Lifetimes::customer().touch_after(), MINUTE);
        assert_eq!(Lifetimes::staff().touch_after(), Duration::from_millis(56_250));
        let short = Lifetimes::new(Duration::from_secs(16), HOUR).unwrap();
        assert_eq!(short.touch_after(), Duration::from_secs(1));
    }
}
