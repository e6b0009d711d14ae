//! Several windows of one limit.
use std::time::Duration;

use palisade_core::ConfigError;

use crate::Quota;

/// What a key may use: one to four quotas, all of which must agree.
///
/// Where quotas are asked for, one [`Quota`] will do. Two at once bound the burst and the day:
///
/// ```
/// use std::num::NonZeroU32;
/// use std::time::Duration;
/// use palisade_ratelimit::{Quota, Quotas};
/// const DAY: Duration = Duration::from_secs(86_400);
/// let n = |n| NonZeroU32::new(n).unwrap();
/// let quotas = Quotas::of(Quota::per_second(n(20)).burst(n(300))).and(Quota::strict(n(50_000), DAY)?)?;
/// assert_eq!(quotas.as_slice().len(), 2);
/// # Ok::<(), palisade_core::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Quotas {
    /// The first `len` count; the others repeat the first.
    all: [Quota; Self::MAX],
    len: usize,
}

impl Quotas {
    /// The most quotas of one limit: 4.
    pub const MAX: usize = 4;

    /// One quota.
    #[must_use]
    pub const fn of(quota: Quota) -> Self {
        Self {
            all: [quota; Self::MAX],
            len: 1,
        }
    }

    /// And another, over another time.
    ///
    /// # Errors
    /// [`ConfigError`] for a fifth, and for one whose period and kind another has already: they could not be told apart.
    pub fn and(mut self, quota: Quota) -> Result<Self, ConfigError> {
        let same = |other: &Quota| (other.period(), other.kind()) == (quota.period(), quota.kind());
        if self.as_slice().iter().any(same) {
            let problem = format!("two of one kind over {:?} given", quota.period());
            return Err(ConfigError::new("quotas", problem));
        }
        let Some(free) = self.all.get_mut(self.len) else {
            return Err(ConfigError::new("quotas", "at most 4 are allowed"));
        };
        *free = quota;
        self.len = self.len.saturating_add(1);
        Ok(self)
    }

    /// The quotas, in the order in which they were given.
    #[inline]
    #[must_use]
    pub fn as_slice(&self) -> &[Quota] {
        self.all.get(..self.len).unwrap_or(&self.all)
    }

    /// The least of the bursts: a cost over it never fits.
    #[must_use]
    pub fn max_burst(&self) -> u32 {
        let bursts = self.as_slice().iter().map(|quota| quota.max_burst().get());
        bursts.min().unwrap_or(0)
    }

    /// The longest of the periods.
    #[must_use]
    pub fn longest_period(&self) -> Duration {
        let periods = self.as_slice().iter().map(Quota::period);
        periods.max().unwrap_or(Quota::MAX_PERIOD)
    }
}

impl From<Quota> for Quotas {
    fn from(quota: Quota) -> Self {
        Self::of(quota)
    }
}

impl PartialEq for Quotas {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for Quotas {}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    #[test]
    fn a_fifth_and_a_twin_are_refused() {
        let quota = |secs| Quota::new(NonZeroU32::MIN, Duration::from_secs(secs)).unwrap();
        let four = [2, 3, 4]
            .into_iter()
            .try_fold(Quotas::of(quota(1)), |all, secs| all.and(quota(secs)));
        let four = four.unwrap();
        assert_eq!(four.as_slice(), [quota(1), quota(2), quota(3), quota(4)]);
        assert!(four.and(quota(5)).is_err());
        assert!(Quotas::of(quota(1)).and(quota(1)).is_err());
        let strict = Quota::strict(NonZeroU32::MIN, Duration::from_secs(1)).unwrap();
        assert!(
            Quotas::of(quota(1)).and(strict).is_ok(),
            "another kind counts otherwise"
        );
    }

    #[test]
    fn the_tightest_burst_and_the_longest_period_are_found() {
        let n = |n| NonZeroU32::new(n).unwrap();
        let quotas = Quotas::of(Quota::per_second(n(9)))
            .and(Quota::per_hour(n(3)))
            .unwrap();
        assert_eq!(
            (quotas.max_burst(), quotas.longest_period()),
            (3, Duration::from_secs(3_600))
        );
    }
}
