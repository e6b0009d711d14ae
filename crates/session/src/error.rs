//! Why something of a session is refused.
use std::sync::Arc;

use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue, StatusCode};
use palisade_core::{Refusal, StoreError, StoreErrorKind};

use crate::TooLarge;

/// A request, or something a handler asked for, that is refused.
///
/// Where a store failed, the [`StoreError`] is its [`source`](std::error::Error::source).
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", .kind.text())]
pub struct SessionRefused {
    kind: SessionRefusedKind,
    removal: Option<HeaderValue>,
    #[source]
    cause: Option<Arc<StoreError>>,
}

/// Why it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SessionRefusedKind {
    /// So many requests change one value at the same time that this one gave up.
    Contended,
    /// The session cookie occurs more than once: which one was meant cannot be known.
    CookieRepeated,
    /// The `Cookie` fields are longer than 8 KiB.
    CookieTooLong,
    /// The session was ended while this request used it.
    Ended,
    /// The operating system gave no random bytes, or the store an id that cannot be.
    Internal,
    /// A session is renewed for an account that does not hold it: that is a login.
    OtherSubject,
    /// The store failed. What it holds is not known, so nothing is taken for granted.
    StoreFailed,
    /// The store is full.
    StoreFull,
    /// The store did not answer in time.
    StoreTimedOut,
    /// Somebody has logged in by another request meanwhile, and the browser has a newer cookie: what was changed with the
    /// old one is not stored. The request can be repeated.
    Superseded,
    /// The account has as many sessions as it may have.
    TooManySessions,
    /// The session's values would be larger than allowed.
    ValueTooLarge,
    /// The stored value is not of the type that was asked for.
    ValueUnreadable,
    /// The value has no JSON form.
    ValueUnwritable,
}

impl SessionRefusedKind {
    const fn text(self) -> &'static str {
        match self {
            Self::Contended => "too many requests change one value of the session",
            Self::CookieRepeated => "the session cookie occurs more than once",
            Self::CookieTooLong => "the cookies are too long",
            Self::Ended => "the session was ended",
            Self::Internal => "no session id could be made",
            Self::OtherSubject => "the session belongs to another account",
            Self::StoreFailed => "the session store failed",
            Self::StoreFull => "the session store is full",
            Self::StoreTimedOut => "the session store did not answer in time",
            Self::Superseded => "the session has a newer id",
            Self::TooManySessions => "the account has too many sessions",
            Self::ValueTooLarge => "the session's values are too large",
            Self::ValueUnreadable => "the session's value has another type",
            Self::ValueUnwritable => "the value cannot be stored",
        }
    }
}

impl SessionRefused {
    pub(crate) const fn new(kind: SessionRefusedKind) -> Self {
        Self {
            kind,
            removal: None,
            cause: None,
        }
    }

    /// The response also removes the cookie.
    pub(crate) fn with_removal(mut self, removal: HeaderValue) -> Self {
        self.removal = Some(removal);
        self
    }

    /// Why.
    #[must_use]
    pub const fn kind(&self) -> SessionRefusedKind {
        self.kind
    }
}

impl From<StoreError> for SessionRefused {
    fn from(error: StoreError) -> Self {
        let kind = match error.kind() {
            StoreErrorKind::Full => SessionRefusedKind::StoreFull,
            StoreErrorKind::TimedOut => SessionRefusedKind::StoreTimedOut,
            StoreErrorKind::Failed | _ => SessionRefusedKind::StoreFailed,
        };
        Self {
            cause: Some(Arc::new(error)),
            ..Self::new(kind)
        }
    }
}

impl From<TooLarge> for SessionRefused {
    fn from(_: TooLarge) -> Self {
        Self::new(SessionRefusedKind::ValueTooLarge)
    }
}

impl Refusal for SessionRefused {
    fn status(&self) -> StatusCode {
        match self.kind {
            SessionRefusedKind::CookieRepeated => StatusCode::BAD_REQUEST,
            SessionRefusedKind::CookieTooLong => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            SessionRefusedKind::Ended => StatusCode::UNAUTHORIZED,
            SessionRefusedKind::Superseded | SessionRefusedKind::TooManySessions => StatusCode::CONFLICT,
            SessionRefusedKind::ValueTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            SessionRefusedKind::Contended
            | SessionRefusedKind::StoreFailed
            | SessionRefusedKind::StoreFull
            | SessionRefusedKind::StoreTimedOut => StatusCode::SERVICE_UNAVAILABLE,
            SessionRefusedKind::Internal
            | SessionRefusedKind::OtherSubject
            | SessionRefusedKind::ValueUnreadable
            | SessionRefusedKind::ValueUnwritable => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &'static str {
        match self.kind {
            SessionRefusedKind::CookieRepeated => "session_cookie_repeated",
            SessionRefusedKind::CookieTooLong => "cookies_too_long",
            SessionRefusedKind::Ended => "session_ended",
            SessionRefusedKind::Superseded => "session_superseded",
            SessionRefusedKind::TooManySessions => "too_many_sessions",
            SessionRefusedKind::ValueTooLarge => "session_values_too_large",
            SessionRefusedKind::Contended
            | SessionRefusedKind::StoreFailed
            | SessionRefusedKind::StoreFull
            | SessionRefusedKind::StoreTimedOut => "session_unavailable",
            SessionRefusedKind::Internal
            | SessionRefusedKind::OtherSubject
            | SessionRefusedKind::ValueUnreadable
            | SessionRefusedKind::ValueUnwritable => "session_error",
        }
    }

    fn extend_headers(&self, headers: &mut HeaderMap) {
        if let Some(removal) = &self.removal {
            headers.append(SET_COOKIE, removal.clone());
        }
    }
}
