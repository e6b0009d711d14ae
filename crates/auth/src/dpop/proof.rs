//! One proof, as it was sent.
use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding};
use palisade_core::Timestamp;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};

use super::jwk::{ProofKey, ReadsKey};
use crate::token::json::{self, Names, Text};

/// The longest proof, in bytes.
const MAX: usize = 4096;

/// A proof whose signature is that of the key in it.
pub(super) struct Proof {
    pub(super) key: ProofKey,
    pub(super) id: Box<str>,
    pub(super) method: Box<str>,
    pub(super) target: Box<str>,
    pub(super) issued: Timestamp,
    pub(super) token_hash: Option<Box<str>>,
}

impl Proof {
    /// Reads a proof (RFC 9449 section 4.2) and verifies its signature; `None` for anything else.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let mut parts = (text.len() <= MAX).then(|| text.split(|byte| *byte == b'.'))?;
        let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let signed = text.get(..header.len().checked_add(payload.len())?.checked_add(1)?)?;
        let key = json::read(ReadsHeader, &decoded(header)?)??;
        if !key.key().verifies(signed, &decoded(signature)?) {
            return None;
        }
        let payload = decoded(payload)?;
        let claims = json::read(ReadsClaims, &payload)?;
        let boxed = |text: Option<Text<'_>>| text.map(|text| Box::<str>::from(text.as_str()));
        Some(Self {
            key,
            id: boxed(claims.id).filter(|id| !id.is_empty() && id.len() <= 128)?,
            method: boxed(claims.method)?,
            target: boxed(claims.target)?,
            issued: Timestamp::from_secs(claims.issued?),
            token_hash: boxed(claims.token_hash),
        })
    }
}

fn decoded(part: &[u8]) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(std::str::from_utf8(part).ok()?).ok()
}

struct ReadsHeader;

impl<'de> DeserializeSeed<'de> for ReadsHeader {
    type Value = Option<ProofKey>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ReadsHeader {
    type Value = Option<ProofKey>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a header")
    }

    /// The key, where the header names the type and that key's algorithm.
    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let (mut algorithm, mut kind, mut key) = (None, None, None);
        let mut names = Names::new();
        while let Some(name) = names.next(&mut map)? {
            match name {
                "alg" => algorithm = Some(map.next_value::<Text<'de>>()?),
                "typ" => kind = Some(map.next_value::<Text<'de>>()?),
                "jwk" => key = Some(map.next_value_seed(ReadsKey)?),
                "crit" | "b64" | "zip" | "enc" | "jku" | "x5u" | "x5c" => json::refuse(&mut map)?,
                _ => json::skip(&mut map)?,
            }
        }
        let is_proof = kind.is_some_and(|kind| kind.as_str().eq_ignore_ascii_case("dpop+jwt"));
        let key = key.filter(|_| is_proof).zip(algorithm);
        let fits =
            |(key, algorithm): &(ProofKey, Text<'_>)| key.key().algorithm().is_named(algorithm.as_str());
        Ok(key.filter(fits).map(|(key, _)| key))
    }
}

#[derive(Default)]
struct Claims<'a> {
    id: Option<Text<'a>>,
    method: Option<Text<'a>>,
    target: Option<Text<'a>>,
    issued: Option<u64>,
    token_hash: Option<Text<'a>>,
}

struct ReadsClaims;

impl<'de> DeserializeSeed<'de> for ReadsClaims {
    type Value = Claims<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ReadsClaims {
    type Value = Claims<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("claims")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let (mut claims, mut names) = (Claims::default(), Names::new());
        while let Some(name) = names.next(&mut map)? {
            match name {
                "jti" => claims.id = Some(map.next_value()?),
                "htm" => claims.method = Some(map.next_value()?),
                "htu" => claims.target = Some(map.next_value()?),
                "iat" => claims.issued = Some(map.next_value()?),
                "ath" => claims.token_hash = Some(map.next_value()?),
                _ => json::skip(&mut map)?,
            }
        }
        Ok(claims)
    }
}
