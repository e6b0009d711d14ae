//! Verifies access tokens.
use std::fmt;
use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use palisade_core::{Clock, ConfigError, Timestamp};
use zeroize::Zeroizing;

use super::cache::Cache;
use super::claims::Claims;
use super::header::Header;
use super::headers::Headers;
use super::{Algorithm, Keys, SigningKeys, TokenProfile, VerifiedToken, VerifyingKey};
use crate::revocation::Presented;
use crate::time::AnyClock;
use crate::{Revocations, TokenRefused, TokenRefusedKind as Kind};

/// Tokens that the cache holds unless another number is given.
const CACHED: usize = 10_000;
/// The longest header, in bytes of JSON: names, a key id of 256 bytes and a few certificates' thumbprints.
const MAX_HEADER: usize = 1024;
/// The longest signature: RSA with 8192 bits.
const MAX_SIGNATURE: usize = 1024;

/// Verifies the access tokens of one profile. Clones share keys and cache.
///
/// What it does in which order is the numbered list in the [crate docs](crate).
///
/// ```
/// use palisade_auth::*;
/// use palisade_core::{KeyId, Principal, PrincipalKind, RootSecret, Subject};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let keys = SigningKeys::new(KeyId::parse("2026-11")?, SigningKey::ed25519(&RootSecret::generate()?)?)?;
/// let issuer = Issuer::new("https://shop.example", "shop-api", keys.clone())?;
/// let tokens = AccessTokens::new(TokenProfile::first_party("https://shop.example", "shop-api")?, keys);
///
/// let ada = Principal::new(Subject::new("42")?, PrincipalKind::Customer);
/// let issued = issuer.issue(&Grant::new(&ada))?;
/// let verified = tokens.verify_now(issued.token().expose().as_bytes())?;
/// assert_eq!(verified.principal(), &ada);
/// assert!(tokens.verify_now(b"eyJhbGciOiJub25lIn0.e30.").is_err());
/// # Ok(()) }
/// ```
pub struct AccessTokens<K>(Arc<Shared<K>>);

struct Shared<K> {
    profile: TokenProfile,
    keys: K,
    cache: Option<Cache>,
    headers: Headers,
    revocations: Option<Revocations>,
    clock: AnyClock,
}

impl<K: Keys> AccessTokens<K> {
    /// Verifies tokens of `profile` with `keys`. Nothing is revoked unless [`Revocations`] are given.
    pub fn new(profile: TokenProfile, keys: K) -> Self {
        Self(Arc::new(Shared {
            profile,
            keys,
            cache: NonZeroUsize::new(CACHED).map(Cache::new),
            headers: Headers::default(),
            revocations: None,
            clock: AnyClock::default(),
        }))
    }

    /// Lives by another clock.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock) -> Self {
        self.change(|shared| shared.clock = AnyClock::new(clock))
    }

    /// Keeps about so many verified tokens, instead of 10 000; none with `None`. Each takes the length of its text twice and
    /// some 500 bytes.
    #[must_use]
    pub fn with_cache(self, tokens: Option<NonZeroUsize>) -> Self {
        self.change(|shared| shared.cache = tokens.map(Cache::new))
    }

    /// Asks `revocations` at every verification.
    ///
    /// # Errors
    /// [`ConfigError`] where the profile takes tokens that live longer than revocations are remembered.
    pub fn with_revocations(self, revocations: &Revocations) -> Result<Self, ConfigError> {
        let (needed, given) = (self.0.profile.horizon(), revocations.horizon());
        if given < needed {
            let problem = format!("revocations are forgotten after {given:?}, tokens may live {needed:?}");
            return Err(ConfigError::new("revocation horizon", problem));
        }
        Ok(self.change(|shared| shared.revocations = Some(revocations.clone())))
    }

    /// Verifies a bearer token.
    ///
    /// A token that is bound to a key is refused here: without proof of that key, whoever stole it could use it.
    pub fn verify(&self, token: &[u8]) -> Verifying<K> {
        self.begin(token, None)
    }

    /// Verifies a token whose presenter has proved to have the key of that thumbprint. Tokens bound to another key, or to
    /// none, are refused.
    #[cfg(feature = "dpop")]
    pub(crate) fn verify_bound(&self, token: &[u8], thumbprint: Box<str>) -> Verifying<K> {
        self.begin(token, Some(thumbprint))
    }

    fn begin(&self, token: &[u8], proven: Option<Box<str>>) -> Verifying<K> {
        let state = match self.0.at_hand(token) {
            Ok(verified) => State::Done(Some(Ok(verified))),
            Err(AtHand::Refused(kind)) => State::Done(Some(Err(kind))),
            Err(AtHand::UnknownKey(kid)) => State::Fetching {
                fetch: self.0.keys.fetch(&kid),
                token: Zeroizing::new(Box::from(token)),
            },
        };
        Verifying {
            tokens: self.clone(),
            proven,
            state,
        }
    }

    fn change(mut self, change: impl FnOnce(&mut Shared<K>)) -> Self {
        // It is configured before it is shared; a clone taken earlier keeps what it has.
        if Arc::get_mut(&mut self.0).is_none() {
            let shared = &self.0;
            self.0 = Arc::new(Shared {
                profile: shared.profile.clone(),
                keys: shared.keys.clone(),
                cache: shared.cache.as_ref().map(Cache::emptied),
                headers: Headers::default(),
                revocations: shared.revocations.clone(),
                clock: shared.clock.clone(),
            });
        }
        if let Some(shared) = Arc::get_mut(&mut self.0) {
            change(shared);
        }
        self
    }
}

