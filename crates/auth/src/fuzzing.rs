//! Entry points for the fuzz targets; no part of the API.
use std::sync::OnceLock;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use palisade_core::{Clock, KeyId, KeyRing, Purpose, RootSecret, Secret, Timestamp};
use serde_json::Value;

use crate::refresh::RefreshText;
use crate::{AccessTokens, SigningKey, SigningKeys, TokenProfile};

const ISSUER: &str = "https://shop.example";
const AUDIENCE: &str = "shop-api";
/// 2026-01-01.
const NOW: u64 = 1_767_225_600;

/// A verifier and the key that it trusts, under the id `k`.
struct World {
    key: SigningKey,
    tokens: AccessTokens<SigningKeys>,
    ring: KeyRing,
}

/// It is always the same moment.
#[derive(Clone, Copy)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(NOW)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

/// Reads `data` as an access token, and its two lines as header and claims under the signature of the issuer. What was not
/// signed does not pass, and what passes says the same to a parser that knows nothing of tokens.
#[expect(clippy::indexing_slicing, reason = "a member that is not there reads as null")]
pub fn access_token(data: &[u8]) {
    let Some(world) = world() else { return };
    assert!(world.tokens.verify_now(data).is_err(), "nobody signed it");
    let Some(line) = data.iter().position(|byte| *byte == b'\n') else {
        return;
    };
    let (header, claims) = data.split_at(line);
    let claims = claims.get(1..).unwrap_or_default();
    let Some(token) = world.sign(header, claims) else {
        return;
    };
    let Ok(verified) = world.tokens.verify_now(token.as_bytes()) else {
        return;
    };
    let read = |json| serde_json::from_slice::<Value>(json).unwrap_or_default();
    let (header, claims) = (read(header), read(claims));
    assert_eq!((&header["alg"], &header["kid"]), (&"HS256".into(), &"k".into()));
    assert!(
        ["crit", "jku", "jwk", "b64"]
            .iter()
            .all(|name| header.get(name).is_none())
    );
    assert_eq!(claims["iss"], ISSUER);
    let is_ours = |audience: &Value| *audience == AUDIENCE;
    let audience = &claims["aud"];
    assert!(is_ours(audience) || audience.as_array().is_some_and(|all| all.iter().any(is_ours)));
    assert_eq!(claims["sub"], verified.principal().subject().as_str());
    assert_eq!(claims["jti"], verified.id());
    let times = claims["exp"].as_u64().zip(claims["iat"].as_u64());
    assert!(
        times.is_some_and(|(end, issued)| end.saturating_add(30) > NOW && issued <= NOW.saturating_add(30))
    );
}

/// Reads `data` as a refresh token: what was not made here is none.
pub fn refresh_token(data: &[u8]) {
    let Some(world) = world() else { return };
    assert!(RefreshText::read(data, &world.ring, Timestamp::from_secs(NOW)).is_err());
}

/// Reads `data` as the keys that another issuer publishes.
#[cfg(feature = "jwks")]
pub fn jwk_set(data: &[u8]) {
    let keys = crate::jwks::read(data).unwrap_or_default();
    assert!(keys.len() <= 100 && keys.iter().all(|(kid, key)| **kid == *key.id()));
}

impl World {
    fn new() -> Option<Self> {
        let secret = RootSecret::new(Secret::new((1..=32).collect())).ok()?;
        let (id, key) = (KeyId::parse("k").ok()?, SigningKey::hs256(&secret));
        let profile = TokenProfile::first_party(ISSUER, AUDIENCE).ok()?;
        let keys = SigningKeys::new(id.clone(), key.clone()).ok()?;
        Some(Self {
            key,
            tokens: AccessTokens::new(profile, keys)
                .with_clock(Still)
                .with_cache(None),
            ring: KeyRing::new(Purpose::new("fuzz"), id, &secret),
        })
    }

    fn sign(&self, header: &[u8], claims: &[u8]) -> Option<String> {
        let part = Base64UrlUnpadded::encode_string;
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.key.sign(signed.as_bytes())?;
        Some(format!("{signed}.{}", part(&signature)))
    }
}

fn world() -> Option<&'static World> {
    static WORLD: OnceLock<Option<World>> = OnceLock::new();
    WORLD.get_or_init(World::new).as_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_token_gets_to_the_end() {
        let header = r#"{"alg":"HS256","kid":"k","typ":"at+jwt"}"#;
        let claims = format!(
            r#"{{"iss":"{ISSUER}","aud":["x","{AUDIENCE}"],"sub":"42","jti":"t","kind":"staff","iat":{NOW},"exp":{}}}"#,
            NOW + 900
        );
        access_token(format!("{header}\n{claims}").as_bytes());
        let token = world()
            .unwrap()
            .sign(header.as_bytes(), claims.as_bytes())
            .unwrap();
        assert!(world().unwrap().tokens.verify_now(token.as_bytes()).is_ok());
    }
}
