//! The key in a proof.
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use sha2::{Digest, Sha256};
use std::fmt;

use crate::token::json::{self, Names, Text};
use crate::token::{Algorithm, Public, VerifyingKey};

/// A public key that came with a proof. It is trusted to be somebody's, and to be nobody's in particular.
pub(super) struct ProofKey {
    key: VerifyingKey,
    thumbprint: Box<str>,
}

impl ProofKey {
    pub(super) const fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// RFC 7638: SHA-256 over the required members in alphabetical order.
    pub(super) fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    fn new(public: Public) -> Option<Self> {
        let (algorithm, canonical) = match &public {
            Public::Ed { x } => (
                Algorithm::EdDsa,
                format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, b64(x)),
            ),
            Public::Ec { x, y } => (
                Algorithm::Es256,
                format!(
                    r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#,
                    b64(x),
                    b64(y)
                ),
            ),
            Public::Rsa { .. } => return None,
        };
        let thumbprint: Box<str> = b64(&Sha256::digest(canonical)).into();
        let key = VerifyingKey::public(&thumbprint, algorithm, public)?;
        Some(Self { key, thumbprint })
    }
}

fn b64(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// Reads a JWK: Ed25519 or P-256. One with its private half, or symmetric, is refused.
pub(super) struct ReadsKey;

impl<'de> DeserializeSeed<'de> for ReadsKey {
    type Value = ProofKey;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<ProofKey, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ReadsKey {
    type Value = ProofKey;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a public key")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<ProofKey, M::Error> {
        let (mut kind, mut curve, mut x, mut y) = (None, None, None, None);
        let mut names = Names::new();
        while let Some(name) = names.next(&mut map)? {
            match name {
                "kty" => kind = Some(map.next_value::<Text<'de>>()?),
                "crv" => curve = Some(map.next_value::<Text<'de>>()?),
                "x" => x = Some(map.next_value::<Text<'de>>()?),
                "y" => y = Some(map.next_value::<Text<'de>>()?),
                "d" | "k" | "p" | "q" => json::refuse(&mut map)?,
                _ => json::skip(&mut map)?,
            }
        }
        let number = |text: Option<Text<'de>>| Base64UrlUnpadded::decode_vec(text?.as_str()).ok();
        let names = kind.zip(curve);
        let public = match names
            .as_ref()
            .map(|(kind, curve)| (kind.as_str(), curve.as_str()))
        {
            Some(("OKP", "Ed25519")) => number(x).map(|x| Public::Ed { x }),
            Some(("EC", "P-256")) => number(x).zip(number(y)).map(|(x, y)| Public::Ec { x, y }),
            _ => None,
        };
        let key = public.and_then(ProofKey::new);
        key.ok_or_else(|| M::Error::custom("no usable key"))
    }
}
