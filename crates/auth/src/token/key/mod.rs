//! Keys that verify.
use std::fmt;

use aws_lc_rs::signature::ParsedPublicKey;

use super::Algorithm;
use super::signature::{self, Mac256, Public};

/// A key that verifies the signatures of one algorithm.
pub struct VerifyingKey {
    id: Box<str>,
    algorithm: Algorithm,
    secret: Verifies,
}

enum Verifies {
    Mac(Mac256),
    Public(ParsedPublicKey, Public),
}

impl VerifyingKey {
    /// The longest id, in bytes.
    pub const MAX_ID: usize = 256;

    /// A public key; `None` where its numbers do not fit the algorithm or are weak, or the id is empty or too long.
    pub(crate) fn public(id: &str, algorithm: Algorithm, public: Public) -> Option<Self> {
        let key = public.parse(algorithm)?;
        let fits = !id.is_empty() && id.len() <= Self::MAX_ID;
        fits.then(|| Self {
            id: id.into(),
            algorithm,
            secret: Verifies::Public(key, public),
        })
    }

    pub(super) fn mac(id: &str, mac: Mac256) -> Self {
        Self {
            id: id.into(),
            algorithm: Algorithm::Hs256,
            secret: Verifies::Mac(mac),
        }
    }

    /// The id by which tokens name it (`kid`).
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The one algorithm of its signatures.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether `signature` is the key's for `message`.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.secret {
            Verifies::Mac(mac) => signature::verify_mac(mac, message, signature),
            Verifies::Public(key, _) => key.verify_sig(message, signature).is_ok(),
        }
    }

    /// Whether both are one public key of one algorithm under one id.
    #[cfg(feature = "jwks")]
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let same = self.id == other.id && self.algorithm == other.algorithm;
        same && self.numbers().is_some() && self.numbers() == other.numbers()
    }

    /// The public numbers; `None` for a key of HMAC, which is published nowhere.
    pub(super) const fn numbers(&self) -> Option<&Public> {
        match &self.secret {
            Verifies::Mac(_) => None,
            Verifies::Public(_, public) => Some(public),
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("id", &self.id)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
