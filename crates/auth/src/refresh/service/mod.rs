//! Begins, refreshes and ends families.
use std::fmt;
use std::sync::Arc;

use palisade_core::{
    Clock, ControlHealth, Event, KeyRing, Principal, Recorder, Secret, SecurityEvent, StoreError,
    StoredPrincipal, Subject, Timestamp, Token, TokenRef,
};

use super::RefreshRefusedKind as Kind;
use super::text::{NotIssued, RefreshText};
use super::{
    Advanced, DeviceLabel, Family, FamilyToken, ListedFamily, NewFamily, OwnerId, RefreshLifetimes,
    RefreshRefused, RefreshStore,
};
use crate::Revocations;
use crate::revocation::Presented;
use crate::time::AnyClock;

/// Refresh tokens over a store. Clones share it.
///
/// What a refresh does in which order is the numbered list in the [crate docs](crate).
///
/// ```
/// use palisade_auth::{DeviceLabel, MemoryRefreshStore, RefreshRefusedKind, RefreshTokens};
/// use palisade_core::{KeyId, KeyRing, Principal, PrincipalKind, Purpose, RootSecret, Subject};
/// const REFRESH: Purpose = Purpose::new("shop refresh tokens");
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let ring = KeyRing::new(REFRESH, KeyId::parse("2026-11")?, &RootSecret::generate()?);
/// let tokens = RefreshTokens::new(MemoryRefreshStore::new(), ring);
///
/// let ada = Principal::new(Subject::new("42")?, PrincipalKind::Customer);
/// let begun = tokens.begin(&ada, DeviceLabel::new("Firefox")).await?;
/// let first = tokens.refresh(begun.token().expose().as_bytes()).await?;
/// assert_eq!(first.principal(), &ada);
/// let second = tokens.refresh(first.token().expose().as_bytes()).await?;
///
/// // Logged out everywhere: nothing of the family is good any more.
/// tokens.end_all(ada.subject(), None).await?;
/// let gone = tokens.refresh(second.token().expose().as_bytes()).await.unwrap_err();
/// assert_eq!(gone.kind(), RefreshRefusedKind::Gone);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct RefreshTokens<S> {
    store: S,
    shared: Arc<Shared>,
}

#[derive(Clone)]
struct Shared {
    keys: KeyRing,
    lifetimes: RefreshLifetimes,
    revocations: Option<Revocations>,
    recorder: Recorder,
    health: Arc<ControlHealth>,
    clock: AnyClock,
}

impl<S: RefreshStore> RefreshTokens<S> {
    /// Refresh tokens in `store`, made under `keys`, with the lifetimes of [`RefreshLifetimes::customer`].
    ///
    /// A key that is declared compromised voids every token made under it, and their holders sign in again.
    pub fn new(store: S, keys: KeyRing) -> Self {
        let shared = Shared {
            keys,
            lifetimes: RefreshLifetimes::customer(),
            revocations: None,
            recorder: Recorder::default(),
            health: Arc::new(ControlHealth::new("refresh tokens")),
            clock: AnyClock::default(),
        };
        Self {
            store,
            shared: Arc::new(shared),
        }
    }

    /// Gives new families other lifetimes, and all of them that grace.
    #[must_use]
    pub fn with_lifetimes(self, lifetimes: RefreshLifetimes) -> Self {
        self.change(|shared| shared.lifetimes = lifetimes)
    }

    /// Refuses families that began before a revocation, and revokes the access tokens of a family in which a token was used
    /// twice, and of families that are ended here.
    #[must_use]
    pub fn with_revocations(self, revocations: &Revocations) -> Self {
        self.change(|shared| shared.revocations = Some(revocations.clone()))
    }

    /// Tells `recorder` what happens.
    #[must_use]
    pub fn with_recorder(self, recorder: Recorder) -> Self {
        self.change(|shared| shared.recorder = recorder)
    }

