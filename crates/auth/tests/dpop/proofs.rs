//! Proofs, and attempts to go without.
use std::num::NonZeroUsize;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use http::Request;
use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::{Algorithm, EncodingKey};
use palisade_auth::{
    AccessTokens, BearerCheck, BearerRefusedKind, DpopProofs, DpopRefused, DpopTokens, Grant, Issuer,
    MemoryReplays, SigningKey, SigningKeys, TokenProfile, TokenRefusedKind,
};
use palisade_core::{
    AsyncCheck, Clock, FakeClock, Head, KeyId, Principal, PrincipalKind, RootSecret, Subject,
};
use sha2::{Digest, Sha256};

const ISSUER: &str = "https://shop.example";
const ED: &str = include_str!("../vectors/keys/ed.pem");

/// A client that has a key.
struct Client(EncodingKey);

impl Client {
    fn new() -> Self {
        Self(EncodingKey::from_ed_pem(ED.as_bytes()).unwrap())
    }

    /// Another key.
    fn other() -> Self {
        let mut der = vec![
            0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
        ];
        der.extend([7; 32]);
        Self(EncodingKey::from_ed_der(&der))
    }

    fn jwk(&self) -> String {
        let curve = jsonwebtoken::jwk::EllipticCurve::Ed25519;
        let x = (DEFAULT_PROVIDER.key_utils.ed_pub_components_from_private_key)(self.0.as_bytes(), &curve);
        let x = Base64UrlUnpadded::encode_string(&x.unwrap());
        format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#)
    }

    fn sign(&self, header: &str, payload: &str) -> String {
        let b64 = |text: &str| Base64UrlUnpadded::encode_string(text.as_bytes());
        let signed = format!("{}.{}", b64(header), b64(payload));
        let key = (DEFAULT_PROVIDER.signer_factory)(&Algorithm::EdDSA, &self.0).unwrap();
        let signature = key.try_sign(signed.as_bytes()).unwrap();
        format!("{signed}.{}", Base64UrlUnpadded::encode_string(&signature))
    }

