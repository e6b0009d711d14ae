//! What a banned client is told.
use std::time::Duration;

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue, StatusCode};
use palisade_core::Refusal;

use crate::error::whole_seconds;

/// A request that was refused since its client is banned, or since that cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the client is refused for a while")]
pub struct BanRefused {
    kind: BanRefusedKind,
    retry_after: Option<Duration>,
}

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BanRefusedKind {
    /// The client is banned. 429 and `Retry-After`, not 403: it passes by itself, nothing about the request was forbidden, and
    /// who only shares the network with the one who was meant deserves to know.
    Banned,
    /// The request has no client address: an earlier layer is missing.
    ClientMissing,
    /// The store could not tell.
    StoreFailed,
}

impl BanRefused {
    pub(super) const fn new(kind: BanRefusedKind) -> Self {
        let retry_after = None;
        Self { kind, retry_after }
    }

    pub(super) const fn banned(retry_after: Duration) -> Self {
        Self {
            kind: BanRefusedKind::Banned,
            retry_after: Some(retry_after),
        }
    }

    /// Why.
    #[must_use]
    pub const fn kind(&self) -> BanRefusedKind {
        self.kind
    }

    /// When banned: for how long still.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl Refusal for BanRefused {
    fn status(&self) -> StatusCode {
        match self.kind {
            BanRefusedKind::Banned => StatusCode::TOO_MANY_REQUESTS,
            BanRefusedKind::ClientMissing => StatusCode::INTERNAL_SERVER_ERROR,
            BanRefusedKind::StoreFailed => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn code(&self) -> &'static str {
        match self.kind {
            BanRefusedKind::Banned => "client_banned",
            BanRefusedKind::ClientMissing => "ban_client_missing",
            BanRefusedKind::StoreFailed => "ban_unavailable",
        }
    }

    /// The type of draft-ietf-httpapi-ratelimit-headers-10 for abuse.
    fn problem_type(&self) -> &'static str {
        match self.kind {
            BanRefusedKind::Banned => {
                "https://iana.org/assignments/http-problem-types#abnormal-usage-detected"
            }
            BanRefusedKind::ClientMissing | BanRefusedKind::StoreFailed => "about:blank",
        }
    }

    /// `Retry-After` (RFC 9110 section 10.2.3) in seconds, rounded up and at least one.
    fn extend_headers(&self, headers: &mut HeaderMap) {
        if let Some(wait) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait).max(1)));
        }
    }
}
