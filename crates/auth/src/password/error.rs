//! Why a password was not hashed, or not found right.
use std::fmt;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use palisade_core::{RandomError, Refusal};

use super::hash::MalformedHash;
use super::policy::PasswordRefused;
use super::pool::Failure;
use crate::retry;

/// A password that was not accepted, not hashed, or not verified. `?` on it is the safe thing to do: there is no value of
/// success for a wrong password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordError {
    kind: PasswordErrorKind,
    retry_after: Option<Duration>,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PasswordErrorKind {
    /// It could not be computed: no random bytes, no memory, a fault. Nobody is let in.
    Internal,
    /// The password is not the one that was hashed.
    Mismatch,
    /// Too much is being hashed. Nothing was computed.
    Overloaded,
    /// The policy does not accept it.
    Refused(PasswordRefused),
    /// It could not be judged or stored: what is asked about leaked passwords, or the accounts, do not answer.
    Unavailable,
}

impl PasswordError {
    pub(crate) const MISMATCH: Self = Self::new(PasswordErrorKind::Mismatch);
    pub(crate) const UNAVAILABLE: Self = Self {
        kind: PasswordErrorKind::Unavailable,
        retry_after: Some(Duration::from_secs(5)),
    };
    pub(crate) const INTERNAL: Self = Self::new(PasswordErrorKind::Internal);

    const fn new(kind: PasswordErrorKind) -> Self {
        Self {
            kind,
            retry_after: None,
        }
    }

    /// What happened.
    #[must_use]
    pub const fn kind(&self) -> PasswordErrorKind {
        self.kind
    }

    /// When it is worth trying again, where time helps.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl Refusal for PasswordError {
    fn status(&self) -> StatusCode {
        match self.kind {
            PasswordErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            PasswordErrorKind::Mismatch => StatusCode::FORBIDDEN,
            PasswordErrorKind::Overloaded | PasswordErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            PasswordErrorKind::Refused(refused) => refused.status(),
        }
    }

    fn code(&self) -> &'static str {
        match self.kind {
            PasswordErrorKind::Internal => "internal",
            PasswordErrorKind::Mismatch => "password_wrong",
            PasswordErrorKind::Overloaded => "overloaded",
            PasswordErrorKind::Refused(refused) => refused.code(),
            PasswordErrorKind::Unavailable => "unavailable",
        }
    }

    fn title(&self) -> &'static str {
        match self.kind {
            PasswordErrorKind::Internal => "Something went wrong here",
            PasswordErrorKind::Mismatch => "The password is wrong",
            PasswordErrorKind::Overloaded => "Too busy at the moment, try again shortly",
            PasswordErrorKind::Refused(refused) => refused.title(),
            PasswordErrorKind::Unavailable => "Not possible at the moment, try again shortly",
        }
    }

    fn extend_headers(&self, headers: &mut HeaderMap) {
        if let Some(after) = self.retry_after {
            retry::extend(headers, after);
        }
    }
}

impl fmt::Display for PasswordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            PasswordErrorKind::Internal => f.write_str("the password could not be hashed"),
            PasswordErrorKind::Mismatch => f.write_str("the password is wrong"),
            PasswordErrorKind::Overloaded => f.write_str("too many passwords are being hashed"),
            PasswordErrorKind::Refused(refused) => refused.fmt(f),
            PasswordErrorKind::Unavailable => f.write_str("the password could not be judged or stored"),
        }
    }
}

impl std::error::Error for PasswordError {}

impl From<PasswordRefused> for PasswordError {
    fn from(refused: PasswordRefused) -> Self {
        Self::new(PasswordErrorKind::Refused(refused))
    }
}

impl From<Failure> for PasswordError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Broken => Self::INTERNAL,
            Failure::Shed(wait) => Self {
                kind: PasswordErrorKind::Overloaded,
                retry_after: Some(wait),
            },
        }
    }
}

impl From<RandomError> for PasswordError {
    fn from(_: RandomError) -> Self {
        Self::INTERNAL
    }
}

impl From<MalformedHash> for PasswordError {
    fn from(_: MalformedHash) -> Self {
        Self::INTERNAL
    }
}
