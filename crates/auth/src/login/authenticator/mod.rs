//! The login funnel.
use std::sync::Arc;

use palisade_core::{ClientAddr, ControlHealth, Event, Recorder, Secret, SecurityEvent, StoreError};

use super::account::{Account, Accounts};
use super::authenticated::Authenticated;
use super::identifier::Identifier;
use super::limiter::{LoginBucket, LoginCharge, LoginLimiter};
use super::refused::{LoginRefused, LoginRefusedKind};
use crate::password::normalised;
use crate::{PasswordHash, Passwords};

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
/// 6. Where the hash was made with other parameters than the live ones, the password is hashed anew and the hash replaced, if it
///    is still the same. This second computation can be noticed only by who knows the password; whatever goes
///    wrong in it is left for the next login.
///
/// Dropping the future at any point leaves nothing half done: an attempt stays charged, a computation that runs ends by itself, and
/// the stored hash is the old or the new one of the same password.
#[derive(Debug)]
pub struct Authenticator<A, L>(Arc<Inner<A, L>>);

#[derive(Debug)]
struct Inner<A, L> {
    accounts: A,
    limiter: L,
    passwords: Passwords,
    accounts_health: ControlHealth,
    limiter_health: ControlHealth,
}

impl<A, L> Clone for Authenticator<A, L> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A: Accounts, L: LoginLimiter> Authenticator<A, L> {
    /// A funnel to these accounts. Events go to the recorder of `passwords`, and its clock tells when somebody signed in.
    #[must_use]
    pub fn new(accounts: A, limiter: L, passwords: Passwords) -> Self {
        Self(Arc::new(Inner {
            accounts,
            limiter,
            passwords,
            accounts_health: ControlHealth::new("accounts"),
            limiter_health: ControlHealth::new("login limiter"),
        }))
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
        let result = self.verify(account.as_ref(), password).await;
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
        let charged = self.0.limiter.charge(bucket, client).await;
        match self.store_answer(&self.0.limiter_health, charged, client)? {
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
        let found = self.0.accounts.find(identifier).await;
        self.store_answer(&self.0.accounts_health, found, client)
    }

    /// Steps 4 to 6.
    async fn verify(
        &self,
        account: Option<&Account>,
        password: Secret<String>,
    ) -> Result<Authenticated, LoginRefused> {
        let passwords = &self.0.passwords;
        let hash = account.and_then(Account::usable);
        let password = normalised(password);
        let outdated = hash.filter(|hash| passwords.needs_rehash(hash));
        let again = outdated.and(password.clone());
        let verified = passwords.verify_or_pretend(hash, password).await?;
        // Without an account the computation is always in vain, so this refuses nobody that the line above lets through.
        let account = account.ok_or(LoginRefused::CREDENTIALS)?;
        let authenticated = Authenticated::new(account, verified, passwords.now());
        if let (Some(old), Some(password)) = (outdated, again) {
            self.rehash(account, old, password).await;
        }
        Ok(authenticated)
    }

    /// Step 6. What goes wrong here is left for the next login; only a store that fails is told.
    async fn rehash(&self, account: &Account, old: &PasswordHash, password: Secret<String>) {
        let Ok(new) = self.0.passwords.hash_normalised(password).await else {
            return;
        };
        let replaced = self
            .0
            .accounts
            .replace_hash(account.principal.subject(), old, &new)
            .await;
        self.watch(&self.0.accounts_health, &replaced);
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
        self.0.passwords.recorder()
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
