//! Peppers: keys that are not in the database.
mod sealed;
mod tagged;
#[cfg(test)]
mod tests;

use palisade_core::{ConfigError, Key, KeyId, KeyRing, Purpose, Timestamp};

pub(crate) use self::sealed::Sealed;
pub(crate) use self::tagged::Tagged;
use super::error::PasswordError;
use super::hash::{Argon2Hash, Opened, PasswordHash};

/// A pepper: keys without which a stolen table of hashes cannot be guessed at (NIST SP 800-63B-4 section 3.1.1.2 recommends
/// one, kept apart from the hashes).
///
/// | | what is stored | a new key takes over | a row with the old key |
/// |---|---|---|---|
/// | [`seal`](Self::seal) | the PHC string, encrypted | at the next login, or for the whole table by [`Passwords::rewrap`](crate::Passwords::rewrap) | is wrapped anew without its owner |
/// | [`hmac`](Self::hmac) | the PHC string with an HMAC in the place of the output | at the next login | keeps needing the old key until its owner signs in |
///
/// Sealing is the one to choose: its keys can be replaced at any time, and nobody has to choose a new password. In both, the id
/// of the key stands in the stored text and selects the key; none is tried in turn. A
/// [compromised](palisade_core::KeyRing::compromise) key verifies nothing any more: wrap the rows anew *before*, or their owners must reset
/// their passwords.
///
/// Hashes without a pepper are still verified, so that an existing table can take one on: they are wrapped at the next login or by
/// [`Passwords::rewrap`](crate::Passwords::rewrap). When none is left, [`refusing_unpeppered`](Self::refusing_unpeppered) closes that door.
///
/// ```
/// use palisade_auth::{PasswordSettings, Passwords, Pepper};
/// use palisade_core::{KeyId, KeyRing, RootSecret};
/// let ring = KeyRing::new(Pepper::SEAL, KeyId::parse("2026-11")?, &RootSecret::generate()?);
/// let passwords = Passwords::start(&PasswordSettings::default().with_pepper(Pepper::seal(ring)?))?;
/// # drop(passwords);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pepper {
    live: Live,
    seal: Option<KeyRing>,
    hmac: Option<KeyRing>,
    refuses_plain: bool,
}

/// What new hashes get.
#[derive(Clone, Copy, Debug)]
enum Live {
    Nothing,
    Hmac,
    Seal,
}

/// What is around an Argon2id hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wrap {
    None,
    Tagged(KeyId),
    Sealed(KeyId),
}

impl Pepper {
    /// The purpose of a ring whose keys [seal](Self::seal).
    pub const SEAL: Purpose = Purpose::new("password hash seal");
    /// The purpose of a ring whose keys [tag](Self::hmac).
    pub const HMAC: Purpose = Purpose::new("password hash hmac");

    /// Encrypts the whole PHC string: XChaCha20-Poly1305 (RFC 8439, with the extended nonce), a random nonce of 24 bytes.
    ///
    /// # Errors
    /// [`ConfigError`] for a ring of another purpose than [`SEAL`](Self::SEAL).
    pub fn seal(ring: KeyRing) -> Result<Self, ConfigError> {
        Self::none().with_live(Live::Seal).with_former_seal(ring)
    }

    /// Stores HMAC-SHA256 of the output in the place of the output.
    ///
    /// # Errors
    /// [`ConfigError`] for a ring of another purpose than [`HMAC`](Self::HMAC).
    pub fn hmac(ring: KeyRing) -> Result<Self, ConfigError> {
        Self::none().with_live(Live::Hmac).with_former_hmac(ring)
    }

    /// No pepper.
    pub(crate) const fn none() -> Self {
        Self {
            live: Live::Nothing,
            seal: None,
            hmac: None,
            refuses_plain: false,
        }
    }

    const fn with_live(mut self, live: Live) -> Self {
        self.live = live;
        self
    }

