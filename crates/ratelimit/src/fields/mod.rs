//! The response fields that tell a client how it stands.
mod policy;
mod text;

use std::time::Duration;

#[cfg(feature = "tower")]
use http::header::ACCESS_CONTROL_EXPOSE_HEADERS;
use http::header::Entry;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::error::whole_seconds;

use text::Text;

pub(crate) use policy::Policy;

static RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");
static RATELIMIT_LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
static RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
static RATELIMIT_REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
static RATELIMIT_RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
static X_RATELIMIT_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
static X_RATELIMIT_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
static X_RATELIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Which response fields tell a client how it stands. They tell of one quota: the one that leaves least.
///
/// `Retry-After` is in every refusal that waiting helps against, whichever of these is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RateLimitFields {
    /// `RateLimit: "login";r=3;t=12` and `RateLimit-Policy: "login";q=20;w=60`, of
    /// draft-ietf-httpapi-ratelimit-headers-10.
    #[default]
    Ietf,
    /// `RateLimit: limit=20, remaining=3, reset=12` and `RateLimit-Policy: 20;w=60`, of draft 7.
    Draft7,
    /// `RateLimit-Limit`, `RateLimit-Remaining`, `RateLimit-Reset` and `RateLimit-Policy: 20;w=60`, of draft 6.
    Draft6,
    /// `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset`, in seconds from now, as many services have them.
    XRateLimit,
    /// None.
    None,
}

#[cfg(feature = "tower")]
impl RateLimitFields {
    /// What `Access-Control-Expose-Headers` (Fetch standard, section 3.3.4) has to name, for scripts of other origins.
    pub(crate) const fn exposed(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Ietf | Self::Draft7 => "RateLimit, RateLimit-Policy, Retry-After",
            Self::Draft6 => {
                "RateLimit-Limit, RateLimit-Policy, RateLimit-Remaining, RateLimit-Reset, Retry-After"
            }
            Self::XRateLimit => "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After",
            Self::None => "Retry-After",
        })
    }
}

/// Lets scripts of other origins read the fields. What others expose stays.
#[cfg(feature = "tower")]
pub(crate) fn expose(fields: RateLimitFields, headers: &mut HeaderMap) {
    headers.append(ACCESS_CONTROL_EXPOSE_HEADERS, fields.exposed());
}

/// How a client stands: what goes into the fields of one response.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    form: RateLimitFields,
    /// The value of the policy's field in that form.
    policy: HeaderValue,
    /// How much of it is the name, in the newest form, or the number of units, in the older ones.
    prefix: usize,
    remaining: u32,
    wait: Duration,
}

impl Standing {
    /// Adds the fields.
    ///
    /// In the newest form they are lists: what another limit on the way added stays, in the order in which the responses pass.
    /// The older forms can tell of one limit only; then what is there already stays.
    pub(crate) fn write(self, headers: &mut HeaderMap) {
        match self.form {
            RateLimitFields::Ietf => self.write_list(headers),
            RateLimitFields::Draft7 => self.write_dictionary(headers),
            RateLimitFields::Draft6 => self.write_items(headers),
            RateLimitFields::XRateLimit => self.write_legacy(headers),
            RateLimitFields::None => {}
        }
    }

    fn write_list(self, headers: &mut HeaderMap) {
        let mut text = Text::new();
        text.push(self.prefix());
        text.parameter(b";r=", u64::from(self.remaining));
        text.parameter(b";t=", whole_seconds(self.wait));
        if let Some(value) = text.into_value() {
            headers.append(&RATELIMIT, value);
            headers.append(&RATELIMIT_POLICY, self.policy);
        }
    }

    fn write_dictionary(self, headers: &mut HeaderMap) {
        let mut text = Text::new();
        text.push(b"limit=");
        text.push(self.prefix());
        text.parameter(b", remaining=", u64::from(self.remaining));
        text.parameter(b", reset=", whole_seconds(self.wait));
        if let (Entry::Vacant(free), Some(value)) = (headers.entry(&RATELIMIT), text.into_value()) {
            free.insert(value);
            headers.insert(&RATELIMIT_POLICY, self.policy);
        }
    }

    fn write_items(self, headers: &mut HeaderMap) {
        let names = [&RATELIMIT_LIMIT, &RATELIMIT_REMAINING, &RATELIMIT_RESET];
        if self.write_numbers(headers, names) {
            headers.insert(&RATELIMIT_POLICY, self.policy);
        }
    }

    fn write_legacy(self, headers: &mut HeaderMap) {
        let names = [&X_RATELIMIT_LIMIT, &X_RATELIMIT_REMAINING, &X_RATELIMIT_RESET];
        self.write_numbers(headers, names);
    }

