//! The field that tells the quota, made once.
use std::time::Duration;

use http::HeaderValue;
use palisade_core::ConfigError;

use super::text::Text;
use super::{RateLimitFields, Standing};
use crate::Quota;
use crate::error::whole_seconds;

/// The value of `RateLimit-Policy`, made once: `"login";q=20;w=60`, and `20;w=60` for the older forms.
///
/// `q` is the burst, so that `r` is never more, and `w` the time in which it comes back: the rate is `q / w`. A time that is
/// not whole seconds is rounded up, and `q` brought to that.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    named: HeaderValue,
    /// How much of it is `"login"`.
    name: usize,
    plain: HeaderValue,
    /// How much of it is `20`.
    units: usize,
}

impl Policy {
    /// The field of the quota at that place of a plan. The first has the limit's name; others the name and their period in
    /// seconds after it: `"api"`, `"api.86400"`.
    pub(crate) fn new(name: &str, place: usize, quota: &Quota) -> Result<Self, ConfigError> {
        let (rate, period, burst) = (quota.rate().get(), quota.period(), quota.max_burst().get());
        let suffix = (place > 0).then(|| whole_seconds(period));
        Self::written(name, suffix, burst_and_window(burst, rate, period))
    }

    /// The field of a limit that gets a unit back every `interval`, and has `burst` of them.
    #[cfg(feature = "governor")]
    pub(crate) fn every(name: &str, interval: Duration, burst: u32) -> Result<Self, ConfigError> {
        Self::written(name, None, burst_and_window(burst, 1, interval))
    }

    fn written(name: &str, suffix: Option<u64>, (units, window): (u64, u64)) -> Result<Self, ConfigError> {
        let mut named = Text::new();
        named.push(b"\"");
        named.push(name.as_bytes());
        if let Some(number) = suffix {
            named.parameter(b".", number);
        }
        named.push(b"\"");
        let name = named.len();
        named.parameter(b";q=", units);
        named.parameter(b";w=", window);
        let mut plain = Text::new();
        plain.parameter(b"", units);
        let units = plain.len();
        plain.parameter(b";w=", window);
        let wrong = || ConfigError::new("rate limit name", "not a field value");
        Ok(Self {
            named: named.into_value().ok_or_else(wrong)?,
            name,
            plain: plain.into_value().ok_or_else(wrong)?,
            units,
        })
    }

    /// The fields for those numbers, in the newest form.
    pub(crate) fn standing(&self, remaining: u32, wait: Duration) -> Standing {
        self.standing_in(RateLimitFields::Ietf, remaining, wait)
    }

    /// The fields for those numbers.
    pub(crate) fn standing_in(&self, form: RateLimitFields, remaining: u32, wait: Duration) -> Standing {
        let (policy, prefix) = match form {
            RateLimitFields::Ietf => (&self.named, self.name),
            RateLimitFields::Draft7
            | RateLimitFields::Draft6
            | RateLimitFields::XRateLimit
            | RateLimitFields::None => (&self.plain, self.units),
        };
        Standing {
            form,
            policy: policy.clone(),
            prefix,
            remaining,
            wait,
        }
    }
}

/// The burst, and the seconds in which it comes back.
fn burst_and_window(burst: u32, rate: u32, period: Duration) -> (u64, u64) {
    let (rate, period) = (u128::from(rate.max(1)), period.as_nanos());
    let comes_back = u128::from(burst).saturating_mul(period).div_ceil(rate);
    let window = comes_back.div_ceil(1_000_000_000);
    let nanos = window.saturating_mul(1_000_000_000);
    let units = nanos.saturating_mul(rate).checked_div(period).unwrap_or(0);
    let number = |n: u128| u64::try_from(n).unwrap_or(u64::MAX);
    (number(units), number(window))
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn quota(rate: u32, millis: u64) -> Quota {
        Quota::new(NonZeroU32::new(rate).unwrap(), Duration::from_millis(millis)).unwrap()
    }

    fn bursting(rate: u32, millis: u64, burst: u32) -> Quota {
        quota(rate, millis).burst(NonZeroU32::new(burst).unwrap())
    }

    #[test]
    fn the_policy_promises_no_more_than_the_quota() {
        let cases = [
            (quota(20, 60_000), "q=20;w=60"),
            (quota(1, 1_000), "q=1;w=1"),
            (quota(5, 100), "q=50;w=1"),
            (quota(5, 1_500), "q=6;w=2"),
            (quota(u32::MAX, 1), "q=4294967295000;w=1"),
            (quota(7, 2_592_000_000), "q=7;w=2592000"),
            (bursting(20, 1_000, 300), "q=300;w=15"),
            (bursting(20, 60_000, 5), "q=5;w=15"),
            (bursting(7, 60_000, 3), "q=3;w=26"),
            (
                bursting(1, 2_592_000_000, u32::MAX),
                "q=4294967295;w=999999999999999",
            ),
        ];
        for (quota, text) in cases {
            let policy = Policy::new("n", 0, &quota).unwrap();
            assert_eq!(policy.named, format!("\"n\";{text}"));
            assert_eq!(policy.plain, text.trim_start_matches("q="));
        }
        let other = Policy::new("n", 1, &quota(1, 86_400_000)).unwrap();
        assert_eq!(other.named, "\"n.86400\";q=1;w=86400");
    }
}
