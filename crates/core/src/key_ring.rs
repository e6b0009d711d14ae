//! Several keys of one purpose, and which of them may do what.
use subtle::ConstantTimeEq;

use crate::{ConfigError, Key, KeyId, Purpose, RootSecret, Timestamp};

/// What a key may do. The state is not stored: it follows from the activation times and the revocations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyState {
    /// Known, so that every node verifies with it before the first node signs with it; not yet used to sign.
    Pending,
    /// The one key that signs; it verifies too.
    Active,
    /// Replaced: it verifies what it signed, and signs nothing.
    VerifyOnly,
    /// Compromised: it neither signs nor verifies, and never will in this ring.
    Revoked,
}

/// The keys of one purpose.
///
/// `rotate` and `compromise` are two different acts. To *rotate* is routine: the new key takes over at a time given
/// beforehand and the old one goes on verifying. To declare a key *compromised* is an emergency: whatever it signed
/// is void at once. (Adobe Commerce's CVE-2024-34102 shows why: rotating a stolen key did not stop its tokens.)
///
/// The key id selects the key; nothing is verified by trying keys in turn.
///
/// ```
/// use palisade_core::{KeyId, KeyRing, KeyState, Purpose, RootSecret, Timestamp};
/// const MAIL: Purpose = Purpose::new("mail links");
/// let (old, new) = (KeyId::parse("2026-10")?, KeyId::parse("2026-11")?);
/// let day = Timestamp::from_secs;
///
/// let mut ring = KeyRing::new(MAIL, old.clone(), &RootSecret::generate()?);
/// ring.rotate(new.clone(), &RootSecret::generate()?, day(100))?;
/// assert_eq!(ring.state(&new, day(99)), Some(KeyState::Pending));
/// assert_eq!(ring.active(day(100)).map(|(id, _)| id), Some(&new));
/// assert_eq!(ring.state(&old, day(100)), Some(KeyState::VerifyOnly));
///
/// ring.compromise(&old)?;
/// assert!(ring.verifying(&old, day(100)).is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct KeyRing {
    purpose: Purpose,
    entries: Vec<Entry>,
}

#[derive(Clone, Debug)]
struct Entry {
    id: KeyId,
    key: Key,
    activates: Timestamp,
    revoked: bool,
}

impl KeyRing {
    /// The most keys a ring holds; verifying stays a short walk.
    pub const MAX_KEYS: usize = 64;

    /// A ring with one key, active from the beginning of time.
    #[must_use]
    pub fn new(purpose: Purpose, id: KeyId, secret: &RootSecret) -> Self {
        let key = secret.derive(purpose);
        Self {
            purpose,
            entries: vec![Entry {
                id,
                key,
                activates: Timestamp::UNIX_EPOCH,
                revoked: false,
            }],
        }
    }

    /// What the keys are for.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Adds a key that takes over at `activates`. Until then it verifies only; from then on the old one does.
    ///
    /// Choose a time later than the slowest node takes to load the new configuration. With a time that has passed the
    /// key takes over at once, unless another was activated later.
    ///
    /// # Errors
    /// [`ConfigError`] when the ring is full, or has a key of that id or of that secret, a revoked one included: what is
    /// in the ring is not used again.
    pub fn rotate(
        &mut self,
        id: KeyId,
        secret: &RootSecret,
        activates: Timestamp,
    ) -> Result<(), ConfigError> {
        if self.entries.len() >= Self::MAX_KEYS {
            return Err(ConfigError::new("key ring", "64 keys at most: retire old ones"));
        }
        if self.entry(&id).is_some() {
            return Err(ConfigError::new("key ring", format!("key id `{id}` is taken")));
        }
        let key = secret.derive(self.purpose);
        if let Some(same) = self.entries.iter().find(|entry| same_key(&entry.key, &key)) {
            let problem = format!("the secret is that of key `{}`", same.id);
            return Err(ConfigError::new("key ring", problem));
        }
        self.entries.push(Entry {
            id,
            key,
            activates,
            revoked: false,
        });
        Ok(())
    }