impl AccessTokens<SigningKeys> {
    /// Verifies a bearer token of our own issuer at once, since there is nobody to ask for keys.
    ///
    /// # Errors
    /// [`TokenRefused`] for anything but a token of the profile that is valid now and bound to no key.
    pub fn verify_now(&self, token: &[u8]) -> Result<VerifiedToken, TokenRefused> {
        match self.0.at_hand(token) {
            Ok(verified) => unbound(verified).map_err(TokenRefused::from),
            Err(AtHand::Refused(kind)) => Err(kind.into()),
            Err(AtHand::UnknownKey(_)) => Err(Kind::UnknownKey.into()),
        }
    }
}

/// Why a token is not verified with what is at hand.
enum AtHand {
    Refused(Kind),
    UnknownKey(Box<str>),
}

impl From<Kind> for AtHand {
    fn from(kind: Kind) -> Self {
        Self::Refused(kind)
    }
}

impl<K: Keys> Shared<K> {
    /// Verifies as far as nobody has to be asked.
    fn at_hand(&self, token: &[u8]) -> Result<VerifiedToken, AtHand> {
        if token.len() > self.profile.max_bytes() {
            return Err(Kind::TooLarge.into());
        }
        let now = self.clock.now();
        if let Some(known) = self.cached(token) {
            return self.in_force(known, now).map_err(AtHand::Refused);
        }
        let parts = Parts::split(token).ok_or(Kind::Malformed)?;
        if let Some(key) = self.known_by(parts.header) {
            return Ok(self.with_key(&parts, key, now)?);
        }
        let mut room = [0; MAX_HEADER];
        let header = self.header(&parts, &mut room)?;
        let Some(key) = self.keys.known(header.key.as_str()) else {
            return Err(AtHand::UnknownKey(header.key.as_str().into()));
        };
        Ok(self.with_header(&(parts, header), key, now)?)
    }

    /// Verifies with a key that had to be fetched.
    fn fetched(&self, token: &[u8], key: Arc<VerifyingKey>) -> Result<VerifiedToken, Kind> {
        let parts = Parts::split(token).ok_or(Kind::Malformed)?;
        let mut room = [0; MAX_HEADER];
        let header = self.header(&parts, &mut room)?;
        self.with_header(&(parts, header), key, self.clock.now())
    }

    /// The token, if it was verified before and its key is trusted still.
    fn cached(&self, token: &[u8]) -> Option<VerifiedToken> {
        let known = self.cache.as_ref()?.find(token)?;
        self.keys.trusts(known.key()).then_some(known)
    }

    /// The key that the same header chose before, if it is trusted still.
    fn known_by(&self, header: &[u8]) -> Option<Arc<VerifyingKey>> {
        self.headers.find(header).filter(|key| self.keys.trusts(key))
    }

    fn header<'a>(&self, parts: &Parts<'a>, room: &'a mut [u8]) -> Result<Header<'a>, Kind> {
        let json = decode(parts.header, room)?;
        let header = Header::read(json).ok_or(Kind::Malformed)?;
        self.profile.check_header(&header)?;
        // What no key can be for is refused before anyone is asked for the key.
        Algorithm::parse(header.algorithm.as_str()).ok_or(Kind::Algorithm)?;
        if header.key.as_str().is_empty() || header.key.as_str().len() > VerifyingKey::MAX_ID {
            return Err(Kind::UnknownKey);
        }
        Ok(header)
    }

    /// Verifies a token whose header was read just now.
    fn with_header(
        &self,
        (parts, header): &(Parts<'_>, Header<'_>),
        key: Arc<VerifyingKey>,
        now: Timestamp,
    ) -> Result<VerifiedToken, Kind> {
        if key.id() != header.key.as_str() {
            return Err(Kind::UnknownKey);
        }
        if !key.algorithm().is_named(header.algorithm.as_str()) {
            return Err(Kind::Algorithm);
        }
        let verified = self.with_key(parts, key, now)?;
        self.headers.remember(parts.header, verified.key());
        Ok(verified)
    }

    /// Verifies a token with the key that its header chose.
    fn with_key(
        &self,
        parts: &Parts<'_>,
        key: Arc<VerifyingKey>,
        now: Timestamp,
    ) -> Result<VerifiedToken, Kind> {
        let mut room = [0; MAX_SIGNATURE];
        let signature = decode(parts.signature, &mut room)?;
        if !key.verifies(parts.signed, signature) {
            return Err(Kind::Signature);
        }
        let verified = self.in_force(self.read(parts, key)?, now)?;
        if let Some(cache) = &self.cache {
            cache.insert(parts.whole, verified.clone());
        }
        Ok(verified)
    }