    /// A field for each of limit, remaining and reset, unless the first is there already.
    fn write_numbers(&self, headers: &mut HeaderMap, names: [&'static HeaderName; 3]) -> bool {
        let [limit, remaining, reset] = names;
        let Ok(value) = HeaderValue::from_bytes(self.prefix()) else {
            return false;
        };
        let Entry::Vacant(free) = headers.entry(limit) else {
            return false;
        };
        free.insert(value);
        headers.insert(remaining, HeaderValue::from(self.remaining));
        headers.insert(
            reset,
            HeaderValue::from(whole_seconds(self.wait).min(text::MAX_INTEGER)),
        );
        true
    }

    fn prefix(&self) -> &[u8] {
        self.policy.as_bytes().get(..self.prefix).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::Quota;

    fn policy(name: &str) -> Policy {
        Policy::new(name, 0, &Quota::per_minute(NonZeroU32::new(20).unwrap())).unwrap()
    }

    fn written(form: RateLimitFields) -> Vec<(String, String)> {
        let mut headers = HeaderMap::new();
        let standing = policy("login").standing_in(form, 3, Duration::from_millis(11_001));
        standing.write(&mut headers);
        let text = |(name, value): (&HeaderName, &HeaderValue)| {
            (name.as_str().to_owned(), value.to_str().unwrap().to_owned())
        };
        headers.iter().map(text).collect()
    }

    #[test]
    fn each_form_is_written_as_its_draft_says() {
        let of = |fields: &[(&str, &str)]| {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            fields.iter().map(owned).collect::<Vec<_>>()
        };
        let policy = ("ratelimit-policy", "20;w=60");
        assert_eq!(
            written(RateLimitFields::Ietf),
            of(&[
                ("ratelimit", "\"login\";r=3;t=12"),
                ("ratelimit-policy", "\"login\";q=20;w=60")
            ])
        );
        assert_eq!(
            written(RateLimitFields::Draft7),
            of(&[("ratelimit", "limit=20, remaining=3, reset=12"), policy])
        );
        let numbers = |prefix: &str| {
            [("limit", "20"), ("remaining", "3"), ("reset", "12")]
                .map(|(name, value)| (format!("{prefix}-{name}"), value.to_owned()))
                .to_vec()
        };
        let mut draft6 = numbers("ratelimit");
        draft6.extend(of(&[policy]));
        assert_eq!(written(RateLimitFields::Draft6), draft6);
        assert_eq!(written(RateLimitFields::XRateLimit), numbers("x-ratelimit"));
        assert!(written(RateLimitFields::None).is_empty());
    }

    #[test]
    fn what_tells_of_one_limit_only_is_not_written_twice() {
        let forms = [
            RateLimitFields::Draft7,
            RateLimitFields::Draft6,
            RateLimitFields::XRateLimit,
        ];
        for form in forms {
            let mut headers = HeaderMap::new();
            policy("inner")
                .standing_in(form, 3, Duration::ZERO)
                .write(&mut headers);
            let inner = headers.clone();
            policy("outer")
                .standing_in(form, 9, Duration::ZERO)
                .write(&mut headers);
            assert_eq!(headers, inner, "{form:?}");
        }
    }

    #[cfg(feature = "tower")]
    #[test]
    fn all_fields_of_a_form_are_exposed_and_no_others() {
        let forms = [
            RateLimitFields::Ietf,
            RateLimitFields::Draft7,
            RateLimitFields::Draft6,
            RateLimitFields::XRateLimit,
            RateLimitFields::None,
        ];
        for form in forms {
            let exposed = form.exposed().to_str().unwrap().to_ascii_lowercase();
            let mut exposed: Vec<_> = exposed.split(", ").collect();
            let written = written(form);
            let mut want: Vec<_> = written.iter().map(|(name, _)| name.as_str()).collect();
            want.push("retry-after");
            exposed.sort_unstable();
            want.sort_unstable();
            assert_eq!(exposed, want, "{form:?}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("X-Id"));
        expose(RateLimitFields::None, &mut headers);
        let all: Vec<_> = headers.get_all(ACCESS_CONTROL_EXPOSE_HEADERS).iter().collect();
        assert_eq!(all, ["X-Id", "Retry-After"], "what others expose stays");
    }

    #[test]
    fn numbers_stay_within_what_a_structured_field_can_hold() {
        let policy = policy(&"n".repeat(64));
        let mut headers = HeaderMap::new();
        policy.standing(u32::MAX, Duration::MAX).write(&mut headers);
        let value = headers["ratelimit"].to_str().unwrap();
        assert!(value.ends_with("\";r=4294967295;t=999999999999999"), "{value}");
        policy.standing(0, Duration::ZERO).write(&mut headers);
        assert_eq!(headers.get_all("ratelimit").iter().nth(1).unwrap().len(), 66 + 8);
    }
}
