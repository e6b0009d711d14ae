//! How many sessions one account may have at the same time.
use palisade_core::ConfigError;

use crate::MAX_PER_SUBJECT;

/// How many sessions one account may have at the same time, and what a login beyond does (OWASP ASVS 5.0, 7.1.2).
///
/// Whatever is chosen, it is bounded by 100, so that neither a list nor a store grows by one account's logins.
///
/// ```
/// use palisade_session::Concurrent;
/// assert_eq!(Concurrent::end_oldest(1)?.most(), 1);
/// assert!(Concurrent::refuse(0).is_err());
/// # Ok::<(), palisade_core::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concurrent {
    most: usize,
    beyond: Beyond,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beyond {
    EndOldest,
    Refuse,
}

impl Concurrent {
    /// A login beyond `most` ends the session of the account that would expire first: of equal lifetimes, the one that was
    /// not used for the longest time.
    ///
    /// # Errors
    /// [`ConfigError`] for none, and for more than 100.
    pub fn end_oldest(most: usize) -> Result<Self, ConfigError> {
        Self::bounded(most, Beyond::EndOldest)
    }

    /// A login beyond `most` is refused until another session ends. Somebody who lost a device has to wait for its idle
    /// time, or end it from another one; an attacker who logs in first keeps the holder out.
    ///
    /// # Errors
    /// [`ConfigError`] for none, and for more than 100.
    pub fn refuse(most: usize) -> Result<Self, ConfigError> {
        Self::bounded(most, Beyond::Refuse)
    }

    fn bounded(most: usize, beyond: Beyond) -> Result<Self, ConfigError> {
        if most == 0 || most > MAX_PER_SUBJECT {
            let given = format!("{most} were given; 1 to {MAX_PER_SUBJECT} are allowed");
            return Err(ConfigError::new("concurrent sessions", given));
        }
        Ok(Self { most, beyond })
    }

    /// How many there may be.
    #[must_use]
    pub const fn most(&self) -> usize {
        self.most
    }

    /// Whether a login beyond is refused, rather than another session ended.
    #[must_use]
    pub const fn refuses(&self) -> bool {
        matches!(self.beyond, Beyond::Refuse)
    }

    /// 100, the oldest ends.
    pub(crate) const DEFAULT: Self = Self {
        most: MAX_PER_SUBJECT,
        beyond: Beyond::EndOldest,
    };
}

impl Default for Concurrent {
    /// 100 sessions; a login beyond ends the oldest.
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_bounded_and_says_what_happens_beyond() {
        for most in [0, MAX_PER_SUBJECT + 1, usize::MAX] {
            assert!(Concurrent::end_oldest(most).is_err() && Concurrent::refuse(most).is_err());
        }
        let one = Concurrent::refuse(1).unwrap();
        assert!(one.refuses() && !Concurrent::default().refuses());
        assert_eq!(Concurrent::default().most(), MAX_PER_SUBJECT);
    }
}
