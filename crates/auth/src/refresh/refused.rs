//! A refresh that was refused.
use std::fmt;

use http::{HeaderMap, StatusCode};
use palisade_core::Refusal;

/// A refresh token that gives nothing. The holder has to sign in again, unless a store was down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefreshRefused(RefreshRefusedKind);

/// Why a refresh was refused, for events and tests. Clients are told 401 or 503, and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefreshRefusedKind {
    /// It is no refresh token.
    Malformed,
    /// It was made under a key that this server does not have or has revoked, or under none.
    Forged,
    /// Its family never was, was ended, or its time has passed.
    Gone,
    /// It was used before: its family has been ended.
    Reused,
    /// Everything that was issued to the account, its tenant or everybody until then was revoked.
    Revoked,
    /// The store does not answer or is full: 503.
    StoreDown,
    /// No key signs, there are no random bytes, or a stored principal cannot be read: 500.
    Internal,
}

impl RefreshRefused {
    /// Why.
    #[must_use]
    pub const fn kind(&self) -> RefreshRefusedKind {
        self.0
    }
}

impl RefreshRefusedKind {
    /// The kind as the reason of an event.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Forged => "forged",
            Self::Gone => "gone",
            Self::Reused => "reused",
            Self::Revoked => "revoked",
            Self::StoreDown => "store_down",
            Self::Internal => "internal",
        }
    }
}

impl From<RefreshRefusedKind> for RefreshRefused {
    fn from(kind: RefreshRefusedKind) -> Self {
        Self(kind)
    }
}

impl Refusal for RefreshRefused {
    fn status(&self) -> StatusCode {
        match self.0 {
            RefreshRefusedKind::StoreDown => StatusCode::SERVICE_UNAVAILABLE,
            RefreshRefusedKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            RefreshRefusedKind::Malformed
            | RefreshRefusedKind::Forged
            | RefreshRefusedKind::Gone
            | RefreshRefusedKind::Reused
            | RefreshRefusedKind::Revoked => StatusCode::UNAUTHORIZED,
        }
    }

    /// `invalid_grant` is the word of RFC 6749 section 5.2.
    fn code(&self) -> &'static str {
        match self.0 {
            RefreshRefusedKind::StoreDown => "refresh_unavailable",
            RefreshRefusedKind::Internal => "internal",
            RefreshRefusedKind::Malformed
            | RefreshRefusedKind::Forged
            | RefreshRefusedKind::Gone
            | RefreshRefusedKind::Reused
            | RefreshRefusedKind::Revoked => "invalid_grant",
        }
    }

    fn title(&self) -> &'static str {
        match self.0 {
            RefreshRefusedKind::StoreDown => "Refreshing is not possible at the moment, try again shortly",
            RefreshRefusedKind::Internal => "Something went wrong here",
            RefreshRefusedKind::Malformed
            | RefreshRefusedKind::Forged
            | RefreshRefusedKind::Gone
            | RefreshRefusedKind::Reused
            | RefreshRefusedKind::Revoked => "Sign in again",
        }
    }

    fn extend_headers(&self, headers: &mut HeaderMap) {
        if self.0 == RefreshRefusedKind::StoreDown {
            crate::retry::extend(headers, std::time::Duration::from_secs(5));
        }
    }
}

impl fmt::Display for RefreshRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            RefreshRefusedKind::StoreDown => "the store of refresh tokens does not answer",
            RefreshRefusedKind::Internal => "the refresh token could not be handled",
            RefreshRefusedKind::Malformed
            | RefreshRefusedKind::Forged
            | RefreshRefusedKind::Gone
            | RefreshRefusedKind::Reused
            | RefreshRefusedKind::Revoked => "the refresh token is not valid",
        })
    }
}

impl std::error::Error for RefreshRefused {}
