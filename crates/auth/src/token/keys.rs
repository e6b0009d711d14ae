//! The keys of an issuer, and which of them may do what.
use std::fmt;
use std::future::{Ready, ready};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use palisade_core::{ConfigError, KeyId, KeyRing, KeyState, Purpose, Timestamp};

use super::{Keys, KeysUnavailable, SigningKey, VerifyingKey, jwk_set};

const PURPOSE: Purpose = Purpose::new("palisade access token");

/// The signing keys of one issuer. Clones share them: a key that is declared compromised is so for the issuer and for
/// every verifier at once, in this process.
///
/// States and calls are those of [`KeyRing`]: to [`rotate`](Self::rotate) is routine, [`compromise`](Self::compromise) voids
/// what the key signed.
///
/// ```
/// use palisade_auth::{SigningKey, SigningKeys};
/// use palisade_core::{KeyId, RootSecret};
/// let keys = SigningKeys::new(KeyId::parse("2026-11")?, SigningKey::ed25519(&RootSecret::generate()?)?)?;
/// assert!(keys.jwk_set().contains(r#""kid":"2026-11""#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct SigningKeys(Arc<RwLock<Held>>);

struct Held {
    /// Ids, activation and revocation.
    ring: KeyRing,
    /// The keys themselves, by the ids of the ring.
    keys: Vec<(KeyId, SigningKey, Arc<VerifyingKey>)>,
}

impl SigningKeys {
    /// One key, active from the beginning of time.
    ///
    /// # Errors
    /// [`ConfigError`] where the key cannot verify what it signs.
    pub fn new(id: KeyId, key: SigningKey) -> Result<Self, ConfigError> {
        let ring = KeyRing::new(PURPOSE, id.clone(), key.material());
        let verifying = verifying(&id, &key)?;
        let keys = vec![(id, key, verifying)];
        Ok(Self(Arc::new(RwLock::new(Held { ring, keys }))))
    }

    /// Adds a key that signs from `activates` on. It is published and verifies at once; the old one goes on verifying.
    ///
    /// Choose a time later than the slowest verifier takes to fetch the published keys again.
    ///
    /// # Errors
    /// [`ConfigError`] when there are 64 keys, or one of that id or of that secret.
    pub fn rotate(&self, id: KeyId, key: SigningKey, activates: Timestamp) -> Result<(), ConfigError> {
        let verifying = verifying(&id, &key)?;
        let mut held = self.write();
        held.ring.rotate(id.clone(), key.material(), activates)?;
        held.keys.push((id, key, verifying));
        Ok(())
    }

    /// Revokes a key at once: it neither signs nor verifies any more, and is published no longer.
    ///
    /// # Errors
    /// [`ConfigError`] when there is no such key.
    pub fn compromise(&self, id: &KeyId) -> Result<(), ConfigError> {
        self.write().ring.compromise(id)
    }

    /// Forgets a key that only verifies or is revoked, once all it signed has expired.
    ///
    /// # Errors
    /// [`ConfigError`] when there is no such key or it is active or pending at `now`.
    pub fn retire(&self, id: &KeyId, now: Timestamp) -> Result<(), ConfigError> {
        let mut held = self.write();
        held.ring.retire(id, now)?;
        held.keys.retain(|(known, ..)| known != id);
        Ok(())
    }

    /// The state of a key at `now`.
    #[must_use]
    pub fn state(&self, id: &KeyId, now: Timestamp) -> Option<KeyState> {
        self.read().ring.state(id, now)
    }

    /// The public keys as a JWK Set (RFC 7517 section 5), to be served as `application/jwk-set+json`: every key that is not
    /// revoked, and none of HMAC.
    ///
    /// Let caches keep it for a few minutes at most, and less than a new key stays pending.
    #[must_use]
    pub fn jwk_set(&self) -> String {
        let held = self.read();
        let published = held.keys.iter().filter(|(id, ..)| held.is_trusted(id));
        jwk_set::write(published.map(|(_, _, key)| &**key))
    }

    /// The key that signs at `now`.
    pub(super) fn active(&self, now: Timestamp) -> Option<(KeyId, SigningKey)> {
        let held = self.read();
        let (id, _) = held.ring.active(now)?;
        let (id, key, _) = held.keys.iter().find(|(known, ..)| known == id)?;
        Some((id.clone(), key.clone()))
    }

    fn read(&self) -> RwLockReadGuard<'_, Held> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Held> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    /// Whether the key may verify. That does not depend on the time: a pending key verifies, too.
    fn is_trusted(&self, id: &KeyId) -> bool {
        self.ring.verifying(id, Timestamp::UNIX_EPOCH).is_some()
    }

    fn trusted(&self, kid: &str) -> Option<&Arc<VerifyingKey>> {
        let (id, _, key) = self.keys.iter().find(|(id, ..)| id.as_str() == kid)?;
        self.is_trusted(id).then_some(key)
    }
}

impl Keys for SigningKeys {
    type Fetch = Ready<Result<Option<Arc<VerifyingKey>>, KeysUnavailable>>;

    fn known(&self, kid: &str) -> Option<Arc<VerifyingKey>> {
        self.read().trusted(kid).map(Arc::clone)
    }

    fn trusts(&self, key: &Arc<VerifyingKey>) -> bool {
        let held = self.read();
        held.trusted(key.id())
            .is_some_and(|known| Arc::ptr_eq(known, key))
    }

    /// There is nowhere else to look.
    fn fetch(&self, _: &str) -> Self::Fetch {
        ready(Ok(None))
    }
}

fn verifying(id: &KeyId, key: &SigningKey) -> Result<Arc<VerifyingKey>, ConfigError> {
    let verifying = key.verifying(id).map(Arc::new);
    verifying.ok_or_else(|| ConfigError::new("signing key", "it cannot verify what it signs"))
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.read();
        f.debug_list().entries(held.ring.ids()).finish()
    }
}
