//! Passwords that another system still has.
use std::future::Future;
use std::pin::Pin;

use palisade_core::{Secret, StoreError, Subject};

use super::Identifier;
use crate::PasswordHash;

/// Verifies passwords with the system that had them before, where its hashes could not be brought along. Whoever signs in once has
/// a hash here from then on.
///
/// It is asked for accounts that say [`migrating`](crate::Account::migrating), after the attempt was charged and after the one computation that
/// every attempt costs.
///
/// # Contract
/// 1. `verify` answers `true` for the right password of that account only, and whoever is locked or closed there is not right.
/// 2. `verify` gets the password as it was sent, at most 1024 bytes. It neither stores nor logs it.
/// 3. `adopt` is one atomic step: it stores the hash where the account has none yet, ends that it is migrating, and does nothing
///    where it has one (a password was set meanwhile). Both are `Ok`.
///
/// # Security
/// Asking takes time of its own: as long as an account is migrating, its refusals take longer than those of unknown ones.
/// Give the call a deadline. While the old system does not answer, its accounts are refused like wrong passwords, and the
/// operator is told by `control_failed`.
pub trait Migration: Send + Sync + 'static {
    /// Whether the old system takes that password for that account.
    fn verify(
        &self,
        identifier: &Identifier,
        password: &Secret<String>,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Stores the first hash of an account.
    fn adopt(
        &self,
        subject: &Subject,
        new: &PasswordHash,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Any [`Migration`], so that the funnel needs no type parameter for it.
pub(super) trait AnyMigration: Send + Sync {
    fn verify<'a>(&'a self, identifier: &'a Identifier, password: &'a Secret<String>) -> Answer<'a, bool>;
    fn adopt<'a>(&'a self, subject: &'a Subject, new: &'a PasswordHash) -> Answer<'a, ()>;
}

impl<M: Migration> AnyMigration for M {
    fn verify<'a>(&'a self, identifier: &'a Identifier, password: &'a Secret<String>) -> Answer<'a, bool> {
        Box::pin(Migration::verify(self, identifier, password))
    }

    fn adopt<'a>(&'a self, subject: &'a Subject, new: &'a PasswordHash) -> Answer<'a, ()> {
        Box::pin(Migration::adopt(self, subject, new))
    }
}
