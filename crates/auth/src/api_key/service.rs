//! Issues and verifies API keys.
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use palisade_core::{
    Clock, ConfigError, Head, Principal, PrincipalKind, RandomError, Subject, TokenHash, TokenRef,
};

use super::text::Prefix;
use super::{ApiKey, ApiKeyStore, IssuedApiKey};
use crate::bearer::TokenVerifier;
use crate::time::AnyClock;
use crate::{TokenRefused, TokenRefusedKind};

/// The longest life of a key.
const MAX_LIFETIME: Duration = Duration::from_secs(366 * 24 * 3600);

/// API keys over the application's store. Clones share it.
///
/// A key acts as a service within its scopes, and ends. It is looked up by its hash at every request, so that one that was
/// deleted is refused at once.
///
/// ```
/// use std::{collections::HashMap, sync::Mutex, time::Duration};
/// use palisade_auth::{ApiKey, ApiKeyStore, ApiKeys};
/// use palisade_core::{StoreError, Subject, TokenHash};
///
/// #[derive(Default)]
/// struct Table(Mutex<HashMap<TokenHash, ApiKey>>);
/// impl ApiKeyStore for Table {
///     async fn find(&self, hash: &TokenHash) -> Result<Option<ApiKey>, StoreError> {
///         Ok(self.0.lock().unwrap().get(hash).cloned())
///     }
/// }
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let keys = ApiKeys::new("shop_live", Table::default())?;
/// let month = Duration::from_secs(30 * 24 * 3600);
/// let issued = keys.issue(Subject::new("warehouse")?, ["stock:write"], month)?;
/// keys.store().0.lock().unwrap().insert(issued.hash(), issued.record().clone());
///
/// let verified = keys.verify(issued.text().expose().as_bytes()).await?;
/// assert!(verified.principal().has_scope("stock:write"));
/// assert!(keys.verify(b"shop_live_guessed").await.is_err());
/// # Ok(()) }
/// ```
pub struct ApiKeys<S>(Arc<Shared<S>>);

struct Shared<S> {
    prefix: Prefix,
    store: S,
    clock: AnyClock,
}

impl<S: ApiKeyStore> ApiKeys<S> {
    /// Keys that begin with `prefix`: 2 to 24 of `a-z 0-9 _`, such as `shop_live`.
    ///
    /// # Errors
    /// [`ConfigError`] for another prefix.
    pub fn new(prefix: &str, store: S) -> Result<Self, ConfigError> {
        Self::with_clock(prefix, store, palisade_core::SystemClock::new())
    }

    /// The same, by another clock.
    ///
    /// # Errors
    /// [`ConfigError`] for another prefix.
    pub fn with_clock(prefix: &str, store: S, clock: impl Clock) -> Result<Self, ConfigError> {
        Ok(Self(Arc::new(Shared {
            prefix: Prefix::parse(prefix)?,
            store,
            clock: AnyClock::new(clock),
        })))
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.0.store
    }

    /// Makes a key that acts as `subject` within `scopes`, and ends after at most 366 days.
    ///
    /// Who may have a key for whom is the application's to decide: take the subject from whoever is signed in, never from
    /// a request (CVE-2025-61928 was a subject in a request's body).
    ///
    /// # Errors
    /// [`ApiKeyError`] for no scope, no life or too long a one, or where there are no random bytes.
    pub fn issue<T: Into<Box<str>>>(
        &self,
        subject: Subject,
        scopes: impl IntoIterator<Item = T>,
        lifetime: Duration,
    ) -> Result<IssuedApiKey, ApiKeyError> {
        let expires = self.0.clock.now().saturating_add(lifetime);
        let record = ApiKey::new(subject, scopes, expires);
        if record.scopes.is_empty() || lifetime.is_zero() || lifetime > MAX_LIFETIME {
            return Err(ApiKeyError::Bounds);
        }
        let (text, hash) = self.0.prefix.generate()?;
        Ok(IssuedApiKey { text, hash, record })
    }

    /// Verifies a key.
    ///
    /// # Errors
    /// [`TokenRefused`]: it is no key of ours, it is not in the store, its time has passed, or the store does not answer.
    pub async fn verify(&self, text: &[u8]) -> Result<VerifiedApiKey, TokenRefused> {
        self.0.look_up(self.0.prefix.read(text)).await
    }
}

impl<S: ApiKeyStore> Shared<S> {
    async fn look_up(&self, hash: Option<TokenHash>) -> Result<VerifiedApiKey, TokenRefused> {
        let hash = hash.ok_or(TokenRefusedKind::Malformed)?;
        let found = self
            .store
            .find(&hash)
            .await
            .map_err(|_| TokenRefusedKind::Unavailable)?;
        let key = found.ok_or(TokenRefusedKind::Unknown)?;
        if self.clock.now() >= key.expires {
            return Err(TokenRefusedKind::Expired.into());
        }
        let mut principal = Principal::new(key.subject, PrincipalKind::Service).with_scopes(key.scopes);
        if let Some(tenant) = key.tenant {
            principal = principal.with_tenant(tenant);
        }
        Ok(VerifiedApiKey {
            principal,
            reference: hash.reference(),
        })
    }
}

/// Why no key was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiKeyError {
    /// It has no scope, no life or a life of more than 366 days.
    #[error("an API key needs a scope, and a life of at most 366 days")]
    Bounds,
    /// There were no random bytes.
    #[error("the operating system gave no random bytes")]
    Random,
}

impl From<RandomError> for ApiKeyError {
    fn from(_: RandomError) -> Self {
        Self::Random
    }
}

/// The proof that an API key was verified. Only [`ApiKeys`] makes one.
#[derive(Clone, Debug)]
pub struct VerifiedApiKey {
    principal: Principal,
    reference: TokenRef,
}

impl VerifiedApiKey {
    /// Whom it acts as.
    #[must_use]
    pub const fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The key's name in lists and logs.
    #[must_use]
    pub const fn reference(&self) -> TokenRef {
        self.reference
    }
}

/// The verification of a request's API key.
#[must_use = "futures do nothing unless polled"]
pub struct ApiKeyVerifying(Pin<Box<dyn Future<Output = Result<VerifiedApiKey, TokenRefused>> + Send>>);

impl Future for ApiKeyVerifying {
    type Output = Result<VerifiedApiKey, TokenRefused>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for ApiKeyVerifying {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeyVerifying").finish_non_exhaustive()
    }
}

impl<S: ApiKeyStore> TokenVerifier for ApiKeys<S> {
    type Witness = VerifiedApiKey;
    type Verify = ApiKeyVerifying;

    fn verify(&self, _: &Head<'_>, token: &[u8]) -> Self::Verify {
        let (shared, hash) = (Arc::clone(&self.0), self.0.prefix.read(token));
        ApiKeyVerifying(Box::pin(async move { shared.look_up(hash).await }))
    }

    fn principal(witness: &Self::Witness) -> &Principal {
        witness.principal()
    }
}

impl<S> Clone for ApiKeys<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> fmt::Debug for ApiKeys<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeys")
            .field("prefix", &self.0.prefix)
            .finish_non_exhaustive()
    }
}