    fn header(&self) -> String {
        format!(r#"{{"typ":"dpop+jwt","alg":"EdDSA","jwk":{}}}"#, self.jwk())
    }

    fn proof(&self, id: &str, issued: u64, token: Option<&str>) -> String {
        let hash = token.map(|token| Base64UrlUnpadded::encode_string(&Sha256::digest(token)));
        let hash = hash.map_or_else(String::new, |hash| format!(r#","ath":"{hash}""#));
        let target = "https://shop.example/orders";
        let payload = format!(r#"{{"jti":"{id}","htm":"GET","htu":"{target}","iat":{issued}{hash}}}"#);
        self.sign(&self.header(), &payload)
    }
}

struct World {
    clock: FakeClock,
    issuer: Issuer,
    tokens: AccessTokens<SigningKeys>,
    proofs: DpopProofs<MemoryReplays<FakeClock>>,
}

fn world() -> World {
    let clock = FakeClock::new();
    let key = SigningKey::ed25519(&RootSecret::generate().unwrap()).unwrap();
    let keys = SigningKeys::new(KeyId::parse("k1").unwrap(), key).unwrap();
    let profile = TokenProfile::first_party(ISSUER, "api").unwrap();
    let replays = MemoryReplays::with_clock(clock.clone());
    World {
        issuer: Issuer::new(ISSUER, "api", keys.clone())
            .unwrap()
            .with_clock(clock.clone()),
        tokens: AccessTokens::new(profile, keys).with_clock(clock.clone()),
        proofs: DpopProofs::new(ISSUER, replays)
            .unwrap()
            .with_clock(clock.clone()),
        clock,
    }
}

fn request(fields: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::get("/orders?page=2").body(()).unwrap();
    for (name, value) in fields {
        let name: http::HeaderName = name.parse().unwrap();
        request.headers_mut().append(name, value.parse().unwrap());
    }
    request
}

impl World {
    fn now(&self) -> u64 {
        self.clock.now().as_secs()
    }

    /// A token bound to the client's key, as the token endpoint issues it.
    async fn issue(&self, client: &Client) -> String {
        let proof = client.proof(&format!("issue {}", self.now()), self.now(), None);
        let request = request(&[("dpop", &proof)]);
        let proven = self.proofs.verify(&Head::from(&request)).await.unwrap();
        let ada = Principal::new(Subject::new("42").unwrap(), PrincipalKind::Customer);
        let issued = self.issuer.issue(&Grant::new(&ada).bound_to(&proven)).unwrap();
        issued.token().expose().clone()
    }

    async fn ask(&self, fields: &[(&str, &str)]) -> Result<(), BearerRefusedKind> {
        let check = BearerCheck::new(DpopTokens::new(self.tokens.clone(), self.proofs.clone()));
        let request = request(fields);
        let checked = check.check(&Head::from(&request)).await;
        checked.map(drop).map_err(|refused| refused.kind())
    }
}

const UNPROVEN: Result<(), BearerRefusedKind> =
    Err(BearerRefusedKind::InvalidToken(TokenRefusedKind::Unproven));

#[tokio::test]
async fn whoever_has_the_key_gets_in_and_a_thief_of_the_token_does_not() {
    let (world, ada, eve) = (world(), Client::new(), Client::other());
    let token = world.issue(&ada).await;
    let field = format!("DPoP {token}");
    let good = ada.proof("1", world.now(), Some(&token));
    assert_eq!(
        world.ask(&[("authorization", &field), ("dpop", &good)]).await,
        Ok(())
    );
    assert_eq!(
        world.ask(&[("authorization", &field), ("dpop", &good)]).await,
        UNPROVEN,
        "a proof works once"
    );
    let hers = eve.proof("2", world.now(), Some(&token));
    assert_eq!(
        world.ask(&[("authorization", &field), ("dpop", &hers)]).await,
        UNPROVEN,
        "another key"
    );
    assert_eq!(
        world.ask(&[("authorization", &field)]).await,
        UNPROVEN,
        "no proof"
    );
    let (one, two) = (
        ada.proof("3", world.now(), Some(&token)),
        ada.proof("4", world.now(), Some(&token)),
    );
    let twice = [("authorization", &*field), ("dpop", &*one), ("dpop", &*two)];
    assert_eq!(world.ask(&twice).await, UNPROVEN, "two proofs");
    let bearer = format!("Bearer {token}");
    assert_eq!(
        world.ask(&[("authorization", &bearer)]).await,
        Err(BearerRefusedKind::Missing)
    );
    let plain = BearerCheck::new(world.tokens.clone());
    let request = request(&[("authorization", &bearer)]);
    let refused = plain.check(&Head::from(&request)).await.unwrap_err();
    assert_eq!(Err(refused.kind()), UNPROVEN, "nor where no proof is asked for");
}

#[tokio::test]
async fn a_token_that_is_bound_to_nothing_is_no_token_here() {
    let (world, ada) = (world(), Client::new());
    let principal = Principal::new(Subject::new("42").unwrap(), PrincipalKind::Customer);
    let issued = world.issuer.issue(&Grant::new(&principal)).unwrap();
    let (token, field) = (
        issued.token().expose(),
        format!("DPoP {}", issued.token().expose()),
    );
    let proof = ada.proof("1", world.now(), Some(token));
    assert_eq!(
        world.ask(&[("authorization", &field), ("dpop", &proof)]).await,
        UNPROVEN
    );
}

/// What is no proof for `GET https://shop.example/orders`.
#[expect(clippy::too_many_lines, reason = "a table")]
fn bad_proofs(ada: &Client, now: u64, good: &str) -> Vec<(&'static str, String)> {
    let jwk = ada.jwk();
    let claims = |method: &str, target: &str| claims(now, method, target);
    let header = ada.header();
    let with_private = header.replace(r#""kty""#, r#""d":"AAAA","kty""#);
    vec![
        (
            "another method",
            ada.sign(&header, &claims("POST", "https://shop.example/orders")),
        ),
        (
            "a method in lower case",
            ada.sign(&header, &claims("get", "https://shop.example/orders")),
        ),
        (
            "another host",
            ada.sign(&header, &claims("GET", "https://evil.example/orders")),
        ),
        (
            "a longer host",
            ada.sign(
                &header,
                &claims("GET", "https://shop.example.evil.example/orders"),
            ),
        ),
        (
            "userinfo",
            ada.sign(
                &header,
                &claims("GET", "https://shop.example@evil.example/orders"),
            ),
        ),
        (
            "another scheme",
            ada.sign(&header, &claims("GET", "http://shop.example/orders")),
        ),
        (
            "another path",
            ada.sign(&header, &claims("GET", "https://shop.example/orders/7")),
        ),
        (
            "no target",
            ada.sign(&header, &format!(r#"{{"jti":"a","htm":"GET","iat":{now}}}"#)),
        ),
        ("no id", ada.sign(&header, &good.replace("jti", "id"))),
        (
            "a claim twice",
            ada.sign(&header, &good.replace('{', r#"{"htm":"GET","#)),
        ),
        (
            "an access token",
            ada.sign(&header.replace("dpop+jwt", "at+jwt"), good),
        ),
        ("none", ada.sign(&header.replace("EdDSA", "none"), good)),
        ("HS256", ada.sign(&header.replace("EdDSA", "HS256"), good)),
        (
            "ES256 for an Ed25519 key",
            ada.sign(&header.replace("EdDSA", "ES256"), good),
        ),
        ("a private key", ada.sign(&with_private, good)),
        (
            "a symmetric key",
            ada.sign(&header.replace(&jwk, r#"{"kty":"oct","k":"AAAA"}"#), good),
        ),
        ("no key", ada.sign(r#"{"typ":"dpop+jwt","alg":"EdDSA"}"#, good)),
        ("another's key", ada.sign(&Client::other().header(), good)),
        ("a megabyte", "A".repeat(1 << 16)),
    ]
}

fn claims(now: u64, method: &str, target: &str) -> String {
    format!(r#"{{"jti":"{method}{target}","htm":"{method}","htu":"{target}","iat":{now}}}"#)
}

#[tokio::test]
async fn proofs_for_something_else_are_refused() {
    let (world, ada) = (world(), Client::new());
    let good = claims(world.now(), "GET", "https://shop.example/orders");
    let header = ada.header();
    for (name, proof) in bad_proofs(&ada, world.now(), &good) {
        let request = request(&[("dpop", &proof)]);
        let refused = world.proofs.verify(&Head::from(&request)).await.unwrap_err();
        assert_eq!(refused, DpopRefused::Invalid, "{name}");
    }
    let proof = ada.sign(&header, &good.replace("orders\"", "orders?other=1#x\""));
    let request = request(&[("dpop", &proof)]);
    assert!(
        world.proofs.verify(&Head::from(&request)).await.is_ok(),
        "query and fragment say nothing"
    );
}

#[tokio::test]
async fn a_proof_is_for_one_token() {
    let (world, ada) = (world(), Client::new());
    let token = world.issue(&ada).await;
    let field = format!("DPoP {token}");
    for (id, hash) in [("1", None), ("2", Some("another token"))] {
        let proof = ada.proof(id, world.now(), hash);
        assert_eq!(
            world.ask(&[("authorization", &field), ("dpop", &proof)]).await,
            UNPROVEN
        );
    }
}

#[tokio::test]
async fn a_proof_is_fresh_for_a_minute_and_used_once_for_as_long() {
    let (world, ada) = (world(), Client::new());
    for (issued, fresh) in [
        (world.now() - 61, false),
        (world.now() - 60, true),
        (world.now() + 60, true),
        (world.now() + 61, false),
    ] {
        let proof = ada.proof(&issued.to_string(), issued, None);
        let request = request(&[("dpop", &proof)]);
        let verified = world.proofs.verify(&Head::from(&request)).await;
        assert_eq!(verified.is_ok(), fresh, "{issued}");
    }
    let proof = ada.proof("from a clock ahead", world.now() + 60, None);
    let request = request(&[("dpop", &proof)]);
    assert!(world.proofs.verify(&Head::from(&request)).await.is_ok());
    for _ in 0..119 {
        world.clock.advance(Duration::from_secs(1));
        let again = world.proofs.verify(&Head::from(&request)).await.unwrap_err();
        assert_eq!(again, DpopRefused::Replayed);
    }
    world.clock.advance(Duration::from_secs(2));
    let again = world.proofs.verify(&Head::from(&request)).await.unwrap_err();
    assert_eq!(again, DpopRefused::Stale, "forgotten only when it is too old");
}

#[tokio::test]
async fn a_full_store_lets_nobody_in_rather_than_forget_a_proof() {
    let (world, ada) = (world(), Client::new());
    let replays = MemoryReplays::with_clock(world.clock.clone()).with_capacity(NonZeroUsize::new(3).unwrap());
    let proofs = DpopProofs::new(ISSUER, replays)
        .unwrap()
        .with_clock(world.clock.clone());
    let mut answers = Vec::new();
    for id in ["1", "2", "3", "4", "1"] {
        let proof = ada.proof(id, world.now(), None);
        let request = request(&[("dpop", &proof)]);
        answers.push(proofs.verify(&Head::from(&request)).await.err());
    }
    let (full, replayed) = (Some(DpopRefused::Unavailable), Some(DpopRefused::Replayed));
    assert_eq!(answers, [None, None, None, full, replayed]);
}

/// RFC 7638 section 3.1 has an RSA key; this is the one of RFC 8037 appendix A.3.
#[tokio::test]
async fn thumbprints_are_those_of_the_rfc() {
    let secret = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    let mut der = vec![
        0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20,
    ];
    der.extend(Base64UrlUnpadded::decode_vec(secret).unwrap());
    let (world, client) = (world(), Client(EncodingKey::from_ed_der(&der)));
    let proof = client.proof("1", world.now(), None);
    let request = request(&[("dpop", &proof)]);
    let proven = world.proofs.verify(&Head::from(&request)).await.unwrap();
    assert_eq!(proven.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[test]
fn origins_are_scheme_and_authority() {
    for origin in [
        "",
        "shop.example",
        "https://shop.example/",
        "https://Shop.example",
        "https://a@b",
        "ftp://shop.example",
    ] {
        assert!(
            DpopProofs::new(origin, MemoryReplays::default()).is_err(),
            "{origin}"
        );
    }
    assert!(DpopProofs::new("http://localhost:8080", MemoryReplays::default()).is_ok());
}