    /// Revokes a key at once: it neither signs nor verifies any more. If it was active, the latest of the others that
    /// has been activated signs again; if there is none, nothing does.
    ///
    /// # Errors
    /// [`ConfigError`] when there is no such key: a mistyped id in an emergency must not look like success.
    pub fn compromise(&mut self, id: &KeyId) -> Result<(), ConfigError> {
        let entry = self.entries.iter_mut().find(|entry| entry.id == *id);
        entry
            .map(|entry| entry.revoked = true)
            .ok_or_else(|| no_such_key(id))
    }

    /// Forgets a key that only verifies or is revoked, once all it signed has expired.
    ///
    /// The ring then knows neither its id nor its secret and would take both again: give each key an id of its own, and
    /// a stolen secret to none.
    ///
    /// # Errors
    /// [`ConfigError`] when there is no such key or it is active or pending at `now`.
    pub fn retire(&mut self, id: &KeyId, now: Timestamp) -> Result<(), ConfigError> {
        match self.state(id, now).ok_or_else(|| no_such_key(id))? {
            KeyState::Active | KeyState::Pending => {
                Err(ConfigError::new("key ring", format!("key `{id}` is in use")))
            }
            KeyState::VerifyOnly | KeyState::Revoked => {
                self.entries.retain(|entry| entry.id != *id);
                Ok(())
            }
        }
    }

    /// The key that signs at `now`, with its id; `None` when every key is revoked or pending: then nothing is signed.
    #[must_use]
    pub fn active(&self, now: Timestamp) -> Option<(&KeyId, &Key)> {
        self.signer(now).map(|entry| (&entry.id, &entry.key))
    }

    /// The key named `id`, where it may verify: pending, active or verify-only.
    ///
    /// A pending key verifies too, because another node's clock or configuration may be ahead.
    #[must_use]
    pub fn verifying(&self, id: &KeyId, now: Timestamp) -> Option<&Key> {
        match self.state(id, now)? {
            KeyState::Pending | KeyState::Active | KeyState::VerifyOnly => {
                self.entry(id).map(|entry| &entry.key)
            }
            KeyState::Revoked => None,
        }
    }

    /// The state of the key named `id` at `now`.
    #[must_use]
    pub fn state(&self, id: &KeyId, now: Timestamp) -> Option<KeyState> {
        let entry = self.entry(id)?;
        Some(match self.signer(now) {
            _ if entry.revoked => KeyState::Revoked,
            _ if entry.activates > now => KeyState::Pending,
            Some(active) if active.id == *id => KeyState::Active,
            _ => KeyState::VerifyOnly,
        })
    }

    /// The ids of all keys, in the order in which they were added.
    pub fn ids(&self) -> impl Iterator<Item = &KeyId> {
        self.entries.iter().map(|entry| &entry.id)
    }

    fn entry(&self, id: &KeyId) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == *id)
    }

    /// Of the keys that are activated and not revoked, the one activated last; of two, the one added last.
    fn signer(&self, now: Timestamp) -> Option<&Entry> {
        let usable = self
            .entries
            .iter()
            .filter(|entry| !entry.revoked && entry.activates <= now);
        usable.max_by_key(|entry| entry.activates)
    }
}

fn same_key(one: &Key, other: &Key) -> bool {
    one.expose().ct_eq(other.expose()).into()
}

