//! The login funnel.
use std::fmt;
use std::sync::Arc;

use palisade_core::{ClientAddr, ControlHealth, Event, Recorder, Secret, SecurityEvent, StoreError};

use super::account::{Account, Accounts};
use super::authenticated::Authenticated;
use super::identifier::Identifier;
use super::limiter::{LoginBucket, LoginCharge, LoginLimiter};
use super::migration::{AnyMigration, Migration};
use super::refused::{LoginRefused, LoginRefusedKind};
use crate::password::{Upgrade, normalised};
use crate::{PasswordErrorKind, PasswordHash, PasswordVerified, Passwords};

/// The one way to sign in with a password. Clones are cheap and share everything.
///
/// The decision, in order:
/// 1. The identifier is bounded and [brought into its one spelling](Identifier). One that cannot be is nobody's.
/// 2. The attempt is charged to the client's network, then to the account, before anything is looked at: guesses in parallel do not
///    slip by. No room, or a limiter that does not answer: refused.
/// 3. The account is looked up. Accounts that cannot be read: refused.
/// 4. **One** Argon2id computation: with the account's hash, or, where there is no account, no usable hash, a disabled account or
///    an over-long password, with a hash of the live parameters that nobody knows the password of. Too much being hashed
///    already: refused.
/// 5. Anything but the right password of an account in use: refused, always with the same words.
///    Where the account is [migrating](Account::migrating), the other system is asked now.
/// 6. Where the hash was not made as new ones are, it is replaced, if it is still the same: another pepper takes no further
///    computation, other parameters take one. That can be noticed only by who knows the password; whatever goes
///    wrong in it is left for the next login.
///
/// Dropping the future at any point leaves nothing half done: an attempt stays charged, a computation that runs ends by itself, and
/// the stored hash is the old or the new one of the same password.
pub struct Authenticator<A, L> {
    inner: Arc<Inner<A, L>>,
    migration: Option<Arc<dyn AnyMigration>>,
}

#[derive(Debug)]
struct Inner<A, L> {
    accounts: A,
    limiter: L,
    passwords: Passwords,
    accounts_health: ControlHealth,
    limiter_health: ControlHealth,
    migration_health: ControlHealth,
}

impl<A, L> Clone for Authenticator<A, L> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            migration: self.migration.clone(),
        }
    }
}

impl<A: Accounts, L: LoginLimiter> Authenticator<A, L> {
    /// A funnel to these accounts. Events go to the recorder of `passwords`, and its clock tells when somebody signed in.
    #[must_use]
    pub fn new(accounts: A, limiter: L, passwords: Passwords) -> Self {
        let inner = Inner {
            accounts,
            limiter,
            passwords,
            accounts_health: ControlHealth::new("accounts"),
            limiter_health: ControlHealth::new("login limiter"),
            migration_health: ControlHealth::new("password migration"),
        };
        Self {
            inner: Arc::new(inner),
            migration: None,
        }
    }

    /// Asks another system for the passwords of accounts that are still [migrating](Account::migrating). Without it, nobody gets in to them.
    #[must_use]
    pub fn with_migration(mut self, migration: impl Migration) -> Self {
        self.migration = Some(Arc::new(migration));
        self
    }

    /// Signs somebody in.
    ///
    /// # Errors
    /// [`LoginRefused`], see the steps [above](Self).
    ///
    /// # Security
    /// The time of a refusal tells nothing about the account, as long as every stored hash has the live parameters. After
    /// these were changed, accounts that have not signed in since take as long as their old ones do.
    pub async fn authenticate(
        &self,
        identifier: &str,
        password: Secret<String>,
        client: ClientAddr,
    ) -> Result<Authenticated, LoginRefused> {
        let identifier = Identifier::parse(identifier).ok();
        self.charge(identifier.as_ref(), client).await?;
        let account = self.find(identifier.as_ref(), client).await?;
        let result = self.verify(account.as_ref(), identifier.as_ref(), password).await;
        self.record(account.as_ref(), client, result.as_ref().err());
        result
    }

    /// Step 2.
    async fn charge(&self, identifier: Option<&Identifier>, client: ClientAddr) -> Result<(), LoginRefused> {
        // The client first: a client that has no room left cannot use up that of an account.
        self.charge_bucket(LoginBucket::Client(client.network()), client)
            .await?;
        match identifier {
            Some(identifier) => self.charge_bucket(LoginBucket::Account(identifier), client).await,
            None => Ok(()),
        }
    }

    async fn charge_bucket(&self, bucket: LoginBucket<'_>, client: ClientAddr) -> Result<(), LoginRefused> {
        let charged = self.inner.limiter.charge(bucket, client).await;
        match self.store_answer(&self.inner.limiter_health, charged, client)? {
            LoginCharge::Allowed => Ok(()),
            LoginCharge::Refused { retry_after } => {
                let event = Event::new(SecurityEvent::AuthnLoginFailMax);
                self.recorder()
                    .record(&event.with_rule(bucket.name()).with_client(client));
                Err(LoginRefused::limited(retry_after))
            }
        }
    }

