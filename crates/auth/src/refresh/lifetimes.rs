//! How long a family lives.
use std::time::Duration;

use palisade_core::ConfigError;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// How long a family of refresh tokens lives, and for how long a token may be presented again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshLifetimes {
    idle: Duration,
    absolute: Duration,
    grace: Duration,
}

impl RefreshLifetimes {
    /// For people who buy: 14 days without use, 30 days in all (NIST SP 800-63B-4 section 2.1.3), 10 seconds of grace.
    #[must_use]
    pub const fn customer() -> Self {
        Self {
            idle: Duration::from_secs(14 * 24 * 3600),
            absolute: Duration::from_secs(30 * 24 * 3600),
            grace: Duration::from_secs(10),
        }
    }

    /// For people who work here: 1 hour without use, 12 hours in all, 10 seconds of grace.
    #[must_use]
    pub const fn staff() -> Self {
        Self {
            idle: HOUR,
            absolute: Duration::from_secs(12 * 3600),
            grace: Duration::from_secs(10),
        }
    }

    /// Ends a family after so long without use, and after so long in any case.
    ///
    /// # Errors
    /// [`ConfigError`] unless 1 minute <= `idle` <= `absolute` <= 400 days.
    pub fn with_times(mut self, idle: Duration, absolute: Duration) -> Result<Self, ConfigError> {
        if idle < SECOND.saturating_mul(60) || idle > absolute || absolute > DAY.saturating_mul(400) {
            let problem =
                format!("idle {idle:?}, absolute {absolute:?}: 1 minute <= idle <= absolute <= 400 days");
            return Err(ConfigError::new("refresh token life", problem));
        }
        (self.idle, self.absolute) = (idle, absolute);
        Ok(self)
    }

    /// Lets a token be presented again for so long after its first use, and answers with the same successor: for parallel
    /// requests, and for answers that were lost. Zero allows neither.
    ///
    /// # Errors
    /// [`ConfigError`] beyond 60 s: for so long a stolen token would go unnoticed.
    pub fn with_grace(mut self, grace: Duration) -> Result<Self, ConfigError> {
        if grace > SECOND.saturating_mul(60) {
            let problem = format!("{grace:?} is more than 60s");
            return Err(ConfigError::new("refresh token grace", problem));
        }
        self.grace = grace;
        Ok(self)
    }

    /// The longest time without use.
    #[must_use]
    pub const fn idle(&self) -> Duration {
        self.idle
    }

    /// The longest time in all.
    #[must_use]
    pub const fn absolute(&self) -> Duration {
        self.absolute
    }

    /// How long after its first use a token may be presented again.
    #[must_use]
    pub const fn grace(&self) -> Duration {
        self.grace
    }
}

impl Default for RefreshLifetimes {
    fn default() -> Self {
        Self::customer()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_out_of_bounds_are_refused_at_start() {
        let times = |idle, absolute| RefreshLifetimes::customer().with_times(idle, absolute);
        assert!(times(HOUR, DAY).is_ok() && times(DAY, DAY).is_ok());
        for (idle, absolute) in [
            (DAY, HOUR),
            (SECOND, DAY),
            (DAY, DAY * 401),
            (Duration::ZERO, DAY),
        ] {
            assert!(times(idle, absolute).is_err(), "{idle:?} {absolute:?}");
        }
        assert!(RefreshLifetimes::staff().with_grace(SECOND * 61).is_err());
        assert!(RefreshLifetimes::staff().with_grace(Duration::ZERO).is_ok());
    }
}
