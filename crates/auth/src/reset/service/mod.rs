//! Resetting a forgotten password by a link in a mail.
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{
    ClientAddr, ConfigError, ControlHealth, Event, Purpose, Secret, SecurityEvent, Subject, Token, TokenHash,
};

use super::{ResetMail, ResetRecord, ResetStore};
use crate::{
    AcceptPassword, Credential, Credentials, Identifier, LoginBucket, LoginCharge, LoginLimiter,
    PasswordChanged, PasswordPolicy, PasswordRenewal, RenewalRefused, RenewalRefusedKind,
};

const PURPOSE: Purpose = Purpose::new("reset");
const LIFETIME: Duration = Duration::from_secs(30 * 60);
const MIN_LIFETIME: Duration = Duration::from_secs(60);
/// NIST SP 800-63B-4 section 4.2.1.2: a recovery code sent by mail is good for 24 hours at most.
const MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Resets forgotten passwords by a token that is sent by mail: good once, for half an hour, and only as long as the password
/// is the one that was forgotten.
///
/// [`request`](Self::request), in order:
/// 1. The identifier is bounded and brought into its one spelling. One that cannot be is nobody's.
/// 2. The request is charged to the client's network, then to the account. Give it a limiter of its own, of a few an hour.
/// 3. The account is looked up.
/// 4. A token is made and the store is asked once: to keep its hash, or, where nobody is to get a mail, whether it has it.
///    The caller answers the same in both cases, and sends the mail later, from a queue.
///
/// [`redeem`](Self::redeem), in order:
/// 1. The token is looked up by its hash. It is not used up yet.
/// 2. The account is looked up; its hash must be the one that the token was issued for, and the account in use.
/// 3. The new password meets the policy, and is none of the former ones that the policy remembers. Then it is hashed.
/// 4. The token is taken, which succeeds once.
/// 5. The hash is stored if the old one is still there.
///
/// A weak new password does not use the token up. Nothing signs anybody in: the account's owner does, with the new password and the
/// second factor, which a mail does not replace (OWASP ASVS 5.0, 6.4.3). Every token that was issued before dies with
/// the change.
///
/// # Security
/// Whoever reads the mail has the account, but for its second factor. An account that must not be opened by mail is
/// [disabled](Credential::disabled) here.
#[derive(Debug)]
pub struct PasswordReset<C, S, L, P = PasswordPolicy> {
    renewal: PasswordRenewal<C, P>,
    shared: Arc<Shared<S, L>>,
    lifetime: Duration,
}

#[derive(Debug)]
struct Shared<S, L> {
    store: S,
    limiter: L,
    store_health: ControlHealth,
    limiter_health: ControlHealth,
}

impl<C, S, L, P> Clone for PasswordReset<C, S, L, P> {
    fn clone(&self) -> Self {
        Self {
            renewal: self.renewal.clone(),
            shared: Arc::clone(&self.shared),
            lifetime: self.lifetime,
        }
    }
}

impl<C: Credentials, S: ResetStore, L: LoginLimiter, P: AcceptPassword> PasswordReset<C, S, L, P> {
    /// Resets under these rules, with tokens in that store.
    #[must_use]
    pub fn new(renewal: PasswordRenewal<C, P>, store: S, limiter: L) -> Self {
        let shared = Shared {
            store,
            limiter,
            store_health: ControlHealth::new("reset tokens"),
            limiter_health: ControlHealth::new("reset limiter"),
        };
        Self {
            renewal,
            shared: Arc::new(shared),
            lifetime: LIFETIME,
        }
    }

    /// Lets tokens live for that long.
    ///
    /// # Errors
    /// [`ConfigError`] for less than a minute or more than a day.
    pub fn with_lifetime(mut self, lifetime: Duration) -> Result<Self, ConfigError> {
        if !(MIN_LIFETIME..=MAX_LIFETIME).contains(&lifetime) {
            let problem = format!("{lifetime:?} was given; {MIN_LIFETIME:?} to {MAX_LIFETIME:?} is allowed");
            return Err(ConfigError::new("reset token lifetime", problem));
        }
        self.lifetime = lifetime;
        Ok(self)
    }