fn no_such_key(id: &KeyId) -> ConfigError {
    ConfigError::new("key ring", format!("no key `{id}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PURPOSE: Purpose = Purpose::new("test");

    fn id(text: &str) -> KeyId {
        KeyId::parse(text).unwrap()
    }

    fn secret() -> RootSecret {
        RootSecret::generate().unwrap()
    }

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    fn ring() -> KeyRing {
        let mut ring = KeyRing::new(PURPOSE, id("a"), &secret());
        ring.rotate(id("b"), &secret(), at(100)).unwrap();
        ring
    }

    #[test]
    fn a_rotated_key_waits_then_signs_and_the_old_one_verifies() {
        let ring = ring();
        assert_eq!(ring.active(at(99)).unwrap().0, &id("a"));
        assert!(
            ring.verifying(&id("b"), at(99)).is_some(),
            "a node ahead of us may sign with it"
        );
        assert_eq!(ring.active(at(100)).unwrap().0, &id("b"));
        assert_eq!(ring.state(&id("a"), at(100)), Some(KeyState::VerifyOnly));
        assert!(ring.verifying(&id("a"), at(100)).is_some());
    }

    #[test]
    fn a_compromised_key_verifies_nothing_and_rotation_alone_does_not_do_that() {
        let mut ring = ring();
        ring.compromise(&id("a")).unwrap();
        assert!(ring.verifying(&id("a"), at(0)).is_none());
        assert!(ring.verifying(&id("a"), at(200)).is_none());
        assert_eq!(ring.state(&id("a"), at(200)), Some(KeyState::Revoked));
    }

    #[test]
    fn with_every_key_revoked_nothing_signs() {
        let mut ring = ring();
        ring.compromise(&id("b")).unwrap();
        assert_eq!(
            ring.active(at(200)).unwrap().0,
            &id("a"),
            "the one before signs again"
        );
        ring.compromise(&id("a")).unwrap();
        assert!(ring.active(at(200)).is_none());
    }

    #[test]
    fn an_emergency_with_a_mistyped_id_is_an_error() {
        assert!(ring().compromise(&id("A")).is_err());
    }

    #[test]
    fn ids_are_never_used_twice() {
        let mut ring = ring();
        ring.compromise(&id("a")).unwrap();
        assert!(ring.rotate(id("a"), &secret(), at(0)).is_err());
    }

    #[test]
    fn a_secret_is_not_rotated_to_itself() {
        let stolen = secret();
        let mut ring = KeyRing::new(PURPOSE, id("a"), &stolen);
        assert!(ring.rotate(id("b"), &stolen, at(0)).is_err());
        ring.compromise(&id("a")).unwrap();
        assert!(
            ring.rotate(id("b"), &stolen, at(0)).is_err(),
            "nor under another name"
        );
        assert!(ring.active(at(0)).is_none());
    }

    #[test]
    fn a_rotation_dated_before_the_active_key_does_not_take_over() {
        let mut ring = ring();
        ring.rotate(id("c"), &secret(), at(50)).unwrap();
        assert_eq!(ring.active(at(100)).unwrap().0, &id("b"));
        assert_eq!(ring.state(&id("c"), at(100)), Some(KeyState::VerifyOnly));
    }

    #[test]
    fn a_clock_set_back_changes_who_signs_and_not_what_verifies() {
        let ring = ring();
        for now in [100, 99, 0] {
            assert!(ring.active(at(now)).is_some(), "{now}");
            assert!(ring.verifying(&id("a"), at(now)).is_some(), "{now}");
            assert!(ring.verifying(&id("b"), at(now)).is_some(), "{now}");
        }
    }

    #[test]
    fn a_pending_key_does_not_step_in_early_for_a_compromised_one() {
        let mut ring = ring();
        ring.compromise(&id("a")).unwrap();
        assert!(ring.active(at(99)).is_none());
        assert_eq!(ring.active(at(100)).unwrap().0, &id("b"));
        ring.rotate(id("c"), &secret(), at(99)).unwrap();
        assert_eq!(
            ring.active(at(99)).unwrap().0,
            &id("c"),
            "a key given for now does"
        );
    }

    #[test]
    fn only_keys_out_of_use_are_retired() {
        let mut ring = ring();
        assert!(ring.retire(&id("a"), at(50)).is_err(), "active");
        assert!(ring.retire(&id("b"), at(50)).is_err(), "pending");
        ring.retire(&id("a"), at(100)).unwrap();
        assert_eq!(ring.ids().collect::<Vec<_>>(), [&id("b")]);
        assert!(ring.retire(&id("a"), at(100)).is_err(), "gone");
    }

    #[test]
    fn a_ring_is_bounded() {
        let mut ring = KeyRing::new(PURPOSE, id("first"), &secret());
        for n in 1..KeyRing::MAX_KEYS {
            ring.rotate(id(&format!("k{n}")), &secret(), at(0)).unwrap();
        }
        assert!(ring.rotate(id("more"), &secret(), at(0)).is_err());
    }
}
