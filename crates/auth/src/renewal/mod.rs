//! New passwords for accounts that exist.
mod change;
mod credential;
mod refused;
mod rules;
#[cfg(test)]
pub(crate) mod stage;

use palisade_core::Subject;

pub use self::change::{ChangeRequest, PasswordChange};
pub use self::credential::{Credential, Credentials};
pub use self::refused::{RenewalRefused, RenewalRefusedKind};
pub use self::rules::PasswordRenewal;

/// An account has a new password. It does not sign anybody in.
///
/// Whoever had the old password may be signed in with it: end the account's other sessions and revoke its tokens (OWASP ASVS 5.0,
/// 7.4.3), and tell its owner by mail (6.3.7).
#[derive(Clone, Debug)]
#[must_use = "end the account's other sessions and tokens, and tell its owner"]
pub struct PasswordChanged {
    subject: Subject,
}

impl PasswordChanged {
    pub(crate) const fn new(subject: Subject) -> Self {
        Self { subject }
    }

    /// Whose password it is.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }
}
