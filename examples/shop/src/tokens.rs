//! Access and refresh tokens, for programs.
use std::sync::Arc;
use std::time::Duration;

use palisade::auth::{
    AccessTokens, DeviceLabel, Either, Grant, Issuer, ListedFamily, RefreshLifetimes, RefreshRefused,
    RefreshTokens, Refreshed, Revocations, SharedRevocations, SigningKey, SigningKeys, TokenProfile,
};
use palisade::core::{
    ConfigError, KeyId, KeyRing, Principal, PrincipalKind, Purpose, Recorder, RootSecret, Secret, StoreError,
    Subject, TokenRef,
};
use palisade::redis::Redis;

use crate::limits;
use crate::problem::Problem;
use crate::stores::RefreshStore;

/// What makes refresh tokens.
const REFRESH: Purpose = Purpose::new("shop refresh tokens");
/// Whom access tokens are for.
const AUDIENCE: &str = "palisade-shop";
/// The id of the one key. A shop that rotates its keys keeps their ids and times where all its processes read them.
const KEY: &str = "1";

/// The tokens of the shop. Clones share keys, store and revocations.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    keys: SigningKeys,
    issuer: Issuer,
    access: AccessTokens<SigningKeys>,
    refresh: RefreshTokens<RefreshStore>,
    revocations: Revocations,
    shared: Option<Arc<SharedRevocations>>,
}

impl Tokens {
    /// Tokens of the issuer of that name, under keys of `secret`: the same in every process that has it.
    pub(crate) fn new(
        issuer: &str,
        secret: &RootSecret,
        store: RefreshStore,
        recorder: &Recorder,
    ) -> Result<Self, ConfigError> {
        let id = KeyId::parse(KEY)?;
        let keys = SigningKeys::new(id.clone(), SigningKey::ed25519(secret)?)?;
        let revocations = Revocations::new(limits::REVOCATIONS)?;
        if matches!(store, Either::Left(_)) {
            // No family is left from before this process began, and what was revoked then it cannot know.
            revocations.revoke_all();
        }
        let refresh = RefreshTokens::new(store, KeyRing::new(REFRESH, id, secret));
        Ok(Self {
            issuer: Issuer::new(issuer, AUDIENCE, keys.clone())?.with_lifetime(limits::ACCESS_TOKEN)?,
            access: AccessTokens::new(TokenProfile::first_party(issuer, AUDIENCE)?, keys.clone())
                .with_revocations(&revocations)?,
            refresh: refresh
                .with_revocations(&revocations)
                .with_recorder(recorder.clone()),
            keys,
            revocations,
            shared: None,
        })
    }

    /// The same tokens, with their revocations shared by all processes that have this Redis: they learn what each of them revokes
    /// within two seconds, and what was revoked before they started.
    pub(crate) async fn shared(mut self, redis: Redis, recorder: &Recorder) -> Result<Self, StoreError> {
        let shared = SharedRevocations::begin(&self.revocations, redis, recorder.clone()).await?;
        self.shared = Some(Arc::new(shared));
        Ok(self)
    }

    /// What verifies access tokens.
    pub(crate) fn access(&self) -> AccessTokens<SigningKeys> {
        self.access.clone()
    }

    /// The public keys, as a JWK Set.
    pub(crate) fn published(&self) -> String {
        self.keys.jwk_set()
    }

    /// Begins a family for somebody who has just signed in. What is not known to be a customer stays as short as staff.
    pub(crate) async fn begin(
        &self,
        principal: &Principal,
        device: &str,
    ) -> Result<(Secret<String>, TokenRef), RefreshRefused> {
        let lifetimes = match principal.kind() {
            PrincipalKind::Customer => RefreshLifetimes::customer(),
            PrincipalKind::Staff | PrincipalKind::Service | _ => RefreshLifetimes::staff(),
        };
        let refresh = self.refresh.clone().with_lifetimes(lifetimes);
        let begun = refresh.begin(principal, DeviceLabel::new(device)).await?;
        Ok((begun.token().clone(), begun.family()))
    }

    /// Takes a refresh token. A token that was used before ends its family, and everything issued from it.
    pub(crate) async fn refresh(&self, token: &Secret<String>) -> Result<Refreshed, RefreshRefused> {
        self.refresh.refresh(token.expose().as_bytes()).await
    }

    /// An access token, and how long it is good.
    pub(crate) fn issue(
        &self,
        principal: &Principal,
        family: TokenRef,
    ) -> Result<(Secret<String>, Duration), Problem> {
        let issued = self.issuer.issue(&Grant::new(principal).with_session(family));
        let issued = issued.inspect_err(|error| tracing::error!(%error, "a request failed"));
        // No key, no random bytes, or an account that no token can hold: nothing that a client could do about.
        let issued = issued.map_err(|_| Problem::INTERNAL)?;
        Ok((issued.token().clone(), issued.lifetime()))
    }

    /// The account's families.
    pub(crate) async fn list(&self, subject: &Subject) -> Result<Vec<ListedFamily>, RefreshRefused> {
        self.refresh.list(subject).await
    }

    /// Ends one family of the account, and the access tokens from it; `false` where it has none of that name.
    pub(crate) async fn end(&self, subject: &Subject, family: TokenRef) -> Result<bool, RefreshRefused> {
        let ended = self.refresh.end_one(subject, family).await?;
        self.tell().await;
        Ok(ended)
    }

    /// Voids every token of the account that was issued until now.
    pub(crate) async fn end_all(&self, subject: &Subject) -> Result<(), RefreshRefused> {
        self.revocations.revoke_subject(subject);
        self.refresh.end_all(subject, None).await?;
        self.tell().await;
        Ok(())
    }

    /// Tells the other processes now. Where that fails, what waits is told in the next round.
    async fn tell(&self) {
        if let Some(shared) = &self.shared {
            drop(shared.sync().await);
        }
    }
}