    /// Issues a token to who says to have forgotten the password. `None` where there is no such account: answer as if there were.
    ///
    /// # Errors
    /// [`RenewalRefused`]: limited, or unavailable. It does not depend on whether there is an account.
    pub async fn request(
        &self,
        identifier: &str,
        client: ClientAddr,
    ) -> Result<Option<ResetMail>, RenewalRefused> {
        let identifier = Identifier::parse(identifier).ok();
        self.charge(LoginBucket::Client(client.network()), client).await?;
        let Some(identifier) = identifier else {
            return self.issue(None, client).await;
        };
        self.charge(LoginBucket::Account(&identifier), client).await?;
        let credential = self.renewal.credentials().by_identifier(&identifier).await;
        let credential = self.renewal.answer(credential)?;
        self.issue(credential.filter(|credential| !credential.disabled), client)
            .await
    }

    /// Step 4 of a request.
    async fn issue(
        &self,
        credential: Option<Credential>,
        client: ClientAddr,
    ) -> Result<Option<ResetMail>, RenewalRefused> {
        let token = Token::generate().map_err(|_| RenewalRefused::new(RenewalRefusedKind::Internal))?;
        let Some(credential) = credential else {
            self.find(token.hash(PURPOSE)).await?;
            return Ok(None);
        };
        let record = ResetRecord::new(credential.subject.clone(), credential.hash.as_ref());
        let kept = self
            .shared
            .store
            .put(token.hash(PURPOSE), record, self.lifetime)
            .await;
        self.renewal.watch(&self.shared.store_health, kept)?;
        let event = Event::new(SecurityEvent::AuthnPasswordResetIssued).with_client(client);
        self.renewal
            .recorder()
            .record(&event.with_subject(&credential.subject));
        Ok(Some(ResetMail {
            subject: credential.subject,
            identifier: credential.identifier,
            token: token.to_text(),
            lifetime: self.lifetime,
        }))
    }

    /// Whether a token is still good, for the page that asks for the new password. It does not use it up.
    ///
    /// # Errors
    /// [`RenewalRefused`]: no such token, or unavailable.
    pub async fn check(&self, token: &str) -> Result<(), RenewalRefused> {
        self.credential(&self.record(token).await?.1).await.map(drop)
    }

    /// Replaces the password by means of a token.
    ///
    /// # Errors
    /// [`RenewalRefused`], see the steps [above](Self).
    pub async fn redeem(
        &self,
        token: &str,
        new: Secret<String>,
        client: ClientAddr,
    ) -> Result<PasswordChanged, RenewalRefused> {
        let mut subject = None;
        let result = self.decide(token, new, &mut subject).await;
        self.renewal.record(&result, (subject.as_ref(), client), "reset");
        result
    }

    async fn decide(
        &self,
        token: &str,
        new: Secret<String>,
        subject: &mut Option<Subject>,
    ) -> Result<PasswordChanged, RenewalRefused> {
        let (token, record) = self.record(token).await?;
        *subject = Some(record.subject().clone());
        let credential = self.credential(&record).await?;
        let hash = self.renewal.hash(&credential, new).await?;
        let kept = self.shared.store.take(token).await;
        let kept = self.renewal.watch(&self.shared.store_health, kept)?;
        kept.filter(|kept| *kept == record).ok_or(INVALID)?;
        self.renewal.replace(&credential, &hash).await
    }

    /// Step 1 of a redemption.
    async fn record(&self, token: &str) -> Result<(TokenHash, ResetRecord), RenewalRefused> {
        let token = Token::parse(token.as_bytes()).map_err(|_| INVALID)?.hash(PURPOSE);
        Ok((token, self.find(token).await?.ok_or(INVALID)?))
    }

    /// Step 2 of a redemption.
    async fn credential(&self, record: &ResetRecord) -> Result<Credential, RenewalRefused> {
        let credential = self.renewal.credentials().by_subject(record.subject()).await;
        let credential = self.renewal.answer(credential)?;
        let valid =
            |credential: &Credential| !credential.disabled && record.is_bound_to(credential.hash.as_ref());
        credential.filter(valid).ok_or(INVALID)
    }

    async fn find(&self, token: TokenHash) -> Result<Option<ResetRecord>, RenewalRefused> {
        let found = self.shared.store.find(token).await;
        self.renewal.watch(&self.shared.store_health, found)
    }

    async fn charge(&self, bucket: LoginBucket<'_>, client: ClientAddr) -> Result<(), RenewalRefused> {
        let charged = self.shared.limiter.charge(bucket, client).await;
        match self.renewal.watch(&self.shared.limiter_health, charged)? {
            LoginCharge::Allowed => Ok(()),
            LoginCharge::Refused { retry_after } => Err(RenewalRefused::limited(retry_after)),
        }
    }
}

const INVALID: RenewalRefused = RenewalRefused::new(RenewalRefusedKind::InvalidToken);

#[cfg(test)]
mod tests;
