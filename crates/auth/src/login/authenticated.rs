//! The proof of a login.
use palisade_core::{Factor, Principal, PrincipalKind, Subject, Timestamp};

use super::account::Account;
use crate::PasswordVerified;

/// Somebody has signed in with the right password. Only [`Authenticator::authenticate`](crate::Authenticator::authenticate) makes one: what asks for it cannot
/// be reached in another way.
///
/// ```compile_fail
/// // There is no constructor, no `Default` and no `Deserialize`.
/// let forged = palisade_auth::Authenticated::default();
/// ```
#[derive(Clone, Debug)]
#[must_use = "it is the proof of a login; begin a session with it"]
pub struct Authenticated {
    principal: Principal,
    at: Timestamp,
}

impl Authenticated {
    pub(super) fn new(account: &Account, _: PasswordVerified, at: Timestamp) -> Self {
        let principal = account.principal.clone().with_factor(Factor::Password, at);
        Self { principal, at }
    }

    /// Who.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        self.principal.subject()
    }

    /// What kind of account.
    #[must_use]
    pub fn kind(&self) -> PrincipalKind {
        self.principal.kind()
    }

    /// When the password was verified.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// The principal: the account's tenant and roles, with the password as its one factor.
    #[must_use]
    pub fn into_principal(self) -> Principal {
        self.principal
    }
}

impl From<Authenticated> for Principal {
    fn from(authenticated: Authenticated) -> Self {
        authenticated.into_principal()
    }
}
