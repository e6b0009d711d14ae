//! Verifying an access token: by the profile, and by `jsonwebtoken` or the bare signature.
use std::num::NonZeroUsize;

use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use palisade_auth::{
    AccessTokens, Grant, Issuer, Keys, Revocations, SigningKey, SigningKeys, TokenProfile, VerifiedToken,
};
use palisade_core::{KeyId, Principal, PrincipalKind, RootSecret, Secret, Subject, Tenant};
use serde_json::{Value, json};

use crate::sample::{Timed, timed};
use crate::{Bar, Pair};

const ISSUER: &str = "https://shop.example";
const AUDIENCE: &str = "shop-api";

fn pem(name: &str) -> Secret<String> {
    let path = format!(
        "{}/../crates/auth/tests/vectors/keys/{name}.pem",
        env!("CARGO_MANIFEST_DIR")
    );
    Secret::new(std::fs::read_to_string(path).unwrap())
}

/// One issuer with its verifier, and a token.
struct Ours {
    tokens: AccessTokens<SigningKeys>,
    keys: SigningKeys,
    text: String,
}

impl Ours {
    fn new(key: SigningKey) -> Self {
        let keys = SigningKeys::new(KeyId::parse("2026-11").unwrap(), key).unwrap();
        let profile = TokenProfile::first_party(ISSUER, AUDIENCE).unwrap();
        let revocations = Revocations::new(std::time::Duration::from_secs(7200)).unwrap();
        revocations.revoke_token("another");
        let tokens = AccessTokens::new(profile, keys.clone())
            .with_revocations(&revocations)
            .unwrap();
        let ada = Principal::new(Subject::new("42").unwrap(), PrincipalKind::Customer)
            .with_tenant(Tenant::new("north").unwrap())
            .add_role("merchant");
        let issuer = Issuer::new(ISSUER, AUDIENCE, keys.clone()).unwrap();
        let text = issuer.issue(&Grant::new(&ada)).unwrap().token().expose().clone();
        Self { tokens, keys, text }
    }

    fn cached(self) -> Timed {
        Box::new(move |iterations| {
            timed(|| {
                for _ in 0..iterations {
                    let verified: VerifiedToken = self.tokens.verify_now(self.text.as_bytes()).unwrap();
                    assert!(verified.session().is_none());
                }
            })
        })
    }

    fn uncached(mut self) -> Timed {
        self.tokens = self.tokens.with_cache(None::<NonZeroUsize>);
        self.cached()
    }

    /// The signature alone, under a key that was parsed before.
    fn parsed(&self) -> Timed {
        let key = self.keys.known("2026-11").unwrap();
        let (signed, signature) = self.text.rsplit_once('.').unwrap();
        let (signed, signature) = (signed.to_owned(), jsonwebtoken_bytes(signature));
        Box::new(move |iterations| {
            timed(|| {
                for _ in 0..iterations {
                    assert!(key.verifies(signed.as_bytes(), &signature));
                }
            })
        })
    }

    /// The signature alone, by `jsonwebtoken` over aws-lc, which parses the key each time as aws-lc's own `verify` does.
    fn bare(&self, algorithm: Algorithm) -> Timed {
        let set: Value = serde_json::from_str(&self.keys.jwk_set()).unwrap();
        let jwk = serde_json::from_value(set["keys"][0].clone()).unwrap();
        let key = DecodingKey::from_jwk(&jwk).unwrap();
        let (signed, signature) = self.text.rsplit_once('.').unwrap();
        let (signed, signature) = (signed.to_owned(), jsonwebtoken_bytes(signature));
        let verifier = (DEFAULT_PROVIDER.verifier_factory)(&algorithm, &key).unwrap();
        Box::new(move |iterations| {
            timed(|| {
                for _ in 0..iterations {
                    assert!(verifier.verify(signed.as_bytes(), &signature).is_ok());
                }
            })
        })
    }
}

/// Base64url without padding.
fn jsonwebtoken_bytes(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'-' => 62,
        _ => 63,
    };
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for byte in text.bytes() {
        held = (held << 6) | u32::from(digit(byte));
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    bytes
}

/// `jsonwebtoken` alone, as its documentation shows, with issuer and audience required.
fn decoded() -> Timed {
    let _ = DEFAULT_PROVIDER.install_default();
    let now = jsonwebtoken::get_current_timestamp();
    let claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "42", "jti": "9Cm3bRzVqkS1uW0yT5oX2A", "iat": now,
        "exp": now + 900, "kind": "customer", "tenant": "north", "roles": ["merchant"],
    });
    let (sign, verify) = (
        EncodingKey::from_secret(&[7; 32]),
        DecodingKey::from_secret(&[7; 32]),
    );
    let text = encode(&Header::default(), &claims, &sign).unwrap();
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&[ISSUER]);
    validation.set_audience(&[AUDIENCE]);
    validation.set_required_spec_claims(&["iss", "aud", "exp"]);
    Box::new(move |iterations| {
        timed(|| {
            for _ in 0..iterations {
                let token = decode::<Claims>(&text, &verify, &validation).unwrap();
                assert_eq!(token.claims.sub.len(), 2);
            }
        })
    })
}

/// What an application would have `jsonwebtoken` read.
#[derive(serde::Deserialize)]
struct Claims {
    sub: String,
    #[serde(rename = "jti")]
    _id: String,
    #[serde(rename = "tenant")]
    _tenant: String,
    #[serde(rename = "roles")]
    _roles: Vec<String>,
}

fn pair(what: &str, ours: Timed, peer: Timed, bar: f64) -> Pair {
    Pair {
        what: what.to_owned(),
        ours,
        peer,
        floor: None,
        bar: Some(Bar::Ratio(bar)),
    }
}

pub(super) fn pairs() -> Vec<Pair> {
    let secret = RootSecret::generate().unwrap();
    let hs256 = || Ours::new(SigningKey::hs256(&secret));
    let ed = || Ours::new(SigningKey::ed25519(&secret).unwrap());
    let es = || Ours::new(SigningKey::es256_pem(&pem("ec")).unwrap());
    let rs = || Ours::new(SigningKey::rs256_pem(&pem("rsa")).unwrap());
    let bare = |name: &str, ours: Ours, algorithm| {
        let (what, bare) = (
            format!("verify {name}, uncached: profile / bare signature"),
            ours.bare(algorithm),
        );
        pair(&what, ours.uncached(), bare, 1.05)
    };
    // Not a peer's way: how much is left beside the signature.
    let parsed = |name: &str, ours: Ours| {
        let (what, parsed) = (
            format!("verify {name}, uncached: profile / signature under a parsed key"),
            ours.parsed(),
        );
        Pair {
            bar: None,
            ..pair(&what, ours.uncached(), parsed, 0.0)
        }
    };
    vec![
        pair(
            "verify HS256, uncached: profile / jsonwebtoken",
            hs256().uncached(),
            decoded(),
            0.6,
        ),
        bare("EdDSA", ed(), Algorithm::EdDSA),
        bare("ES256", es(), Algorithm::ES256),
        bare("RS256", rs(), Algorithm::RS256),
        parsed("EdDSA", ed()),
        parsed("ES256", es()),
        parsed("RS256", rs()),
        Pair {
            bar: Some(Bar::Most(300.0)),
            ..pair(
                "verify EdDSA, cached: profile / jsonwebtoken HS256",
                ed().cached(),
                decoded(),
                0.0,
            )
        },
    ]
}
