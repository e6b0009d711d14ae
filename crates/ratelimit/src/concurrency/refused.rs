//! What a request is told that does not fit in.
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue, StatusCode};
use palisade_core::Refusal;

/// A request that was refused since too much is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too much is under way")]
pub struct ConcurrencyRefused(ConcurrencyRefusedKind);

/// Why a request was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConcurrencyRefusedKind {
    /// The request has no key to be counted under: an earlier layer is missing.
    KeyMissing,
    /// As much is under way under its key as may be: it is the client that has to wait for its own. 429.
    PerKey,
    /// As much is under way in all as may be: the server is busy with others. 503.
    Total,
}

impl ConcurrencyRefused {
    pub(super) const fn new(kind: ConcurrencyRefusedKind) -> Self {
        Self(kind)
    }

    /// Why.
    #[must_use]
    pub const fn kind(&self) -> ConcurrencyRefusedKind {
        self.0
    }
}

impl Refusal for ConcurrencyRefused {
    fn status(&self) -> StatusCode {
        match self.0 {
            ConcurrencyRefusedKind::KeyMissing => StatusCode::INTERNAL_SERVER_ERROR,
            ConcurrencyRefusedKind::PerKey => StatusCode::TOO_MANY_REQUESTS,
            ConcurrencyRefusedKind::Total => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn code(&self) -> &'static str {
        match self.0 {
            ConcurrencyRefusedKind::KeyMissing => "concurrency_key_missing",
            ConcurrencyRefusedKind::PerKey => "concurrency_exceeded",
            ConcurrencyRefusedKind::Total => "capacity_exceeded",
        }
    }

    /// The types of draft-ietf-httpapi-ratelimit-headers-10.
    fn problem_type(&self) -> &'static str {
        match self.0 {
            ConcurrencyRefusedKind::KeyMissing => "about:blank",
            ConcurrencyRefusedKind::PerKey => {
                "https://iana.org/assignments/http-problem-types#quota-exceeded"
            }
            ConcurrencyRefusedKind::Total => {
                "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity"
            }
        }
    }

    /// `Retry-After: 1`. When something ends is not known; a second is the least that can be said.
    fn extend_headers(&self, headers: &mut HeaderMap) {
        if self.0 != ConcurrencyRefusedKind::KeyMissing {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
    }
}
