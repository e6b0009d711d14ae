//! What the application tells about an account.
use palisade_core::{Principal, PrincipalKind, StoreError, Subject, Tenant};

use super::Identifier;
use crate::PasswordHash;

/// An account, as far as a login needs to know it.
#[derive(Clone, Debug)]
pub struct Account {
    /// Who a login makes, but for the factor that was verified.
    pub(super) principal: Principal,
    pub(super) password: Option<PasswordHash>,
    pub(super) disabled: bool,
    migrating: bool,
}

impl Account {
    /// An account without a password: nobody gets in with one.
    #[must_use]
    pub fn new(subject: Subject, kind: PrincipalKind) -> Self {
        Self {
            principal: Principal::new(subject, kind),
            password: None,
            disabled: false,
            migrating: false,
        }
    }

    /// Binds the account to a tenant; who signs in acts for it.
    #[must_use]
    pub fn with_tenant(mut self, tenant: Tenant) -> Self {
        self.principal = self.principal.with_tenant(tenant);
        self
    }

    /// Adds a role that who signs in has.
    #[must_use]
    pub fn add_role(mut self, role: impl Into<Box<str>>) -> Self {
        self.principal = self.principal.add_role(role);
        self
    }

    /// The hash that the password is verified with. Where the stored text is [malformed](PasswordHash::parse), leave it out.
    #[must_use]
    pub fn with_password(mut self, password: PasswordHash) -> Self {
        self.password = Some(password);
        self
    }

    /// Nobody gets in: locked, closed, not yet confirmed. To whoever tries, it is as if the password were wrong.
    #[must_use]
    pub const fn disabled(mut self) -> Self {
        self.disabled = true;
        self
    }

    /// The password is still another system's: it is asked by [`Migration`](crate::Migration). An account that has a hash is not.
    #[must_use]
    pub const fn migrating(mut self) -> Self {
        self.migrating = true;
        self
    }

    /// Whether another system may let somebody in.
    pub(super) const fn is_migrating(&self) -> bool {
        self.migrating && self.password.is_none() && !self.disabled
    }

    /// The hash that may let somebody in.
    pub(super) fn usable(&self) -> Option<&PasswordHash> {
        self.password.as_ref().filter(|_| !self.disabled)
    }
}

/// Where the accounts are: the application's database.
///
/// # Contract
/// 1. `find` compares the stored [`Identifier`] for equality: no pattern, no folding of its own.
/// 2. `find` does the same work whether or not there is such an account, as far as the database allows: one look-up by an index.
/// 3. `replace_hash` is one atomic compare-and-set: it stores `new` where the account's hash is still `old`, and does nothing
///    where it is not (the password was changed meanwhile). Both are `Ok`.
/// 4. An account that cannot be read is an error, not an account that does not exist.
pub trait Accounts: Send + Sync + 'static {
    /// The account with that identifier.
    fn find(
        &self,
        identifier: &Identifier,
    ) -> impl Future<Output = Result<Option<Account>, StoreError>> + Send;

    /// Stores `new` in the place of `old`: the same password, hashed with newer parameters.
    fn replace_hash(
        &self,
        subject: &Subject,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}
