//! Keys that sign.
use std::fmt;
use std::sync::Arc;

use jsonwebtoken::EncodingKey;
use palisade_core::{ConfigError, KeyId, Purpose, RootSecret, Secret};
use zeroize::Zeroizing;

use super::signature::{self, Mac256};
use super::{Algorithm, VerifyingKey};

const ED25519: Purpose = Purpose::new("palisade access token ed25519");
const HS256: Purpose = Purpose::new("palisade access token hs256");

/// PKCS #8 around the 32 bytes of an Ed25519 key, RFC 8410 section 7.
const ED25519_DER: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// A key that signs tokens by one algorithm. Clones share it.
///
/// [`ed25519`](Self::ed25519) and [`hs256`](Self::hs256) derive it from a [`RootSecret`], so that every node that has the
/// secret has the key. The others read a private key in PEM, for keys that were made elsewhere.
#[derive(Clone)]
pub struct SigningKey {
    algorithm: Algorithm,
    /// What the key ring tells two keys apart by.
    material: RootSecret,
    signs: Arc<Signs>,
}

enum Signs {
    Mac(Mac256),
    Private(EncodingKey),
}

impl SigningKey {
    /// An Ed25519 key of this secret (HKDF-SHA256; any 32 bytes are a private key, RFC 8032 section 5.1.5).
    ///
    /// # Errors
    /// [`ConfigError`] where the cryptographic library takes no such key.
    pub fn ed25519(secret: &RootSecret) -> Result<Self, ConfigError> {
        let key = secret.derive(ED25519);
        let der = Zeroizing::new([&ED25519_DER[..], key.expose()].concat());
        Self::private(Algorithm::EdDsa, secret.clone(), EncodingKey::from_ed_der(&der))
    }

    /// An HMAC key of 256 bits of this secret.
    ///
    /// # Security
    /// Whoever can verify can sign. Use it where one service does both; for anything else there is [`ed25519`](Self::ed25519).
    #[must_use]
    pub fn hs256(secret: &RootSecret) -> Self {
        let mac = signature::mac(secret.derive(HS256).expose());
        Self {
            algorithm: Algorithm::Hs256,
            material: secret.clone(),
            signs: Arc::new(Signs::Mac(mac)),
        }
    }

    /// A private Ed25519 key in PEM (PKCS #8).
    ///
    /// # Errors
    /// [`ConfigError`] for anything else. Its text holds nothing of the key.
    pub fn ed25519_pem(pem: &Secret<String>) -> Result<Self, ConfigError> {
        let key = EncodingKey::from_ed_pem(pem.expose().as_bytes()).map_err(|_| not_a_key())?;
        Self::private(Algorithm::EdDsa, material(pem)?, key)
    }

    /// A private P-256 key in PEM (PKCS #8).
    ///
    /// # Errors
    /// [`ConfigError`] for anything else. Its text holds nothing of the key.
    pub fn es256_pem(pem: &Secret<String>) -> Result<Self, ConfigError> {
        let key = EncodingKey::from_ec_pem(pem.expose().as_bytes()).map_err(|_| not_a_key())?;
        Self::private(Algorithm::Es256, material(pem)?, key)
    }

    /// A private RSA key of 2048 to 8192 bits in PEM (PKCS #8 or PKCS #1), for RSA PKCS #1 v1.5.
    ///
    /// # Errors
    /// [`ConfigError`] for anything else. Its text holds nothing of the key.
    pub fn rs256_pem(pem: &Secret<String>) -> Result<Self, ConfigError> {
        Self::rsa_pem(Algorithm::Rs256, pem)
    }

    /// A private RSA key of 2048 to 8192 bits in PEM (PKCS #8 or PKCS #1), for RSA-PSS.
    ///
    /// # Errors
    /// [`ConfigError`] for anything else. Its text holds nothing of the key.
    pub fn ps256_pem(pem: &Secret<String>) -> Result<Self, ConfigError> {
        Self::rsa_pem(Algorithm::Ps256, pem)
    }

    /// Its algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// What the key ring keeps of it.
    pub(super) const fn material(&self) -> &RootSecret {
        &self.material
    }

    /// The half that verifies.
    pub(super) fn verifying(&self, id: &KeyId) -> Option<VerifyingKey> {
        match &*self.signs {
            Signs::Mac(mac) => Some(VerifyingKey::mac(id.as_str(), mac.clone())),
            Signs::Private(key) => {
                let public = signature::public(self.algorithm, key)?;
                VerifyingKey::public(id.as_str(), self.algorithm, public)
            }
        }
    }

    /// The signature of `message`.
    pub(crate) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        match &*self.signs {
            Signs::Mac(mac) => Some(signature::sign_mac(mac, message)),
            Signs::Private(key) => signature::sign(self.algorithm, key, message),
        }
    }

    fn rsa_pem(algorithm: Algorithm, pem: &Secret<String>) -> Result<Self, ConfigError> {
        let key = EncodingKey::from_rsa_pem(pem.expose().as_bytes()).map_err(|_| not_a_key())?;
        Self::private(algorithm, material(pem)?, key)
    }

    /// Takes the key in, once it has signed something that its own public half verifies.
    fn private(algorithm: Algorithm, material: RootSecret, key: EncodingKey) -> Result<Self, ConfigError> {
        let key = Self {
            algorithm,
            material,
            signs: Arc::new(Signs::Private(key)),
        };
        let proven = KeyId::parse("proof").ok().and_then(|id| {
            let verifying = key.verifying(&id)?;
            let signature = key.sign(b"proof")?;
            verifying.verifies(b"proof", &signature).then_some(())
        });
        proven.map(|()| key).ok_or_else(not_a_key)
    }
}

fn material(pem: &Secret<String>) -> Result<RootSecret, ConfigError> {
    RootSecret::new(Secret::new(pem.expose().as_bytes().to_vec())).map_err(|_| not_a_key())
}

fn not_a_key() -> ConfigError {
    ConfigError::new(
        "signing key",
        "not a private key of that algorithm, of the sizes allowed, in PEM",
    )
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}