    /// Reads the claims of a token whose signature is right.
    fn read(&self, parts: &Parts<'_>, key: Arc<VerifyingKey>) -> Result<VerifiedToken, Kind> {
        let mut payload = vec![0; base64::decoded_len_estimate(parts.payload.len())];
        let json = decode(parts.payload, &mut payload)?;
        let origin = self.profile.origin();
        let claims = Claims::read(json, origin).ok_or(Kind::Malformed)?;
        let span = self.profile.check_claims(&claims)?;
        let unsealed = VerifiedToken::unsealed(&claims, origin, span, key).ok_or(Kind::Claims)?;
        let len = json.len();
        payload.truncate(len);
        Ok(unsealed.seal(payload))
    }

    /// What has to be asked every time: the clock and the revocations.
    fn in_force(&self, token: VerifiedToken, now: Timestamp) -> Result<VerifiedToken, Kind> {
        self.profile.check_time(token.span(), now)?;
        if self
            .revocations
            .as_ref()
            .is_some_and(|revocations| !revocations.is_known())
        {
            return Err(Kind::Unavailable);
        }
        let presented = Presented {
            principal: token.principal(),
            issued: token.issued_at(),
            session: token.session(),
            token: Some(token.id()),
        };
        match &self.revocations {
            Some(revocations) if revocations.voids(&presented) => Err(Kind::Revoked),
            _ => Ok(token),
        }
    }
}

/// Base64url without padding, RFC 7515 section 2, in its one canonical spelling. A token's text is its sender's and no secret
/// of ours: the faster decoder, whose time depends on the text, tells nobody anything.
fn decode<'a>(text: &[u8], room: &'a mut [u8]) -> Result<&'a [u8], Kind> {
    let decoded = URL_SAFE_NO_PAD
        .decode_slice(text, room)
        .map_err(|_| Kind::Malformed)?;
    room.get(..decoded).ok_or(Kind::Malformed)
}

/// A token that is bound to no key.
fn unbound(token: VerifiedToken) -> Result<VerifiedToken, Kind> {
    match token.key_thumbprint() {
        None => Ok(token),
        Some(_) => Err(Kind::Unproven),
    }
}

/// A token that is bound to the key whose possession was proved.
fn bound(token: VerifiedToken, proven: &str) -> Result<VerifiedToken, Kind> {
    match token.key_thumbprint() {
        Some(thumbprint) if thumbprint == proven => Ok(token),
        _ => Err(Kind::Unproven),
    }
}

/// The three parts of the compact serialisation, RFC 7515 section 7.1.
struct Parts<'a> {
    whole: &'a [u8],
    header: &'a [u8],
    payload: &'a [u8],
    signature: &'a [u8],
    /// Header and payload with the dot between them.
    signed: &'a [u8],
}

impl<'a> Parts<'a> {
    fn split(whole: &'a [u8]) -> Option<Self> {
        let mut dots = memchr::memchr_iter(b'.', whole);
        let (first, second) = (dots.next()?, dots.next()?);
        dots.next().is_none().then_some(Self {
            whole,
            header: whole.get(..first)?,
            payload: whole.get(first.checked_add(1)?..second)?,
            signature: whole.get(second.checked_add(1)?..)?,
            signed: whole.get(..second)?,
        })
    }
}

/// The answer of [`AccessTokens::verify`]. It is ready at once unless a key has to be fetched.
#[must_use = "futures do nothing unless polled"]
pub struct Verifying<K: Keys> {
    tokens: AccessTokens<K>,
    proven: Option<Box<str>>,
    state: State<K>,
}

enum State<K: Keys> {
    Done(Option<Result<VerifiedToken, Kind>>),
    Fetching {
        fetch: K::Fetch,
        token: Zeroizing<Box<[u8]>>,
    },
}

impl<K: Keys> Future for Verifying<K> {
    type Output = Result<VerifiedToken, TokenRefused>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let verified = match &mut this.state {
            State::Done(result) => match result.take() {
                Some(result) => result,
                // A future must not be polled after it was ready; one that is polled all the same never answers.
                None => return Poll::Pending,
            },
            State::Fetching { fetch, token } => match ready!(Pin::new(fetch).poll(cx)) {
                Ok(Some(key)) => this.tokens.0.fetched(token, key),
                Ok(None) => Err(Kind::UnknownKey),
                Err(_) => Err(Kind::Unavailable),
            },
        };
        this.state = State::Done(None);
        let confirmed = verified.and_then(|token| match &this.proven {
            None => unbound(token),
            Some(thumbprint) => bound(token, thumbprint),
        });
        Poll::Ready(confirmed.map_err(TokenRefused::from))
    }
}

impl<K> Clone for AccessTokens<K> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K> fmt::Debug for AccessTokens<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessTokens")
            .field("profile", &self.0.profile)
            .finish_non_exhaustive()
    }
}

impl<K: Keys> fmt::Debug for Verifying<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifying").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
