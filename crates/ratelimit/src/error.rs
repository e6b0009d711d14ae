//! What a refused request is told.
use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue, StatusCode};
use palisade_core::Refusal;

/// A request that a limit did not let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the limit does not let this request through")]
pub struct LimitRefused {
    kind: LimitRefusedKind,
    retry_after: Option<Duration>,
}

/// Why a limit did not let a request through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitRefusedKind {
    /// The quota is used up for now.
    Exhausted,
    /// The request has no key to be counted under: an earlier layer is missing.
    KeyMissing,
    /// The request costs more than may ever be used at once: waiting does not help.
    NeverFits,
    /// The store could not tell.
    StoreFailed,
}

impl LimitRefused {
    pub(crate) const fn new(kind: LimitRefusedKind) -> Self {
        Self {
            kind,
            retry_after: None,
        }
    }

    pub(crate) const fn exhausted(retry_after: Duration) -> Self {
        Self {
            kind: LimitRefusedKind::Exhausted,
            retry_after: Some(retry_after),
        }
    }

    /// Why.
    #[must_use]
    pub const fn kind(&self) -> LimitRefusedKind {
        self.kind
    }

    /// After how long the same request would pass, with nothing in between; only when the quota is used up for now.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl Refusal for LimitRefused {
    fn status(&self) -> StatusCode {
        match self.kind {
            LimitRefusedKind::Exhausted | LimitRefusedKind::NeverFits => StatusCode::TOO_MANY_REQUESTS,
            LimitRefusedKind::KeyMissing => StatusCode::INTERNAL_SERVER_ERROR,
            LimitRefusedKind::StoreFailed => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn code(&self) -> &'static str {
        match self.kind {
            LimitRefusedKind::Exhausted => "rate_limit_exceeded",
            LimitRefusedKind::KeyMissing => "rate_limit_key_missing",
            LimitRefusedKind::NeverFits => "rate_limit_cost_too_high",
            LimitRefusedKind::StoreFailed => "rate_limit_unavailable",
        }
    }

    /// The type of draft-ietf-httpapi-ratelimit-headers-10 for a used-up quota.
    fn problem_type(&self) -> &'static str {
        match self.kind {
            LimitRefusedKind::Exhausted | LimitRefusedKind::NeverFits => {
                "https://iana.org/assignments/http-problem-types#quota-exceeded"
            }
            LimitRefusedKind::KeyMissing | LimitRefusedKind::StoreFailed => "about:blank",
        }
    }

    /// `Retry-After` (RFC 9110 section 10.2.3) in seconds, rounded up and at least one; none where waiting does not help.
    fn extend_headers(&self, headers: &mut HeaderMap) {
        if let Some(wait) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait).max(1)));
        }
    }
}

/// A span in seconds, rounded up.
pub(crate) fn whole_seconds(span: Duration) -> u64 {
    span.as_secs().saturating_add(u64::from(span.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_rounded_up_and_never_zero() {
        // tower_governor 0.8 rounds 0.9 s down to `Retry-After: 0`.
        let cases = [
            (Duration::ZERO, "1"),
            (Duration::from_nanos(1), "1"),
            (Duration::from_millis(900), "1"),
            (Duration::from_secs(1), "1"),
            (Duration::from_millis(1_001), "2"),
            (Duration::from_secs(3_600), "3600"),
        ];
        for (wait, text) in cases {
            let mut headers = HeaderMap::new();
            LimitRefused::exhausted(wait).extend_headers(&mut headers);
            assert_eq!(headers[RETRY_AFTER], text, "{wait:?}");
        }
        assert_eq!(whole_seconds(Duration::MAX), u64::MAX);
    }

    #[test]
    fn what_waiting_does_not_help_says_no_time() {
        let kinds = [
            LimitRefusedKind::NeverFits,
            LimitRefusedKind::KeyMissing,
            LimitRefusedKind::StoreFailed,
        ];
        for kind in kinds {
            let mut headers = HeaderMap::new();
            LimitRefused::new(kind).extend_headers(&mut headers);
            assert!(headers.is_empty(), "{kind:?}");
        }
    }
}