    /// Looks by another clock which key signs. The times of families are the store's.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock) -> Self {
        self.change(|shared| shared.clock = AnyClock::new(clock))
    }

    /// Begins a family for somebody who has just signed in.
    ///
    /// # Errors
    /// [`RefreshRefused`]: the store is down or full, no key signs, or there are no random bytes.
    pub async fn begin(&self, principal: &Principal, device: DeviceLabel) -> Result<Begun, RefreshRefused> {
        let owner = OwnerId::of(principal.subject());
        let family = Token::generate().map_err(|_| Kind::Internal)?;
        let text = RefreshText::new(owner, family, 0);
        let token = self.write(&text)?;
        let new = NewFamily {
            id: text.family(),
            device,
            lifetimes: self.shared.lifetimes,
            principal: stored(principal)?,
        };
        let reference = new.reference();
        self.answered(self.store.create(owner, new).await)?;
        let event = Event::new(SecurityEvent::AuthnTokenCreated);
        self.record(event.with_principal(principal).with_session(reference));
        Ok(Begun {
            token,
            family: reference,
        })
    }

    /// Takes a refresh token, and gives its successor with the principal that signed in.
    ///
    /// Read the account's roles and state again before issuing an access token: both may have changed since.
    ///
    /// # Errors
    /// [`RefreshRefused`]: the token is not one of ours, its family is gone or was revoked, it was used before, or the store
    /// does not answer.
    pub async fn refresh(&self, token: &[u8]) -> Result<Refreshed, RefreshRefused> {
        let text = self.read(token)?;
        let (owner, id) = (text.owner(), text.family());
        let (used, reference) = (FamilyToken::new(id, text.counter()), id.reference());
        let grace = self.shared.lifetimes.grace();
        let advanced = self.store.advance(owner, used, grace).await;
        let (token, fresh, family) = match self.answered(advanced)? {
            Advanced::Gone => return Err(self.refused(Kind::Gone, reference)),
            Advanced::Reused(family) => return Err(self.reused(&family, reference)),
            Advanced::Successor { token, fresh, family } => (token, fresh, family),
        };
        let principal = principal(&family).ok_or(Kind::Internal)?;
        if self.is_revoked(&principal, &family, reference) {
            self.answered(self.store.end(owner, reference).await)?;
            return Err(self.refused(Kind::Revoked, reference));
        }
        Ok(Refreshed {
            token: self.write(&text.with_counter(token))?,
            principal,
            family: reference,
            fresh,
        })
    }

    /// Ends the family of a token: somebody signs out. `false` where there was none any more.
    ///
    /// # Errors
    /// [`RefreshRefused`]: the token is not one of ours, or the store does not answer.
    pub async fn end(&self, token: &[u8]) -> Result<bool, RefreshRefused> {
        let text = self.read(token)?;
        self.end_of(text.owner(), text.family().reference()).await
    }

    /// The account's families, the last used first.
    ///
    /// # Errors
    /// [`RefreshRefused`] where the store does not answer.
    pub async fn list(&self, subject: &Subject) -> Result<Vec<ListedFamily>, RefreshRefused> {
        self.answered(self.store.list(OwnerId::of(subject)).await)
    }

    /// Ends the account's family of that name; `false` where it has none.
    ///
    /// # Errors
    /// [`RefreshRefused`] where the store does not answer.
    pub async fn end_one(&self, subject: &Subject, family: TokenRef) -> Result<bool, RefreshRefused> {
        self.end_of(OwnerId::of(subject), family).await
    }

    /// Ends all families of the account, except the one to keep, and tells how many.
    ///
    /// # Errors
    /// [`RefreshRefused`] where the store does not answer.
    pub async fn end_all(&self, subject: &Subject, keep: Option<TokenRef>) -> Result<usize, RefreshRefused> {
        let owner = OwnerId::of(subject);
        // First, while they can be named: a refresh that is under way gives an access token that is void.
        if self.shared.revocations.is_some() {
            for family in self.answered(self.store.list(owner).await)? {
                if Some(family.reference()) != keep {
                    self.revoke(family.reference());
                }
            }
        }
        let ended = self.answered(self.store.end_all(owner, keep).await)?;
        self.record(Event::new(SecurityEvent::AuthnTokenRevoked).with_subject(subject));
        Ok(ended)
    }

    async fn end_of(&self, owner: OwnerId, family: TokenRef) -> Result<bool, RefreshRefused> {
        let ended = self.answered(self.store.end(owner, family).await)?;
        if ended {
            self.revoke(family);
            self.record(Event::new(SecurityEvent::AuthnTokenRevoked).with_session(family));
        }
        Ok(ended)
    }

    fn change(mut self, change: impl FnOnce(&mut Shared)) -> Self {
        change(Arc::make_mut(&mut self.shared));
        self
    }
}

