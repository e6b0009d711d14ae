//! A request that was refused for its token.
use std::fmt;

use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderValue, StatusCode};
use palisade_core::Refusal;

use crate::TokenRefusedKind;

/// A request that was refused for its token, or for lack of one. The challenge is that of RFC 6750 section 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BearerRefused {
    kind: BearerRefusedKind,
    scheme: &'static str,
    scope: Option<&'static str>,
}

/// Why a request was refused for its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BearerRefusedKind {
    /// It has none: 401, with a challenge that says nothing else.
    Missing,
    /// The field is repeated or is not one token: 400, `invalid_request`.
    InvalidRequest,
    /// The token is not valid, for that reason: 401, `invalid_token`. The reason is not told.
    InvalidToken(TokenRefusedKind),
    /// The token does not cover what the route asks for: 403, `insufficient_scope`.
    InsufficientScope,
    /// Whether the token is valid cannot be known at the moment: 503.
    Unavailable,
}

impl BearerRefused {
    pub(crate) const fn new(kind: BearerRefusedKind, scheme: &'static str) -> Self {
        Self {
            kind,
            scheme,
            scope: None,
        }
    }

    pub(crate) const fn asking(mut self, scope: Option<&'static str>) -> Self {
        self.scope = scope;
        self
    }

    /// Why.
    #[must_use]
    pub const fn kind(&self) -> BearerRefusedKind {
        self.kind
    }

    /// The challenge: the scheme, the error where there was a token, and the scope where that is what is missing.
    fn challenge(&self) -> String {
        let error = match self.kind {
            BearerRefusedKind::Missing | BearerRefusedKind::Unavailable => return self.scheme.to_owned(),
            BearerRefusedKind::InvalidRequest => "invalid_request",
            BearerRefusedKind::InvalidToken(_) => "invalid_token",
            BearerRefusedKind::InsufficientScope => "insufficient_scope",
        };
        match self
            .scope
            .filter(|_| self.kind == BearerRefusedKind::InsufficientScope)
        {
            Some(scope) => format!("{} error=\"{error}\", scope=\"{scope}\"", self.scheme),
            None => format!("{} error=\"{error}\"", self.scheme),
        }
    }
}

impl BearerRefusedKind {
    /// The kind of refusal for a token that was refused.
    pub(crate) const fn of(kind: TokenRefusedKind) -> Self {
        if matches!(kind, TokenRefusedKind::Unavailable) {
            return Self::Unavailable;
        }
        Self::InvalidToken(kind)
    }

    /// The kind as the reason of an event.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidToken(kind) => kind.reason(),
            Self::InsufficientScope => "insufficient_scope",
            Self::Unavailable => "unavailable",
        }
    }
}

impl Refusal for BearerRefused {
    fn status(&self) -> StatusCode {
        match self.kind {
            BearerRefusedKind::Missing | BearerRefusedKind::InvalidToken(_) => StatusCode::UNAUTHORIZED,
            BearerRefusedKind::InvalidRequest => StatusCode::BAD_REQUEST,
            BearerRefusedKind::InsufficientScope => StatusCode::FORBIDDEN,
            BearerRefusedKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn code(&self) -> &'static str {
        match self.kind {
            BearerRefusedKind::Missing => "token_missing",
            BearerRefusedKind::InvalidRequest => "invalid_request",
            BearerRefusedKind::InvalidToken(_) => "invalid_token",
            BearerRefusedKind::InsufficientScope => "insufficient_scope",
            BearerRefusedKind::Unavailable => "token_unavailable",
        }
    }

    fn title(&self) -> &'static str {
        match self.kind {
            BearerRefusedKind::Missing => "This needs an access token",
            BearerRefusedKind::InvalidRequest => "The access token is not sent as it should be",
            BearerRefusedKind::InvalidToken(_) => "The access token is not valid",
            BearerRefusedKind::InsufficientScope => "The access token does not cover this",
            BearerRefusedKind::Unavailable => "The access token cannot be verified at the moment",
        }
    }

    fn extend_headers(&self, headers: &mut HeaderMap) {
        if self.kind == BearerRefusedKind::Unavailable {
            crate::retry::extend(headers, std::time::Duration::from_secs(5));
        } else if let Ok(challenge) = HeaderValue::try_from(self.challenge()) {
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
    }
}

impl fmt::Display for BearerRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            BearerRefusedKind::Missing => "the request has no access token",
            BearerRefusedKind::InvalidRequest => "the access token is not sent as it should be",
            BearerRefusedKind::InvalidToken(_) => "the access token is not valid",
            BearerRefusedKind::InsufficientScope => "the access token does not cover this",
            BearerRefusedKind::Unavailable => "the access token cannot be verified at the moment",
        })
    }
}

impl std::error::Error for BearerRefused {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges_are_those_of_rfc_6750() {
        let expired = BearerRefusedKind::InvalidToken(TokenRefusedKind::Expired);
        for (kind, status, challenge) in [
            (BearerRefusedKind::Missing, 401, Some("Bearer")),
            (
                BearerRefusedKind::InvalidRequest,
                400,
                Some("Bearer error=\"invalid_request\""),
            ),
            (expired, 401, Some("Bearer error=\"invalid_token\"")),
            (
                BearerRefusedKind::InsufficientScope,
                403,
                Some("Bearer error=\"insufficient_scope\", scope=\"orders:read\""),
            ),
            (BearerRefusedKind::Unavailable, 503, None),
        ] {
            let refused = BearerRefused::new(kind, "Bearer").asking(Some("orders:read"));
            let mut headers = HeaderMap::new();
            refused.extend_headers(&mut headers);
            assert_eq!(refused.status(), status);
            let given = headers.get(WWW_AUTHENTICATE).map(|value| value.to_str().unwrap());
            assert_eq!(given, challenge);
        }
    }
}
