//! Changing a password.
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{ClientAddr, ConfigError, ControlHealth, FactorKind, Principal, Secret};
use subtle::ConstantTimeEq;

use super::rules::refused;
use super::{Credential, Credentials, PasswordChanged, PasswordRenewal, RenewalRefused, RenewalRefusedKind};
use crate::password::normalised;
use crate::{AcceptPassword, LoginBucket, LoginCharge, LoginLimiter, PasswordPolicy, PasswordRefused};

/// How long ago somebody may have shown who they are.
const FRESH: Duration = Duration::from_secs(5 * 60);
const MAX_FRESH: Duration = Duration::from_secs(60 * 60);

/// Changes passwords: of somebody who is signed in, has shown it lately, and knows the current one (OWASP ASVS 5.0, 6.2.3 and 7.5.1).
///
/// The decision, in order:
/// 1. Who acts on behalf of somebody else is refused.
/// 2. A factor was verified within the last five minutes, and where there are two, the second one. Otherwise: refused, and the
///    application asks to sign in again.
/// 3. The attempt is charged to the client's network, then to the account: whoever got hold of a session cannot guess at
///    the password. The same limiter as that of the logins makes the guesses count together.
/// 4. The current password is verified; one computation, also where there is none to verify.
/// 5. The new one is not the current one, meets the policy, and is none of the former ones that the policy remembers.
/// 6. It is hashed, and stored if the hash is still the one that was verified.
///
/// Dropping the future at any point leaves the old password or the new one.
#[derive(Debug)]
pub struct PasswordChange<C, L, P = PasswordPolicy> {
    renewal: PasswordRenewal<C, P>,
    limiter: Arc<L>,
    limiter_health: Arc<ControlHealth>,
    fresh: Duration,
}

impl<C, L, P> Clone for PasswordChange<C, L, P> {
    fn clone(&self) -> Self {
        Self {
            renewal: self.renewal.clone(),
            limiter: Arc::clone(&self.limiter),
            limiter_health: Arc::clone(&self.limiter_health),
            fresh: self.fresh,
        }
    }
}

/// The two passwords of a change.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "there are two, and names keep them from being swapped"
)]
pub struct ChangeRequest {
    /// The password that is to go.
    pub current: Secret<String>,
    /// The password that is to come.
    pub new: Secret<String>,
}

impl<C: Credentials, L: LoginLimiter, P: AcceptPassword> PasswordChange<C, L, P> {
    /// Changes under these rules and limits.
    #[must_use]
    pub fn new(renewal: PasswordRenewal<C, P>, limiter: L) -> Self {
        Self {
            renewal,
            limiter: Arc::new(limiter),
            limiter_health: Arc::new(ControlHealth::new("password change limiter")),
            fresh: FRESH,
        }
    }

    /// Asks that a factor was verified within that time.
    ///
    /// # Errors
    /// [`ConfigError`] for no time, or more than an hour.
    pub fn with_freshness(mut self, within: Duration) -> Result<Self, ConfigError> {
        if within.is_zero() || within > MAX_FRESH {
            let problem =
                format!("{within:?} was given; more than nothing and at most {MAX_FRESH:?} is allowed");
            return Err(ConfigError::new("password change freshness", problem));
        }
        self.fresh = within;
        Ok(self)
    }

    /// Changes the password of whoever is signed in.
    ///
    /// # Errors
    /// [`RenewalRefused`], see the steps [above](Self).
    pub async fn change(
        &self,
        principal: &Principal,
        request: ChangeRequest,
        client: ClientAddr,
    ) -> Result<PasswordChanged, RenewalRefused> {
        let result = self.decide(principal, request, client).await;
        let who = (Some(principal.subject()), client);
        self.renewal.record(&result, who, "change");
        result
    }

    async fn decide(
        &self,
        principal: &Principal,
        request: ChangeRequest,
        client: ClientAddr,
    ) -> Result<PasswordChanged, RenewalRefused> {
        self.admit(principal)?;
        self.charge(LoginBucket::Client(client.network()), client).await?;
        let credential = self.renewal.credentials().by_subject(principal.subject()).await;
        let credential = self.renewal.answer(credential)?;
        if let Some(credential) = &credential {
            self.charge(LoginBucket::Account(&credential.identifier), client)
                .await?;
        }
        let same = is_same(&request);
        let credential = self.verify(credential, request.current).await?;
        if same {
            return Err(refused(PasswordRefused::Reused));
        }
        let new = self.renewal.hash(&credential, request.new).await?;
        self.renewal.replace(&credential, &new).await
    }

    /// Whether somebody may try, by steps 1 and 2: to be asked before the form is shown, so that nobody fills it in for nothing.
    ///
    /// # Errors
    /// [`RenewalRefused`] of kind [`OnBehalf`](RenewalRefusedKind::OnBehalf) or [`Stale`](RenewalRefusedKind::Stale).
    pub fn admit(&self, principal: &Principal) -> Result<(), RenewalRefused> {
        if principal.actor().is_some() {
            return Err(RenewalRefused::new(RenewalRefusedKind::OnBehalf));
        }
        let now = self.renewal.passwords().now();
        let second = |kind| kind != FactorKind::Knowledge;
        let has_second = principal.factors().any(|(factor, _)| second(factor.kind()));
        let is_fresh = principal.factors().any(|(factor, _)| {
            let counts = !has_second || second(factor.kind());
            counts && principal.verified_within(factor, self.fresh, now)
        });
        if is_fresh {
            Ok(())
        } else {
            Err(RenewalRefused::new(RenewalRefusedKind::Stale))
        }
    }

    /// Step 3.
    async fn charge(&self, bucket: LoginBucket<'_>, client: ClientAddr) -> Result<(), RenewalRefused> {
        let charged = self.limiter.charge(bucket, client).await;
        match self.renewal.watch(&self.limiter_health, charged)? {
            LoginCharge::Allowed => Ok(()),
            LoginCharge::Refused { retry_after } => Err(RenewalRefused::limited(retry_after)),
        }
    }

    /// Step 4.
    async fn verify(
        &self,
        credential: Option<Credential>,
        current: Secret<String>,
    ) -> Result<Credential, RenewalRefused> {
        let usable = credential.as_ref().filter(|credential| !credential.disabled);
        let hash = usable.and_then(|credential| credential.hash.as_ref());
        let checked = self.renewal.passwords().check(hash, normalised(current)).await;
        drop(checked?);
        credential.ok_or(RenewalRefused::new(RenewalRefusedKind::WrongPassword))
    }
}

/// Whether both are one password, also in two spellings.
fn is_same(request: &ChangeRequest) -> bool {
    let (current, new) = (
        normalised(request.current.clone()),
        normalised(request.new.clone()),
    );
    let same = current.zip(new).map(|(current, new)| {
        let (current, new) = (current.expose().as_bytes(), new.expose().as_bytes());
        bool::from(current.ct_eq(new))
    });
    same.unwrap_or(false)
}

#[cfg(test)]
mod tests;
