//! The mathematics: aws-lc verifies signatures, through `jsonwebtoken` it makes them, and `hmac` does HS256.
//!
//! `jsonwebtoken` takes a public key in as bytes and parses it at every verification. Here that is done once for each key.
//!
//! `jsonwebtoken` chooses its cryptography by a variable of the process, which another crate's features can leave at a
//! placeholder that panics (Keats/jsonwebtoken issue 540). Its provider over aws-lc is called here by name, so that
//! variable is neither read nor written.
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256,
    RsaParameters, RsaPublicKeyComponents,
};
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::EncodingKey;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use sha2::Sha256;

use super::Algorithm;

/// The least modulus, in bytes: 2048 bits (RFC 7518 section 3.3).
const MIN_RSA: usize = 256;
/// The greatest modulus, in bytes: 8192 bits, beyond which aws-lc verifies nothing and signatures only cost time.
const MAX_RSA: usize = 1024;

/// HMAC-SHA256 with the key taken in, so that no call does it again.
pub(super) type Mac256 = Hmac<Sha256>;

/// The prepared state for a key of 32 bytes or more.
pub(super) fn mac(key: &[u8; 32]) -> Mac256 {
    let mut block = zeroize::Zeroizing::new([0; 64]);
    // RFC 2104 section 2: a key shorter than the block of 64 bytes is filled up with zeroes.
    block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    <Mac256 as KeyInit>::new((&*block).into())
}

/// Whether `signature` is the MAC of `message`; compared in constant time.
pub(super) fn verify_mac(mac: &Mac256, message: &[u8], signature: &[u8]) -> bool {
    let mut mac = mac.clone();
    mac.update(message);
    mac.verify_slice(signature).is_ok()
}

pub(super) fn sign_mac(mac: &Mac256, message: &[u8]) -> Vec<u8> {
    let mut mac = mac.clone();
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// The signature of `message`; `None` where the key does not fit the algorithm.
pub(super) fn sign(algorithm: Algorithm, key: &EncodingKey, message: &[u8]) -> Option<Vec<u8>> {
    let signer = (DEFAULT_PROVIDER.signer_factory)(&algorithm.jose(), key).ok()?;
    signer.try_sign(message).ok()
}

/// The public half of a private key.
pub(super) fn public(algorithm: Algorithm, key: &EncodingKey) -> Option<Public> {
    let (utils, der) = (&DEFAULT_PROVIDER.key_utils, key.as_bytes());
    match algorithm {
        Algorithm::EdDsa => {
            let curve = jsonwebtoken::jwk::EllipticCurve::Ed25519;
            let x = (utils.ed_pub_components_from_private_key)(der, &curve).ok()?;
            Some(Public::Ed { x })
        }
        Algorithm::Es256 => {
            let (_, x, y) = (utils.ec_pub_components_from_private_key)(der, algorithm.jose()).ok()?;
            Some(Public::Ec { x, y })
        }
        Algorithm::Rs256 | Algorithm::Ps256 => {
            let (n, e) = (utils.rsa_pub_components_from_private_key)(der).ok()?;
            Some(Public::Rsa { n, e })
        }
        Algorithm::Hs256 => None,
    }
}

/// A public key as its numbers, the form in which JWK Sets carry them (RFC 7518 section 6, RFC 8037 section 2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Public {
    /// Ed25519: 32 bytes.
    Ed { x: Vec<u8> },
    /// P-256: 32 bytes each.
    Ec { x: Vec<u8>, y: Vec<u8> },
    /// RSA: modulus and exponent.
    Rsa { n: Vec<u8>, e: Vec<u8> },
}

impl Public {
    /// The key for `algorithm`, ready to verify; `None` where it is of another kind, another length, or weak.
    pub(super) fn parse(&self, algorithm: Algorithm) -> Option<ParsedPublicKey> {
        match (algorithm, self) {
            (Algorithm::EdDsa, Self::Ed { x }) if x.len() == 32 => ParsedPublicKey::new(&ED25519, x).ok(),
            (Algorithm::Es256, Self::Ec { x, y }) if (x.len(), y.len()) == (32, 32) => {
                // SEC 1 section 2.3.3: an uncompressed point.
                let point = [&[4], x.as_slice(), y].concat();
                ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).ok()
            }
            (Algorithm::Rs256, Self::Rsa { n, e }) => rsa(&RSA_PKCS1_2048_8192_SHA256, n, e),
            (Algorithm::Ps256, Self::Rsa { n, e }) => rsa(&RSA_PSS_2048_8192_SHA256, n, e),
            _ => None,
        }
    }
}

/// An RSA key of an allowed length with an allowed exponent.
fn rsa(parameters: &'static RsaParameters, n: &[u8], e: &[u8]) -> Option<ParsedPublicKey> {
    let fits = (MIN_RSA..=MAX_RSA).contains(&n.len()) && is_exponent(e);
    let key = fits.then_some(RsaPublicKeyComponents { n, e })?;
    key.to_parsed_public_key(parameters).ok()
}

/// Odd, from 3 up to 33 bits: what aws-lc takes.
fn is_exponent(e: &[u8]) -> bool {
    e.len() <= 5 && e != [1] && e.last().is_some_and(|last| last & 1 == 1)
}
