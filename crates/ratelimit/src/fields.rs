//! The response fields that tell a client how it stands.
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use palisade_core::ConfigError;

use crate::error::whole_seconds;
use crate::name::Name;
use crate::{Decision, Quota};

static RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
static RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The largest `sf-integer` (RFC 9651 section 3.3.1).
const MAX_INTEGER: u64 = 999_999_999_999_999;

/// The value of `RateLimit-Policy`, made once: `"login";q=20;w=60`.
///
/// `q` is the burst, so that `r` is never more, and `w` the time in which it comes back: the rate is `q / w`. A time that is
/// not whole seconds is rounded up, and `q` brought to that.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    value: HeaderValue,
    /// How much of it is `"login"`.
    name: usize,
}

impl Policy {
    pub(crate) fn new(name: &str, quota: &Quota) -> Result<Self, ConfigError> {
        let (units, window) = burst_and_window(quota);
        let mut text = Text::new();
        text.push(b"\"");
        text.push(name.as_bytes());
        text.push(b"\"");
        let name = text.len;
        text.parameter(b";q=", units);
        text.parameter(b";w=", window);
        let value = text
            .into_value()
            .ok_or(ConfigError::new("rate limit name", "not a field value"))?;
        Ok(Self { value, name })
    }

    /// The fields for a decision; none where it has no numbers.
    pub(crate) fn stand(&self, decision: &Decision) -> Option<Standing> {
        let (remaining, wait) = match decision {
            Decision::Allow(allowed) => (allowed.remaining(), allowed.reset_after()),
            // Retry-After should not be earlier than `t`: they are the same here.
            Decision::Deny(denied) => (denied.remaining(), denied.retry_after()),
            Decision::NeverFits | Decision::StoreFailed(_) => return None,
        };
        Some(self.standing(remaining, wait))
    }

    fn standing(&self, remaining: u32, wait: Duration) -> Standing {
        Standing {
            policy: self.clone(),
            remaining,
            wait,
        }
    }
}

/// The burst, and the seconds in which it comes back.
fn burst_and_window(quota: &Quota) -> (u64, u64) {
    let (rate, period) = (u128::from(quota.rate().get()), quota.period().as_nanos());
    let comes_back = u128::from(quota.max_burst().get())
        .saturating_mul(period)
        .div_ceil(rate);
    let window = comes_back.div_ceil(1_000_000_000);
    let nanos = window.saturating_mul(1_000_000_000);
    let units = nanos.saturating_mul(rate).checked_div(period).unwrap_or(0);
    let number = |n: u128| u64::try_from(n).unwrap_or(u64::MAX);
    (number(units), number(window))
}

/// How a client stands: what goes into the two fields of one response.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    policy: Policy,
    remaining: u32,
    wait: Duration,
}

impl Standing {
    /// Adds the fields: `RateLimit: "login";r=3;t=12` and the policy.
    ///
    /// Both are lists: what another limit on the way added stays, in the order in which the responses pass.
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        let mut text = Text::new();
        let name = self.policy.value.as_bytes().get(..self.policy.name);
        text.push(name.unwrap_or_default());
        text.parameter(b";r=", u64::from(self.remaining));
        text.parameter(b";t=", whole_seconds(self.wait));
        if let Some(value) = text.into_value() {
            headers.append(&RATELIMIT, value);
            headers.append(&RATELIMIT_POLICY, self.policy.value);
        }
    }
}

/// A field value in the making, on the stack.
struct Text {
    bytes: [u8; Name::MAX_BYTES + 64],
    len: usize,
}

impl Text {
    const fn new() -> Self {
        Self {
            bytes: [0; Name::MAX_BYTES + 64],
            len: 0,
        }
    }

    fn push(&mut self, part: &[u8]) {
        let end = self.len.saturating_add(part.len());
        if let Some(free) = self.bytes.get_mut(self.len..end) {
            free.copy_from_slice(part);
        }
        // Where it did not fit, no value is made at all.
        self.len = end;
    }

    fn parameter(&mut self, key: &[u8], number: u64) {
        self.push(key);
        let mut digits = [b'0'; 15];
        let mut rest = number.min(MAX_INTEGER);
        let mut used = 0_usize;
        for digit in digits.iter_mut().rev() {
            *digit = b'0'.saturating_add(u8::try_from(rest % 10).unwrap_or(0));
            rest /= 10;
            used = used.saturating_add(1);
            if rest == 0 {
                break;
            }
        }
        self.push(
            digits
                .get(digits.len().saturating_sub(used)..)
                .unwrap_or_default(),
        );
    }

    fn into_value(self) -> Option<HeaderValue> {
        HeaderValue::from_bytes(self.bytes.get(..self.len)?).ok()
    }
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
            (quota(20, 60_000), "\"n\";q=20;w=60"),
            (quota(1, 1_000), "\"n\";q=1;w=1"),
            (quota(5, 100), "\"n\";q=50;w=1"),
            (quota(5, 1_500), "\"n\";q=6;w=2"),
            (quota(u32::MAX, 1), "\"n\";q=4294967295000;w=1"),
            (quota(7, 2_592_000_000), "\"n\";q=7;w=2592000"),
            (bursting(20, 1_000, 300), "\"n\";q=300;w=15"),
            (bursting(20, 60_000, 5), "\"n\";q=5;w=15"),
            (bursting(7, 60_000, 3), "\"n\";q=3;w=26"),
            (
                bursting(1, 2_592_000_000, u32::MAX),
                "\"n\";q=4294967295;w=999999999999999",
            ),
        ];
        for (quota, text) in cases {
            assert_eq!(Policy::new("n", &quota).unwrap().value, text);
        }
    }

    #[test]
    fn numbers_stay_within_what_a_structured_field_can_hold() {
        let policy = Policy::new(&"n".repeat(64), &quota(20, 60_000)).unwrap();
        let mut headers = HeaderMap::new();
        policy.standing(u32::MAX, Duration::MAX).write(&mut headers);
        let value = headers["ratelimit"].to_str().unwrap();
        assert!(value.ends_with("\";r=4294967295;t=999999999999999"), "{value}");
        policy.standing(0, Duration::ZERO).write(&mut headers);
        assert_eq!(headers.get_all("ratelimit").iter().nth(1).unwrap().len(), 66 + 8);
    }
}
