//! Root secrets and the keys derived from them.
use std::fmt;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::{ConfigError, Purpose, RandomError, Secret, random_bytes};

/// The name of a key in a [`KeyRing`](crate::KeyRing): 1 to 32 characters of `A-Z a-z 0-9 . _ -`. It is public.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(Box<str>);

impl KeyId {
    /// Reads a key id.
    ///
    /// # Errors
    /// [`ConfigError`] for an empty or longer text, or another character.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if text.is_empty() || text.len() > 32 || !text.bytes().all(allowed) {
            return Err(ConfigError::new(
                "key id",
                "1 to 32 characters of A-Z a-z 0-9 . _ - are allowed",
            ));
        }
        Ok(Self(text.into()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The secret that an operator configures, checked once at start. Keys are derived from it, one per purpose.
#[derive(Clone, Debug)]
pub struct RootSecret(Secret<Vec<u8>>);

impl RootSecret {
    /// The least length, in bytes: the output of SHA-256 (RFC 2104 section 3).
    pub const MIN_BYTES: usize = 32;

    /// The fewest different bytes; 32 random bytes hold 20 or more all but certainly, a typed placeholder hardly any.
    const MIN_DISTINCT: usize = 12;

    /// Takes a secret from the configuration.
    ///
    /// # Errors
    /// [`ConfigError`] when it is missing, shorter than 32 bytes, made of fewer than 12 different bytes, or one part
    /// written again and again. The text never holds the secret.
    pub fn new(secret: Secret<Vec<u8>>) -> Result<Self, ConfigError> {
        let bytes = secret.expose();
        if bytes.len() < Self::MIN_BYTES {
            let problem = format!("{} bytes given, at least {} needed", bytes.len(), Self::MIN_BYTES);
            return Err(ConfigError::new("root secret", problem));
        }
        if distinct(bytes) < Self::MIN_DISTINCT || repeats(bytes) {
            return Err(ConfigError::new("root secret", "too regular, use random bytes"));
        }
        Ok(Self(secret))
    }

    /// A random secret that lives as long as the process: what it protects does not survive a restart.
    ///
    /// # Errors
    /// [`RandomError`] where the operating system gives no random bytes.
    pub fn generate() -> Result<Self, RandomError> {
        let bytes = Zeroizing::new(random_bytes::<32>()?);
        Ok(Self(Secret::new(bytes.to_vec())))
    }

    /// The key of this secret for one purpose (HKDF-SHA256, RFC 5869; the purpose is the `info`).
    ///
    /// # Panics
    /// Where HKDF gave no 32 bytes. RFC 5869 section 2.3 allows up to 255 times as many, so it always does.
    #[must_use]
    pub fn derive(&self, purpose: Purpose) -> Key {
        let mut key = Zeroizing::new([0; 32]);
        let expanded = Hkdf::<Sha256>::new(Some(b"palisade v1"), self.0.expose())
            .expand(purpose.as_str().as_bytes(), &mut *key);
        // A key of zeroes must not result, in no build.
        assert!(expanded.is_ok(), "32 bytes are within HKDF's bound");
        Key(Secret::new(*key))
    }
}

/// How many different byte values there are.
fn distinct(bytes: &[u8]) -> usize {
    let mut seen = [false; 256];
    for &byte in bytes {
        if let Some(slot) = seen.get_mut(usize::from(byte)) {
            *slot = true;
        }
    }
    seen.into_iter().filter(|&s| s).count()
}

/// Whether the bytes are one part, of at most half the length, written again and again. Random ones are not: half of
/// them would have to agree.
fn repeats(bytes: &[u8]) -> bool {
    let agrees = |shift: usize| bytes.iter().zip(bytes.iter().skip(shift)).all(|(a, b)| a == b);
    (1..=bytes.len() / 2).any(agrees)
}

/// A 256-bit symmetric key for one purpose.
#[derive(Clone, Debug)]
pub struct Key(Secret<[u8; 32]>);

impl Key {
    /// The key's bytes, for a vetted cipher or MAC.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }

    /// HMAC-SHA256 (RFC 2104) over `parts`, each behind its length, so that `["a", "b"]` and `["ab", ""]` differ.
    #[must_use]
    pub fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.mac(parts).finalize().into_bytes().into()
    }

    /// Whether `tag` is the full tag of `parts`, compared in constant time.
    #[must_use]
    pub fn verifies(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        self.mac(parts).verify_slice(tag).is_ok()
    }

    fn mac(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        // RFC 2104 section 2: a key shorter than the block of 64 bytes is filled up with zeroes.
        let mut block = Zeroizing::new([0; 64]);
        block
            .iter_mut()
            .zip(self.0.expose())
            .for_each(|(to, from)| *to = *from);
        let mut mac = <Hmac<Sha256> as KeyInit>::new((&*block).into());
        for part in parts {
            let len = u64::try_from(part.len()).unwrap_or(u64::MAX);
            mac.update(&len.to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Purpose = Purpose::new("one");
    const TWO: Purpose = Purpose::new("two");

    #[test]
    fn weak_and_missing_secrets_are_refused_without_an_echo() {
        let cases: [(&str, &[u8]); 6] = [
            ("missing", b""),
            ("short", b"changeme-changeme-changeme-chan"),
            ("one byte repeated", &[b'x'; 64]),
            ("a word repeated", b"changemechangemechangemechangeme"),
            ("sixteen characters twice", b"0123456789abcdef0123456789abcdef"),
            (
                "a phrase and half of it",
                b"changethissecret-changethissecret-changet",
            ),
        ];
        for (name, bytes) in cases {
            let error = RootSecret::new(Secret::new(bytes.to_vec())).unwrap_err();
            assert!(!error.to_string().contains("change"), "{name}: {error}");
        }
        assert!(RootSecret::new(Secret::new(random_bytes::<32>().unwrap().to_vec())).is_ok());
    }

    #[test]
    fn one_secret_gives_each_purpose_its_own_key() {
        let root = RootSecret::generate().unwrap();
        assert_ne!(root.derive(ONE).expose(), root.derive(TWO).expose());
        assert_eq!(root.derive(ONE).expose(), root.derive(ONE).expose());
        assert_ne!(root.derive(ONE).expose(), &[0; 32]);
    }

    #[test]
    fn keys_and_tags_are_those_of_hkdf_and_hmac() {
        // Computed apart from this code, with another implementation of HMAC-SHA256.
        let key = RootSecret::new(Secret::new((100..132).collect()))
            .unwrap()
            .derive(ONE);
        let hex = |bytes: &[u8]| bytes.iter().fold(String::new(), |hex, b| format!("{hex}{b:02x}"));
        assert_eq!(
            hex(key.expose()),
            "61ca154675acb6c59ae78b5dac2c7db6f9c1196b6da8d42acdf31d212bb5f283"
        );
        assert_eq!(
            hex(&key.tag(&[b"a", b"bc"])),
            "f52ea16e36bd6b792e8eb079388f71758ea23c0aa41053d8a8ccbc0df848e7f7"
        );
    }

    #[test]
    fn a_tag_binds_the_borders_between_its_parts() {
        let key = RootSecret::generate().unwrap().derive(ONE);
        let tag = key.tag(&[b"a", b"b"]);
        assert!(key.verifies(&[b"a", b"b"], &tag));
        assert!(!key.verifies(&[b"ab", b""], &tag));
        assert!(!key.verifies(&[b"ab"], &tag));
        assert!(
            !key.verifies(&[b"a", b"b"], &tag[..16]),
            "a shortened tag is no tag"
        );
        assert!(!key.verifies(&[b"a", b"b"], b""));
    }

    #[test]
    fn key_ids_are_bounded_and_plain() {
        for text in ["", "a b", "a/b", "\u{e9}", &"a".repeat(33)] {
            assert!(KeyId::parse(text).is_err(), "{text}");
        }
        assert_eq!(KeyId::parse("2026-11_a.1").unwrap().as_str(), "2026-11_a.1");
    }
}
