//! What makes keys.
use palisade_core::{Key, Purpose, RandomError, RootSecret, Secret};
use siphasher::sip128::SipHasher13;

use super::KeyParts;
use super::parts::halves;

const SHARED: Purpose = Purpose::new("palisade rate limit keys");
const ACCOUNTS: Purpose = Purpose::new("palisade rate limit accounts");

/// Makes keys of typed parts, under a secret of its own.
///
/// The hash is SipHash-1-3 with 128 bits, a pseudorandom function: who does not know the secret can neither aim at a place
/// in a table nor find a second key that is counted as somebody else's. A faster seeded hash would scatter as well, but its
/// authors do not claim that it withstands someone who learns from the answers, and here every answer tells what is left.
///
/// Each part goes in with its type and its length, so `"a", "bc"` is never `"ab", "c"`, and an account called
/// `192.0.2.1` is never that address. Nothing is allocated.
///
/// # Security
/// Parts are taken as they are. Bring what a client writes into one form first (case, spaces, Unicode): each spelling has
/// a quota of its own.
///
/// ```
/// use palisade_ratelimit::KeyHasher;
/// let keys = KeyHasher::random()?;
/// assert_eq!(keys.key().label("login").number(7).finish(), keys.key().label("login").number(7).finish());
/// assert_ne!(keys.key().label("a").label("bc").finish(), keys.key().label("ab").label("c").finish());
/// assert_ne!(KeyHasher::random()?.key().label("login").finish(), keys.key().label("login").finish());
/// # Ok::<(), palisade_core::RandomError>(())
/// ```
#[derive(Clone, Debug)]
pub struct KeyHasher {
    pub(super) hash: Secret<[u64; 2]>,
    /// For what names a person.
    pub(super) accounts: Key,
}

impl KeyHasher {
    /// A hasher with a secret that lives as long as it does: its keys mean nothing to another process.
    ///
    /// # Errors
    /// [`RandomError`] where the operating system gives no random bytes. There is no weaker secret.
    pub fn random() -> Result<Self, RandomError> {
        Ok(Self::shared(&RootSecret::generate()?, ""))
    }

    /// The hasher of the limit `name` on every node that has this secret: they make the same keys.
    #[must_use]
    pub fn shared(secret: &RootSecret, name: &str) -> Self {
        let tag = secret.derive(SHARED).tag(&[name.as_bytes()]);
        let mut hash = [0; 16];
        hash.iter_mut().zip(tag).for_each(|(to, from)| *to = from);
        Self {
            hash: Secret::new(halves(u128::from_le_bytes(hash))),
            accounts: secret.derive(ACCOUNTS),
        }
    }

    /// Begins a key.
    #[expect(
        clippy::inline_always,
        reason = "the state of the hash stays in registers: a third of its cost"
    )]
    #[inline(always)]
    pub fn key(&self) -> KeyParts<'_> {
        let [low, high] = *self.hash.expose();
        KeyParts::new(SipHasher13::new_with_keys(low, high), self)
    }
}