impl<S> RefreshTokens<S> {
    fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    fn write(&self, text: &RefreshText) -> Result<Secret<String>, RefreshRefused> {
        let written = text.write(&self.shared.keys, self.now());
        written.ok_or_else(|| Kind::Internal.into())
    }

    fn read(&self, token: &[u8]) -> Result<RefreshText, RefreshRefused> {
        RefreshText::read(token, &self.shared.keys, self.now()).map_err(|why| {
            let kind = match why {
                NotIssued::Malformed => Kind::Malformed,
                NotIssued::UnknownKey | NotIssued::Forged => Kind::Forged,
            };
            self.record(Event::new(SecurityEvent::AuthnTokenFail).with_reason(kind.reason()));
            kind.into()
        })
    }

    /// What a store answered, with its health told.
    fn answered<T>(&self, answer: Result<T, StoreError>) -> Result<T, RefreshRefused> {
        let Shared { health, recorder, .. } = &*self.shared;
        match answer {
            Ok(answer) => {
                health.works(recorder);
                Ok(answer)
            }
            Err(error) => {
                health.failed(recorder, error.kind().reason());
                Err(Kind::StoreDown.into())
            }
        }
    }

    fn refused(&self, kind: Kind, family: TokenRef) -> RefreshRefused {
        let event = Event::new(SecurityEvent::AuthnTokenFail);
        self.record(event.with_session(family).with_reason(kind.reason()));
        kind.into()
    }

    /// The family has been ended; its access tokens go with it.
    fn reused(&self, family: &Family, reference: TokenRef) -> RefreshRefused {
        self.revoke(reference);
        let event = Event::new(SecurityEvent::AuthnTokenReuse).with_session(reference);
        match principal(family) {
            Some(principal) => self.record(event.with_principal(&principal)),
            None => self.record(event),
        }
        Kind::Reused.into()
    }

    fn revoke(&self, family: TokenRef) {
        if let Some(revocations) = &self.shared.revocations {
            revocations.revoke_session(&family.to_string());
        }
    }

    fn is_revoked(&self, principal: &Principal, family: &Family, reference: TokenRef) -> bool {
        let session = reference.to_string();
        let presented = Presented {
            principal,
            issued: family.created(),
            session: Some(&session),
            token: None,
        };
        let revocations = self.shared.revocations.as_ref();
        revocations.is_some_and(|revocations| revocations.voids(&presented))
    }

    fn record(&self, event: Event<'_>) {
        self.shared.recorder.record(&event);
    }
}

/// The principal as the store keeps it.
fn stored(principal: &Principal) -> Result<Box<[u8]>, RefreshRefused> {
    let json = serde_json::to_vec(&StoredPrincipal::from(principal));
    json.map(Into::into).map_err(|_| Kind::Internal.into())
}

fn principal(family: &Family) -> Option<Principal> {
    let stored: StoredPrincipal = serde_json::from_slice(&family.principal).ok()?;
    stored.into_principal()
}

impl<S> fmt::Debug for RefreshTokens<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshTokens")
            .field("lifetimes", &self.shared.lifetimes)
            .finish_non_exhaustive()
    }
}

/// A family that has begun.
#[derive(Debug)]
pub struct Begun {
    token: Secret<String>,
    family: TokenRef,
}

impl Begun {
    /// Its first token, for the holder.
    #[must_use]
    pub const fn token(&self) -> &Secret<String> {
        &self.token
    }

    /// Its name, which belongs into the access token as the session.
    #[must_use]
    pub const fn family(&self) -> TokenRef {
        self.family
    }
}

/// A token that was taken, and its successor.
#[derive(Debug)]
pub struct Refreshed {
    token: Secret<String>,
    principal: Principal,
    family: TokenRef,
    fresh: bool,
}

impl Refreshed {
    /// The successor, for the holder.
    #[must_use]
    pub const fn token(&self) -> &Secret<String> {
        &self.token
    }

    /// Who signed in, as they were then.
    #[must_use]
    pub const fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The family, which belongs into the access token as the session.
    #[must_use]
    pub const fn family(&self) -> TokenRef {
        self.family
    }

    /// Whether this use made the successor, or one a moment ago did.
    #[must_use]
    pub const fn is_fresh(&self) -> bool {
        self.fresh
    }
}
