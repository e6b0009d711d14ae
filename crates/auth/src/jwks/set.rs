//! Reads JWK Sets, RFC 7517.
use std::collections::HashMap;
use std::sync::Arc;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;
use serde_json::Value;

use crate::token::{Algorithm, Public, VerifyingKey};

/// The most keys of a set that are looked at.
const MAX_KEYS: usize = 100;

/// Keys by their ids.
pub(crate) type ById = HashMap<Box<str>, Arc<VerifyingKey>>;

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

/// The usable keys of a set; `None` where it has none, or is no set.
///
/// A key that is not understood is skipped, and does not spoil the others: symmetric ones, those for encryption, unknown
/// curves, those without an id, those that publish their private half. Two keys of one id are both skipped, since nobody can tell which is
/// meant.
pub(crate) fn read(json: &[u8]) -> Option<ById> {
    let set: Set = serde_json::from_slice(json).ok()?;
    let mut found: HashMap<Box<str>, Option<Arc<VerifyingKey>>> = HashMap::new();
    for jwk in set.keys.iter().take(MAX_KEYS) {
        let Some(kid) = text(jwk, "kid") else { continue };
        let key = key(kid, jwk).map(Arc::new);
        let unique = |known: &mut Option<_>| *known = None;
        found.entry(kid.into()).and_modify(unique).or_insert(key);
    }
    let usable: ById = found
        .into_iter()
        .filter_map(|(kid, key)| Some((kid, key?)))
        .collect();
    (!usable.is_empty()).then_some(usable)
}

/// One public key for signatures.
fn key(kid: &str, jwk: &Value) -> Option<VerifyingKey> {
    let is_for_signatures = jwk.get("use").is_none_or(|usage| usage == "sig")
        && jwk.get("key_ops").is_none_or(|ops| {
            ops.as_array()
                .is_some_and(|ops| ops.iter().any(|op| op == "verify"))
        });
    if !is_for_signatures || jwk.get("d").is_some() {
        return None;
    }
    let (public, default) = public(jwk)?;
    let algorithm = match jwk.get("alg") {
        None => default,
        Some(alg) => Algorithm::parse(alg.as_str()?)?,
    };
    VerifyingKey::public(kid, algorithm, public)
}

/// The numbers of a key, and its algorithm where it does not say. RSA keys that do not say are for PKCS #1 v1.5, which is what
/// issuers that do not say use.
pub(crate) fn public(jwk: &Value) -> Option<(Public, Algorithm)> {
    let bytes = |name| Base64UrlUnpadded::decode_vec(text(jwk, name)?).ok();
    match (text(jwk, "kty")?, text(jwk, "crv")) {
        ("OKP", Some("Ed25519")) => Some((Public::Ed { x: bytes("x")? }, Algorithm::EdDsa)),
        ("EC", Some("P-256")) => Some((
            Public::Ec {
                x: bytes("x")?,
                y: bytes("y")?,
            },
            Algorithm::Es256,
        )),
        ("RSA", _) => Some((
            Public::Rsa {
                n: bytes("n")?,
                e: bytes("e")?,
            },
            Algorithm::Rs256,
        )),
        _ => None,
    }
}

fn text<'a>(jwk: &'a Value, name: &str) -> Option<&'a str> {
    jwk.get(name)?.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8037 appendix A.2.
    const ED: &str = r#""kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#;

    fn ids(keys: &str) -> Vec<String> {
        let set = read(format!("{{\"keys\":[{keys}]}}").as_bytes()).unwrap_or_default();
        let mut ids: Vec<_> = set.into_keys().map(String::from).collect();
        ids.sort();
        ids
    }

    #[test]
    fn usable_keys_are_read() {
        assert_eq!(ids(&format!(r#"{{{ED},"kid":"a"}}"#)), ["a"]);
        assert_eq!(
            ids(&format!(
                r#"{{{ED},"kid":"a","use":"sig","alg":"EdDSA","key_ops":["verify"]}}"#
            )),
            ["a"]
        );
    }

    /// jwt-authorizer issue 25: a key for encryption among others stopped every login.
    #[test]
    fn keys_that_are_not_understood_are_skipped_and_spoil_nothing() {
        let good = format!(r#"{{{ED},"kid":"good"}}"#);
        for (name, key) in [
            ("for encryption", format!(r#"{{{ED},"kid":"a","use":"enc"}}"#)),
            (
                "another operation",
                format!(r#"{{{ED},"kid":"a","key_ops":["deriveBits"]}}"#),
            ),
            (
                "another algorithm",
                format!(r#"{{{ED},"kid":"a","alg":"ES256"}}"#),
            ),
            (
                "an unknown algorithm",
                format!(r#"{{{ED},"kid":"a","alg":"RSA-OAEP"}}"#),
            ),
            (
                "published with its private half",
                format!(r#"{{{ED},"kid":"a","d":"x"}}"#),
            ),
            ("no id", format!("{{{ED}}}")),
            ("an empty id", format!(r#"{{{ED},"kid":""}}"#)),
            ("a number as id", format!(r#"{{{ED},"kid":1}}"#)),
            ("symmetric", r#"{"kty":"oct","k":"AAAA","kid":"a"}"#.to_owned()),
            (
                "another curve",
                r#"{"kty":"OKP","crv":"Ed448","x":"AAAA","kid":"a"}"#.to_owned(),
            ),
            (
                "a short key",
                r#"{"kty":"OKP","crv":"Ed25519","x":"AAAA","kid":"a"}"#.to_owned(),
            ),
            (
                "a weak key",
                r#"{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"a"}"#.to_owned(),
            ),
            ("no object", "7".to_owned()),
            ("twice", format!(r#"{{{ED},"kid":"a"}},{{{ED},"kid":"a"}}"#)),
        ] {
            assert_eq!(ids(&format!("{key},{good}")), ["good"], "{name}");
        }
    }

    #[test]
    fn what_is_no_set_or_has_no_usable_key_is_none() {
        for json in ["", "[]", "{}", r#"{"keys":[]}"#, r#"{"keys":{}}"#, "<html>"] {
            assert!(read(json.as_bytes()).is_none(), "{json}");
        }
    }

    #[test]
    fn a_flood_of_keys_is_cut() {
        let keys: Vec<_> = (0..1_000)
            .map(|kid| format!(r#"{{{ED},"kid":"{kid}"}}"#))
            .collect();
        assert_eq!(ids(&keys.join(",")).len(), MAX_KEYS);
    }
}
