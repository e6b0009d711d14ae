//! A login that was refused.
use std::fmt;
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use palisade_core::Refusal;

use crate::retry;
use crate::{PasswordError, PasswordErrorKind};

/// A login that was refused. What was wrong with the credentials is not told: not in the text, the status or the fields, and not in
/// the time that it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginRefused {
    kind: LoginRefusedKind,
    retry_after: Option<Duration>,
}

/// Why a login was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LoginRefusedKind {
    /// Unknown, disabled, without a password, or the wrong password: 401.
    Credentials,
    /// Too many attempts on the account or from the network: 429. The password was not looked at.
    Limited,
    /// Too many passwords are being hashed: 503. The password was not looked at.
    Overloaded,
    /// The accounts or the limiter do not answer: 503.
    StoreDown,
    /// The hash could not be computed: 500.
    Internal,
}

impl LoginRefused {
    pub(super) const CREDENTIALS: Self = Self::new(LoginRefusedKind::Credentials, None);
    pub(super) const STORE_DOWN: Self = Self::new(LoginRefusedKind::StoreDown, Some(Duration::from_secs(5)));

    const fn new(kind: LoginRefusedKind, retry_after: Option<Duration>) -> Self {
        Self { kind, retry_after }
    }

    pub(super) const fn limited(retry_after: Duration) -> Self {
        Self::new(LoginRefusedKind::Limited, Some(retry_after))
    }

    /// Why.
    #[must_use]
    pub const fn kind(&self) -> LoginRefusedKind {
        self.kind
    }

    /// When it is worth trying again, where time helps.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl From<PasswordError> for LoginRefused {
    fn from(error: PasswordError) -> Self {
        let kind = match error.kind() {
            PasswordErrorKind::Mismatch => LoginRefusedKind::Credentials,
            PasswordErrorKind::Overloaded => LoginRefusedKind::Overloaded,
            PasswordErrorKind::Internal | PasswordErrorKind::Refused(_) | PasswordErrorKind::Unavailable => {
                LoginRefusedKind::Internal
            }
        };
        Self::new(kind, error.retry_after())
    }
}

impl Refusal for LoginRefused {
    fn status(&self) -> StatusCode {
        match self.kind {
            LoginRefusedKind::Credentials => StatusCode::UNAUTHORIZED,
            LoginRefusedKind::Limited => StatusCode::TOO_MANY_REQUESTS,
            LoginRefusedKind::Overloaded | LoginRefusedKind::StoreDown => StatusCode::SERVICE_UNAVAILABLE,
            LoginRefusedKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &'static str {
        match self.kind {
            LoginRefusedKind::Credentials => "login_refused",
            LoginRefusedKind::Limited => "login_limited",
            LoginRefusedKind::Overloaded | LoginRefusedKind::StoreDown => "login_unavailable",
            LoginRefusedKind::Internal => "internal",
        }
    }

    fn title(&self) -> &'static str {
        match self.kind {
            LoginRefusedKind::Credentials => "The address or the password is wrong",
            LoginRefusedKind::Limited => "Too many attempts to sign in, try again later",
            LoginRefusedKind::Overloaded | LoginRefusedKind::StoreDown => {
                "Signing in is not possible at the moment, try again shortly"
            }
            LoginRefusedKind::Internal => "Something went wrong here",
        }
    }

    fn extend_headers(&self, headers: &mut HeaderMap) {
        if let Some(after) = self.retry_after {
            retry::extend(headers, after);
        }
    }
}

impl fmt::Display for LoginRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            LoginRefusedKind::Credentials => "the address or the password is wrong",
            LoginRefusedKind::Limited => "too many attempts to sign in",
            LoginRefusedKind::Overloaded => "too many passwords are being hashed",
            LoginRefusedKind::StoreDown => "the accounts or the limiter do not answer",
            LoginRefusedKind::Internal => "the password could not be verified",
        })
    }
}

impl std::error::Error for LoginRefused {}

#[cfg(test)]
mod tests {
    use http::header::RETRY_AFTER;

    use super::*;

    #[test]
    fn each_refusal_has_its_status_and_says_when_to_come_back() {
        let overloaded = LoginRefused::new(LoginRefusedKind::Overloaded, Some(Duration::from_millis(80)));
        for (refused, status, retry_after) in [
            (LoginRefused::CREDENTIALS, 401, None),
            (
                LoginRefused::limited(Duration::from_millis(1_500)),
                429,
                Some("2"),
            ),
            (overloaded, 503, Some("1")),
            (LoginRefused::STORE_DOWN, 503, Some("5")),
            (LoginRefused::from(PasswordError::INTERNAL), 500, None),
        ] {
            let mut headers = HeaderMap::new();
            refused.extend_headers(&mut headers);
            assert_eq!(refused.status(), status, "{refused}");
            assert_eq!(
                headers.get(RETRY_AFTER).map(|field| field.to_str().unwrap()),
                retry_after,
                "{refused}"
            );
            assert_eq!(headers.len(), usize::from(retry_after.is_some()), "{refused}");
        }
    }

    #[test]
    fn a_wrong_password_is_a_credential_failure_without_a_hint() {
        assert_eq!(
            LoginRefused::from(PasswordError::MISMATCH),
            LoginRefused::CREDENTIALS
        );
    }
}