    /// Step 3.
    async fn find(
        &self,
        identifier: Option<&Identifier>,
        client: ClientAddr,
    ) -> Result<Option<Account>, LoginRefused> {
        let Some(identifier) = identifier else {
            return Ok(None);
        };
        let found = self.inner.accounts.find(identifier).await;
        self.store_answer(&self.inner.accounts_health, found, client)
    }

    /// Steps 4 to 6.
    async fn verify(
        &self,
        account: Option<&Account>,
        identifier: Option<&Identifier>,
        password: Secret<String>,
    ) -> Result<Authenticated, LoginRefused> {
        let (hash, sent) = (account.and_then(Account::usable), password.clone());
        let password = normalised(password);
        let again = password.clone();
        let checked = self.inner.passwords.check(hash, password).await;
        let migrating = account.filter(|account| account.is_migrating()).zip(identifier);
        if let (Err(error), Some((account, identifier)), Some(password)) = (&checked, migrating, &again)
            && error.kind() == PasswordErrorKind::Mismatch
        {
            return self.migrate(account, identifier, (&sent, password)).await;
        }
        let checked = checked?;
        // Without an account the computation is always in vain, so this refuses nobody that the line above lets through.
        let account = account.ok_or(LoginRefused::CREDENTIALS)?;
        let authenticated = Authenticated::new(account, checked.verified, self.inner.passwords.now());
        if let (Some(old), Some(password)) = (hash, again) {
            self.upgrade(account, old, (checked.upgrade, password)).await;
        }
        Ok(authenticated)
    }

    /// Step 5 for an account whose password another system has, with the password as it was sent and in NFC.
    async fn migrate(
        &self,
        account: &Account,
        identifier: &Identifier,
        (sent, password): (&Secret<String>, &Secret<String>),
    ) -> Result<Authenticated, LoginRefused> {
        let migration = self.migration.as_ref().ok_or(LoginRefused::CREDENTIALS)?;
        let verified = migration.verify(identifier, sent).await;
        self.watch(&self.inner.migration_health, &verified);
        // An answer of its own would tell which accounts are migrating.
        if !verified.unwrap_or(false) {
            return Err(LoginRefused::CREDENTIALS);
        }
        let (verified, at) = (PasswordVerified::elsewhere(), self.inner.passwords.now());
        let authenticated = Authenticated::new(account, verified, at);
        if let Ok(new) = self.inner.passwords.hash_normalised(password.clone()).await {
            let adopted = migration.adopt(account.principal.subject(), &new).await;
            self.watch(&self.inner.accounts_health, &adopted);
        }
        Ok(authenticated)
    }

    /// Step 6. What goes wrong here is left for the next login; only a store that fails is told.
    async fn upgrade(
        &self,
        account: &Account,
        old: &PasswordHash,
        (to, password): (Upgrade, Secret<String>),
    ) {
        let new = match to {
            Upgrade::None => return,
            Upgrade::Rehash => self.inner.passwords.hash_normalised(password).await.ok(),
            Upgrade::Wrapped(new) => Some(new),
        };
        let Some(new) = new else {
            return;
        };
        let replaced = self
            .inner
            .accounts
            .replace_hash(account.principal.subject(), old, &new)
            .await;
        self.watch(&self.inner.accounts_health, &replaced);
    }

    fn record(&self, account: Option<&Account>, client: ClientAddr, refused: Option<&LoginRefused>) {
        let event = match refused.map(LoginRefused::kind) {
            None => Event::new(SecurityEvent::AuthnLoginSuccess),
            Some(kind) => Event::new(SecurityEvent::AuthnLoginFail).with_reason(reason(kind, account)),
        };
        let event = event.with_client(client);
        self.recorder().record(&match account {
            Some(account) => event.with_subject(account.principal.subject()),
            None => event,
        });
    }

    /// What a store answered. Where it did not, the attempt has failed.
    fn store_answer<T>(
        &self,
        health: &ControlHealth,
        answer: Result<T, StoreError>,
        client: ClientAddr,
    ) -> Result<T, LoginRefused> {
        self.watch(health, &answer);
        answer.map_err(|_| {
            self.record(None, client, Some(&LoginRefused::STORE_DOWN));
            LoginRefused::STORE_DOWN
        })
    }

    /// Tells where a store's health changes.
    fn watch<T>(&self, health: &ControlHealth, answer: &Result<T, StoreError>) {
        match answer {
            Ok(_) => health.works(self.recorder()),
            Err(error) => health.failed(self.recorder(), error.kind().reason()),
        }
    }

    fn recorder(&self) -> &Recorder {
        self.inner.passwords.recorder()
    }
}

impl<A: fmt::Debug, L: fmt::Debug> fmt::Debug for Authenticator<A, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator")
            .field("inner", &self.inner)
            .field("migration", &self.migration.is_some())
            .finish()
    }
}

/// The reason in the event, which the operator may know and the client may not.
fn reason(kind: LoginRefusedKind, account: Option<&Account>) -> &'static str {
    match kind {
        LoginRefusedKind::Credentials if account.is_some_and(|account| account.disabled) => {
            "account_disabled"
        }
        LoginRefusedKind::Credentials => "credentials",
        LoginRefusedKind::Overloaded => "overloaded",
        LoginRefusedKind::StoreDown => "store_down",
        LoginRefusedKind::Internal | LoginRefusedKind::Limited => "internal",
    }
}

#[cfg(test)]
mod tests;