    /// Also verifies what this ring has sealed, where new hashes are tagged.
    ///
    /// # Errors
    /// [`ConfigError`] for a ring of another purpose than [`SEAL`](Self::SEAL), and where there is such a ring.
    pub fn with_former_seal(mut self, ring: KeyRing) -> Result<Self, ConfigError> {
        judge(&ring, Self::SEAL, self.seal.as_ref())?;
        self.seal = Some(ring);
        Ok(self)
    }

    /// Also verifies what this ring has tagged, where new hashes are sealed.
    ///
    /// # Errors
    /// [`ConfigError`] for a ring of another purpose than [`HMAC`](Self::HMAC), and where there is such a ring.
    pub fn with_former_hmac(mut self, ring: KeyRing) -> Result<Self, ConfigError> {
        judge(&ring, Self::HMAC, self.hmac.as_ref())?;
        self.hmac = Some(ring);
        Ok(self)
    }

    /// Lets nobody in with a hash that has no pepper: whoever can write into the table cannot put in one that was made
    /// elsewhere. For a new table, or once every row is wrapped.
    #[must_use]
    pub const fn refusing_unpeppered(mut self) -> Self {
        self.refuses_plain = true;
        self
    }

    /// Whether a hash without a pepper is verified.
    pub(crate) const fn takes_plain(&self) -> bool {
        !self.refuses_plain
    }

    /// The hash as it is to be stored.
    pub(crate) fn wrap(&self, hash: Argon2Hash, now: Timestamp) -> Result<PasswordHash, PasswordError> {
        let active = |ring: &Option<KeyRing>| {
            let ring = ring.as_ref();
            let active = ring.and_then(|ring| ring.active(now));
            active.map(|(id, key)| (id.clone(), key.clone()))
        };
        match self.live {
            Live::Nothing => Ok(PasswordHash::plain(hash)?),
            Live::Hmac => Tagged::wrap(&hash, active(&self.hmac).ok_or(PasswordError::INTERNAL)?),
            Live::Seal => Sealed::wrap(&hash, active(&self.seal).ok_or(PasswordError::INTERNAL)?),
        }
    }

    /// A hash without a pepper, as it is to be stored; `None` where only a login can give it one.
    pub(crate) fn adopt(
        &self,
        hash: Argon2Hash,
        now: Timestamp,
    ) -> Result<Option<PasswordHash>, PasswordError> {
        let fits = !matches!(self.live, Live::Hmac) || hash.output().len() == tagged::INNER_LEN;
        fits.then(|| self.wrap(hash, now)).transpose()
    }

    /// The hash, ready to be verified.
    pub(crate) fn open(&self, hash: &PasswordHash, now: Timestamp) -> Option<Opened> {
        hash.form().open(self, now)
    }

    /// Whether that is what new hashes get now.
    pub(crate) fn is_live(&self, wrap: &Wrap, now: Timestamp) -> bool {
        let active = |ring: &Option<KeyRing>, id: &KeyId| {
            let active = ring.as_ref().and_then(|ring| ring.active(now));
            active.is_some_and(|(active, _)| active == id)
        };
        match (self.live, wrap) {
            (Live::Nothing, Wrap::None) => true,
            (Live::Hmac, Wrap::Tagged(id)) => active(&self.hmac, id),
            (Live::Seal, Wrap::Sealed(id)) => active(&self.seal, id),
            (Live::Nothing | Live::Hmac | Live::Seal, _) => false,
        }
    }

    fn sealing(&self, id: &KeyId, now: Timestamp) -> Option<&Key> {
        self.seal.as_ref()?.verifying(id, now)
    }

    fn tagging(&self, id: &KeyId, now: Timestamp) -> Option<&Key> {
        self.hmac.as_ref()?.verifying(id, now)
    }
}

fn judge(ring: &KeyRing, purpose: Purpose, former: Option<&KeyRing>) -> Result<(), ConfigError> {
    if former.is_some() {
        return Err(ConfigError::new(
            "password pepper",
            "there is a ring of that purpose already",
        ));
    }
    if ring.purpose() != purpose {
        let (given, wanted) = (ring.purpose().as_str(), purpose.as_str());
        let problem = format!("a ring of purpose `{given}` was given; `{wanted}` is needed");
        return Err(ConfigError::new("password pepper", problem));
    }
    Ok(())
}
