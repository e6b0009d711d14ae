//! A new password that was not taken.
use std::fmt;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use palisade_core::Refusal;

use crate::retry;
use crate::{PasswordError, PasswordErrorKind, PasswordRefused};

/// A change or reset of a password that was refused. The old password is still the one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenewalRefused {
    kind: RenewalRefusedKind,
    retry_after: Option<Duration>,
}

/// Why a change or reset was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RenewalRefusedKind {
    /// The password was changed by somebody else meanwhile: 409.
    Conflict,
    /// The link is unknown, used, too old, or of a password that was changed since: 400.
    InvalidToken,
    /// Something could not be computed: 500.
    Internal,
    /// Too many attempts: 429.
    Limited,
    /// Who asks acts on behalf of somebody else: 403.
    OnBehalf,
    /// Too much is being hashed: 503.
    Overloaded,
    /// The policy does not accept the new password: 422.
    Refused(PasswordRefused),
    /// Too long ago that the one who asks showed who they are: 401, and then again.
    Stale,
    /// A store, the limiter, or what is asked about leaked passwords does not answer: 503.
    Unavailable,
    /// The current password is wrong: 403.
    WrongPassword,
}

impl RenewalRefused {
    pub(crate) const UNAVAILABLE: Self = Self {
        kind: RenewalRefusedKind::Unavailable,
        retry_after: Some(Duration::from_secs(5)),
    };

    pub(crate) const fn new(kind: RenewalRefusedKind) -> Self {
        Self {
            kind,
            retry_after: None,
        }
    }

    pub(crate) const fn limited(retry_after: Duration) -> Self {
        Self {
            kind: RenewalRefusedKind::Limited,
            retry_after: Some(retry_after),
        }
    }

    /// Why.
    #[must_use]
    pub const fn kind(&self) -> RenewalRefusedKind {
        self.kind
    }

    /// When it is worth trying again, where time helps.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl From<PasswordError> for RenewalRefused {
    fn from(error: PasswordError) -> Self {
        let kind = match error.kind() {
            PasswordErrorKind::Internal => RenewalRefusedKind::Internal,
            PasswordErrorKind::Mismatch => RenewalRefusedKind::WrongPassword,
            PasswordErrorKind::Overloaded => RenewalRefusedKind::Overloaded,
            PasswordErrorKind::Refused(refused) => RenewalRefusedKind::Refused(refused),
            PasswordErrorKind::Unavailable => RenewalRefusedKind::Unavailable,
        };
        Self {
            kind,
            retry_after: error.retry_after(),
        }
    }
}

impl Refusal for RenewalRefused {
    fn status(&self) -> StatusCode {
        match self.kind {
            RenewalRefusedKind::Conflict => StatusCode::CONFLICT,
            RenewalRefusedKind::InvalidToken => StatusCode::BAD_REQUEST,
            RenewalRefusedKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            RenewalRefusedKind::Limited => StatusCode::TOO_MANY_REQUESTS,
            RenewalRefusedKind::OnBehalf | RenewalRefusedKind::WrongPassword => StatusCode::FORBIDDEN,
            RenewalRefusedKind::Overloaded | RenewalRefusedKind::Unavailable => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            RenewalRefusedKind::Refused(refused) => refused.status(),
            RenewalRefusedKind::Stale => StatusCode::UNAUTHORIZED,
        }
    }

    fn code(&self) -> &'static str {
        match self.kind {
            RenewalRefusedKind::Conflict => "password_changed_meanwhile",
            RenewalRefusedKind::InvalidToken => "reset_link_invalid",
            RenewalRefusedKind::Internal => "internal",
            RenewalRefusedKind::Limited => "password_change_limited",
            RenewalRefusedKind::OnBehalf => "on_behalf",
            RenewalRefusedKind::Overloaded | RenewalRefusedKind::Unavailable => "unavailable",
            RenewalRefusedKind::Refused(refused) => refused.code(),
            // The code of RFC 9470 section 3.
            RenewalRefusedKind::Stale => "insufficient_user_authentication",
            RenewalRefusedKind::WrongPassword => "password_wrong",
        }
    }

    fn title(&self) -> &'static str {
        match self.kind {
            RenewalRefusedKind::Conflict => "The password was changed meanwhile",
            RenewalRefusedKind::InvalidToken => "This link is no longer valid. Please ask for a new one.",
            RenewalRefusedKind::Internal => "Something went wrong here",
            RenewalRefusedKind::Limited => "Too many attempts, try again later",
            RenewalRefusedKind::OnBehalf => "Only the owner of an account can do this",
            RenewalRefusedKind::Overloaded | RenewalRefusedKind::Unavailable => {
                "Not possible at the moment, try again shortly"
            }
            RenewalRefusedKind::Refused(refused) => refused.title(),
            RenewalRefusedKind::Stale => "Please sign in again to do this",
            RenewalRefusedKind::WrongPassword => "The current password is wrong",
        }
    }

    fn extend_headers(&self, headers: &mut HeaderMap) {
        if let Some(after) = self.retry_after {
            retry::extend(headers, after);
        }
    }
}

impl fmt::Display for RenewalRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            RenewalRefusedKind::Conflict => f.write_str("the password was changed meanwhile"),
            RenewalRefusedKind::InvalidToken => f.write_str("the link is not, or no longer, valid"),
            RenewalRefusedKind::Internal => f.write_str("the password could not be hashed"),
            RenewalRefusedKind::Limited => f.write_str("too many attempts"),
            RenewalRefusedKind::OnBehalf => f.write_str("who asks acts on behalf of somebody else"),
            RenewalRefusedKind::Overloaded => f.write_str("too many passwords are being hashed"),
            RenewalRefusedKind::Refused(refused) => refused.fmt(f),
            RenewalRefusedKind::Stale => f.write_str("who asks was verified too long ago"),
            RenewalRefusedKind::Unavailable => f.write_str("a store or service does not answer"),
            RenewalRefusedKind::WrongPassword => f.write_str("the current password is wrong"),
        }
    }
}

impl std::error::Error for RenewalRefused {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_its_status_and_one_plain_text() {
        for (kind, status) in [
            (RenewalRefusedKind::Conflict, 409),
            (RenewalRefusedKind::InvalidToken, 400),
            (RenewalRefusedKind::Internal, 500),
            (RenewalRefusedKind::Limited, 429),
            (RenewalRefusedKind::OnBehalf, 403),
            (RenewalRefusedKind::Overloaded, 503),
            (RenewalRefusedKind::Refused(PasswordRefused::Reused), 422),
            (RenewalRefusedKind::Stale, 401),
            (RenewalRefusedKind::Unavailable, 503),
            (RenewalRefusedKind::WrongPassword, 403),
        ] {
            let refused = RenewalRefused::new(kind);
            assert_eq!(refused.status(), status, "{refused}");
            assert!(
                !refused.code().contains(' ') && !refused.title().is_empty(),
                "{refused}"
            );
        }
    }
}
