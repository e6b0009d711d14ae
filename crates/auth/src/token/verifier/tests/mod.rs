//! Attacks, each refused for its reason; and what is let in.
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use palisade_core::{Factor, FakeClock, KeyId, Principal, PrincipalKind, RootSecret, Subject, Tenant};

mod attacks;

use attacks::{Changes, FORGED_CLAIMS, FORGED_HEADERS};

use super::*;
use crate::token::{Grant, Issuer, SigningKey};

const ISSUER: &str = "https://shop.example";
const AUDIENCE: &str = "shop-api";
/// The start of the fake clock.
const NOW: u64 = 1_767_225_600;

fn id(text: &str) -> KeyId {
    KeyId::parse(text).unwrap()
}

fn ed25519() -> SigningKey {
    SigningKey::ed25519(&RootSecret::generate().unwrap()).unwrap()
}

fn pem(name: &str) -> palisade_core::Secret<String> {
    let path = format!("{}/tests/vectors/keys/{name}.pem", env!("CARGO_MANIFEST_DIR"));
    palisade_core::Secret::new(std::fs::read_to_string(path).unwrap())
}

fn profile() -> TokenProfile {
    TokenProfile::first_party(ISSUER, AUDIENCE).unwrap()
}

fn ada() -> Principal {
    Principal::new(Subject::new("42").unwrap(), PrincipalKind::Customer)
}

/// A verifier with one key, the key, and the clock they live by.
struct Bench {
    clock: FakeClock,
    key: SigningKey,
    keys: SigningKeys,
    tokens: AccessTokens<SigningKeys>,
    issuer: Issuer,
}

impl Bench {
    fn with(key: SigningKey, profile: TokenProfile) -> Self {
        let clock = FakeClock::new();
        let keys = SigningKeys::new(id("k1"), key.clone()).unwrap();
        let tokens = AccessTokens::new(profile, keys.clone()).with_clock(clock.clone());
        let issuer = Issuer::new(ISSUER, AUDIENCE, keys.clone()).unwrap();
        Self {
            issuer: issuer.with_clock(clock.clone()),
            clock,
            key,
            keys,
            tokens,
        }
    }

    fn new() -> Self {
        Self::with(ed25519(), profile())
    }

    fn issue(&self) -> String {
        self.issuer
            .issue(&Grant::new(&ada()))
            .unwrap()
            .token()
            .expose()
            .clone()
    }

    /// A token with a good signature over whatever it is given.
    fn sign(&self, header: &str, payload: &str) -> String {
        let b64 = |text: &str| Base64UrlUnpadded::encode_string(text.as_bytes());
        let signed = format!("{}.{}", b64(header), b64(payload));
        let signature = self.key.sign(signed.as_bytes()).unwrap();
        format!("{signed}.{}", Base64UrlUnpadded::encode_string(&signature))
    }

    fn kind(&self, token: &str) -> Option<Kind> {
        self.tokens
            .verify_now(token.as_bytes())
            .err()
            .map(|refused| refused.kind())
    }
}

const HEADER: &str = r#"{"alg":"EdDSA","kid":"k1","typ":"at+jwt"}"#;

/// Good claims, with some members replaced (`Some`) or left out (`None`).
fn payload(changes: &[(&str, Option<&str>)]) -> String {
    let good = [
        ("iss", format!("\"{ISSUER}\"")),
        ("aud", format!("\"{AUDIENCE}\"")),
        ("sub", "\"42\"".to_owned()),
        ("jti", "\"t1\"".to_owned()),
        ("kind", "\"customer\"".to_owned()),
        ("iat", NOW.to_string()),
        ("exp", (NOW + 900).to_string()),
    ];
    let is_good = |name: &str| !changes.iter().any(|(other, _)| *other == name);
    let kept = good.iter().filter(|(name, _)| is_good(name));
    let kept = kept.map(|(name, value)| format!("\"{name}\":{value}"));
    let added = changes
        .iter()
        .filter_map(|(name, value)| Some(format!("\"{name}\":{}", (*value)?)));
    format!("{{{}}}", kept.chain(added).collect::<Vec<_>>().join(","))
}

#[test]
fn a_principal_comes_back_as_it_was_issued() {
    let at = |secs| Timestamp::from_secs(NOW - secs);
    let full = Principal::new(Subject::new("7").unwrap(), PrincipalKind::Staff)
        .with_tenant(Tenant::new("north").unwrap())
        .add_role("merchant")
        .add_role("auditor")
        .with_scopes(["orders:read", "orders:refund"])
        .acted_by(Subject::new("support").unwrap())
        .with_factor(Factor::Password, at(700))
        .with_factor(Factor::Totp, at(5));
    let nothing_allowed = ada().with_scopes(<[&str; 0]>::default());
    let keys = [
        ed25519(),
        SigningKey::hs256(&RootSecret::generate().unwrap()),
        SigningKey::ed25519_pem(&pem("ed")).unwrap(),
        SigningKey::es256_pem(&pem("ec")).unwrap(),
        SigningKey::rs256_pem(&pem("rsa")).unwrap(),
        SigningKey::ps256_pem(&pem("rsa")).unwrap(),
    ];
    for key in keys {
        let bench = Bench::with(key, profile());
        for principal in [&ada(), &full, &nothing_allowed] {
            let grant = Grant::new(principal).with_client_id("web");
            let issued = bench.issuer.issue(&grant).unwrap();
            let text = issued.token().expose().as_bytes();
            for _ in ["verified", "cached"] {
                let token = bench.tokens.verify_now(text).unwrap();
                assert_eq!(token.principal(), principal, "{:?}", bench.key);
                assert_eq!((token.id(), token.client_id()), (issued.id(), Some("web")));
                assert_eq!(token.expires_at(), Timestamp::from_secs(NOW + 900));
            }
        }
    }
}

/// One verifier that has seen nothing yet, and one that remembers the header of a good token.
fn new_and_used() -> [Bench; 2] {
    let used = Bench::new();
    assert_eq!(used.kind(&used.sign(HEADER, &payload(&[]))), None);
    assert_eq!(used.tokens.0.headers.len(), 1);
    [Bench::new(), used]
}

#[test]
fn forged_headers_are_refused_for_their_reason() {
    for bench in new_and_used() {
        for (name, header, kind) in FORGED_HEADERS {
            let token = bench.sign(header, &payload(&[]));
            assert_eq!(bench.kind(&token), Some(*kind), "{name}");
        }
        assert_eq!(bench.kind(&bench.sign(HEADER, &payload(&[]))), None);
    }
}

#[test]
fn forged_claims_are_refused_for_their_reason() {
    for bench in new_and_used() {
        for (name, changes, kind) in FORGED_CLAIMS {
            let token = bench.sign(HEADER, &payload(changes));
            assert_eq!(bench.kind(&token), Some(*kind), "{name}");
        }
    }
    let bench = Bench::new();
    for (name, payload) in [
        ("nothing", ""),
        ("an array", "[]"),
        ("two", "{}{}"),
        ("null", "null"),
    ] {
        assert_eq!(
            bench.kind(&bench.sign(HEADER, payload)),
            Some(Kind::Malformed),
            "{name}"
        );
    }
}

#[test]
fn no_claim_may_come_twice() {
    let bench = Bench::new();
    let text = Some("\"a\"");
    for (name, value) in [
        ("iss", Some("\"https://shop.example\"")),
        ("aud", Some("\"shop-api\"")),
        ("sub", text),
        ("jti", text),
        ("iat", Some("1767225600")),
        ("exp", Some("1767226500")),
        ("nbf", Some("1")),
        ("client_id", text),
        ("scope", text),
        ("sid", text),
        ("cnf", Some(r#"{"jkt":"a"}"#)),
        ("iat_us", Some("1")),
        ("kind", Some("\"staff\"")),
        ("tenant", text),
        ("roles", Some("[]")),
        ("factors", Some("{}")),
        ("act", Some(r#"{"sub":"a"}"#)),
        ("email", text),
    ] {
        let twice = bench.sign(HEADER, &payload(&[(name, value), (name, value)]));
        assert_eq!(bench.kind(&twice), Some(Kind::Malformed), "{name}");
        let once = bench.sign(HEADER, &payload(&[(name, value)]));
        let taken = (name == "cnf").then_some(Kind::Unproven);
        assert_eq!(bench.kind(&once), taken, "{name}");
    }
}

#[test]
fn only_headers_of_verified_tokens_are_remembered_and_few() {
    let bench = Bench::new();
    let good = bench.issue();
    for token in [
        bench.sign(HEADER, &payload(&[("aud", Some("\"other\""))])),
        good.clone() + "AAAA",
        good.replacen('.', ".AAAA", 1),
    ] {
        assert!(bench.kind(&token).is_some());
    }
    assert_eq!(bench.tokens.0.headers.len(), 0);
    for number in 0..20 {
        let header = format!(r#"{{"alg":"EdDSA","kid":"k1","typ":"at+jwt","x5t":"{number}"}}"#);
        assert_eq!(bench.kind(&bench.sign(&header, &payload(&[]))), None);
    }
    assert_eq!(bench.tokens.0.headers.len(), 8);
}

#[test]
fn a_remembered_header_lasts_no_longer_than_its_key() {
    let bench = Bench::new();
    let tokens = bench.tokens.clone().with_cache(None);
    let kind = |token: &str| tokens.verify_now(token.as_bytes()).err().map(|no| no.kind());
    let token = bench.issue();
    assert_eq!((kind(&token), kind(&token)), (None, None));
    let rotate = |kid, key| bench.keys.rotate(id(kid), key, Timestamp::UNIX_EPOCH).unwrap();
    rotate("k2", ed25519());
    bench.keys.retire(&id("k1"), bench.clock.now()).unwrap();
    assert_eq!(kind(&token), Some(Kind::UnknownKey), "retired");
    rotate("k1", ed25519());
    assert_eq!(kind(&token), Some(Kind::Signature), "another key of that id");
    bench.keys.compromise(&id("k1")).unwrap();
    assert_eq!(kind(&token), Some(Kind::UnknownKey), "compromised");
}

#[test]
fn good_tokens_in_their_varieties_are_taken() {
    let bench = Bench::new();
    let cases: &[(&str, Changes)] = &[
        ("audiences", &[("aud", Some("[\"other\",\"shop-api\"]"))]),
        ("clocks that differ", &[("iat", Some("1767225630"))]),
        (
            "within the leeway",
            &[("exp", Some("1767225571")), ("iat", Some("1767225000"))],
        ),
        ("other claims", &[("email", Some("{\"a\":[1,null,true,-1.5]}"))]),
        (
            "escaped names",
            &[("iss", None), ("\\u0069ss", Some("\"https:\\/\\/shop.example\""))],
        ),
    ];
    for (name, changes) in cases {
        assert_eq!(bench.kind(&bench.sign(HEADER, &payload(changes))), None, "{name}");
    }
    let header = r#"{"kid":"k1","alg":"Ed25519","typ":"application/at+JWT","x5t":"a"}"#;
    assert_eq!(bench.kind(&bench.sign(header, &payload(&[]))), None);
}

#[test]
fn what_is_not_three_canonical_parts_is_refused() {
    let bench = Bench::new();
    let good = bench.issue();
    let (rest, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = rest.split_once('.').unwrap();
    let long = format!("{good}{}", "A".repeat(8192));
    for (name, token, kind) in [
        ("nothing", String::new(), Kind::Malformed),
        ("dots", "..".to_owned(), Kind::Malformed),
        ("two parts", rest.to_owned(), Kind::Malformed),
        ("four parts", format!("{good}.{signature}"), Kind::Malformed),
        ("a trailing dot", format!("{good}."), Kind::Malformed),
        ("no signature", format!("{rest}."), Kind::Signature),
        ("no header", format!(".{payload}.{signature}"), Kind::Malformed),
        ("no payload", format!("{header}..{signature}"), Kind::Signature),
        ("padded", format!("{good}=="), Kind::Malformed),
        ("a space", format!(" {good}"), Kind::Malformed),
        ("a line break", format!("{good}\n"), Kind::Malformed),
        (
            "another alphabet",
            format!("{rest}.+{}", signature.get(1..).unwrap()),
            Kind::Malformed,
        ),
        ("too long", long, Kind::TooLarge),
        ("five parts, encrypted", format!("{good}.a.b"), Kind::Malformed),
    ] {
        assert_eq!(bench.kind(&token), Some(kind), "{name}");
    }
    assert_eq!(
        bench.tokens.verify_now(b"\xff.\xff.\xff").unwrap_err().kind(),
        Kind::Malformed
    );
}

#[test]
fn another_spelling_of_the_same_signature_is_refused() {
    let bench = Bench::new();
    let good = bench.issue();
    let last = good.chars().last().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for other in alphabet.chars().filter(|other| *other != last) {
        let token = format!("{}{other}", good.strip_suffix(last).unwrap());
        assert!(bench.kind(&token).is_some(), "{other}");
    }
}

#[test]
fn every_changed_byte_is_refused() {
    let bench = Bench::new();
    let good = bench.issue();
    assert_eq!(bench.kind(&good), None, "and is in the cache from now on");
    for index in 0..good.len() {
        let mut token = good.clone().into_bytes();
        token[index] ^= 1;
        assert!(bench.tokens.verify_now(&token).is_err(), "{index}");
    }
}

#[test]
fn psychic_signatures_are_refused() {
    let bench = Bench::with(SigningKey::es256_pem(&pem("ec")).unwrap(), profile());
    let good = bench.issue();
    let (rest, _) = good.rsplit_once('.').unwrap();
    for (name, signature) in [
        ("CVE-2022-21449: r = s = 0", vec![0; 64]),
        ("empty", vec![]),
        ("63", vec![1; 63]),
        ("order", vec![0xff; 64]),
    ] {
        let token = format!("{rest}.{}", Base64UrlUnpadded::encode_string(&signature));
        assert_eq!(bench.kind(&token), Some(Kind::Signature), "{name}");
    }
}

#[test]
fn a_public_key_is_no_secret_of_hmac() {
    let rsa = Bench::with(SigningKey::rs256_pem(&pem("rsa")).unwrap(), profile());
    let set = rsa.keys.jwk_set();
    let header = r#"{"alg":"HS256","kid":"k1","typ":"at+jwt"}"#;
    let b64 = |text: &str| Base64UrlUnpadded::encode_string(text.as_bytes());
    let signed = format!("{}.{}", b64(header), b64(&payload(&[])));
    let mac = super::super::signature::mac(&palisade_core_key(&set));
    let signature = super::super::signature::sign_mac(&mac, signed.as_bytes());
    let token = format!("{signed}.{}", Base64UrlUnpadded::encode_string(&signature));
    assert_eq!(rsa.kind(&token), Some(Kind::Algorithm));
}

/// The first 32 bytes of a text: any public bytes do.
fn palisade_core_key(text: &str) -> [u8; 32] {
    *text.as_bytes().first_chunk().unwrap()
}

#[test]
fn an_rsa_key_verifies_one_of_its_two_algorithms_only() {
    let pss = Bench::with(SigningKey::ps256_pem(&pem("rsa")).unwrap(), profile());
    let pkcs1 = Bench::with(SigningKey::rs256_pem(&pem("rsa")).unwrap(), profile());
    assert_eq!(pkcs1.kind(&pss.issue()), Some(Kind::Algorithm));
    assert_eq!(pss.kind(&pkcs1.issue()), Some(Kind::Algorithm));
}

#[test]
fn weak_and_foreign_keys_are_refused_at_start() {
    for (name, refused) in [
        ("1024 bits", SigningKey::rs256_pem(&pem("rsa1024")).is_err()),
        ("P-384", SigningKey::es256_pem(&pem("ec384")).is_err()),
        ("P-256 as Ed25519", SigningKey::ed25519_pem(&pem("ec")).is_err()),
        ("Ed25519 as RSA", SigningKey::ps256_pem(&pem("ed")).is_err()),
        ("RSA as P-256", SigningKey::es256_pem(&pem("rsa")).is_err()),
        (
            "no PEM",
            SigningKey::es256_pem(&palisade_core::Secret::new("hunter2".to_owned())).is_err(),
        ),
    ] {
        assert!(refused, "{name}");
    }
    let error = SigningKey::rs256_pem(&pem("rsa1024")).unwrap_err();
    assert!(!error.to_string().contains("BEGIN"), "{error}");
}

#[test]
fn a_cached_token_ends_with_its_time() {
    let bench = Bench::new();
    let token = bench.issue();
    assert_eq!(bench.kind(&token), None);
    bench.clock.advance(Duration::from_secs(900 + 29));
    assert_eq!(bench.kind(&token), None, "the last second of the leeway");
    bench.clock.advance(Duration::from_secs(1));
    assert_eq!(bench.kind(&token), Some(Kind::Expired));
}

#[test]
fn rotation_keeps_old_tokens_and_compromise_does_not() {
    let bench = Bench::new();
    let old = bench.issue();
    assert_eq!(bench.kind(&old), None, "and is in the cache");
    bench
        .keys
        .rotate(id("k2"), ed25519(), Timestamp::from_secs(NOW + 60))
        .unwrap();
    assert!(
        bench.keys.jwk_set().contains("\"k2\""),
        "published before it signs"
    );
    assert!(
        bench.issue().starts_with(old.split('.').next().unwrap()),
        "the old key signs still"
    );
    bench.clock.advance(Duration::from_secs(60));
    let new = bench.issue();
    assert!(
        !new.starts_with(old.split('.').next().unwrap()),
        "the new key signs"
    );
    assert_eq!((bench.kind(&old), bench.kind(&new)), (None, None));
    bench.keys.compromise(&id("k1")).unwrap();
    assert_eq!(
        bench.kind(&old),
        Some(Kind::UnknownKey),
        "CVE-2024-34102: also from the cache"
    );
    assert_eq!(bench.kind(&new), None);
    assert!(!bench.keys.jwk_set().contains("\"k1\""));
    bench.keys.compromise(&id("k2")).unwrap();
    assert!(
        bench.issuer.issue(&Grant::new(&ada())).is_err(),
        "no key, no token"
    );
}

#[test]
fn a_replaced_key_of_the_same_id_is_another_key() {
    let bench = Bench::new();
    let token = bench.issue();
    assert_eq!(bench.kind(&token), None);
    bench
        .keys
        .rotate(id("k2"), ed25519(), Timestamp::UNIX_EPOCH)
        .unwrap();
    bench.keys.retire(&id("k1"), bench.clock.now()).unwrap();
    bench
        .keys
        .rotate(id("k1"), ed25519(), Timestamp::UNIX_EPOCH)
        .unwrap();
    assert_eq!(bench.kind(&token), Some(Kind::Signature));
}

#[test]
fn secrets_of_hmac_are_published_nowhere() {
    let bench = Bench::with(SigningKey::hs256(&RootSecret::generate().unwrap()), profile());
    assert_eq!(bench.keys.jwk_set(), r#"{"keys":[]}"#);
}

/// Something that revokes a token.
type Act<'a> = &'a dyn Fn(&crate::IssuedToken);

#[test]
fn revocations_reach_cached_tokens_and_those_to_come() {
    let bench = Bench::new();
    let revocations = Revocations::with_clock(Duration::from_secs(7200), bench.clock.clone()).unwrap();
    let tokens = bench.tokens.clone().with_revocations(&revocations).unwrap();
    let north = ada().with_tenant(Tenant::new("north").unwrap());
    let session = palisade_core::TokenRef::from_bytes([7; 9]);
    let grant = Grant::new(&north).with_session(session);
    let valid = |text: &str| tokens.verify_now(text.as_bytes()).is_ok();
    let issue = || {
        bench.clock.advance(Duration::from_micros(1));
        let issued = bench.issuer.issue(&grant).unwrap();
        assert!(valid(issued.token().expose()), "and is in the cache");
        issued
    };
    let acts: [(&str, Act<'_>); 4] = [
        ("everybody", &|_| revocations.revoke_all()),
        ("tenant", &|_| revocations.revoke_tenant(north.tenant().unwrap())),
        ("subject", &|_| revocations.revoke_subject(north.subject())),
        ("token", &|issued| revocations.revoke_token(issued.id())),
    ];
    for (name, revoke) in acts {
        let issued = issue();
        revoke(&issued);
        assert!(!valid(issued.token().expose()), "{name}");
        issue();
    }
    let issued = issue();
    revocations.revoke_session(&session.to_string());
    assert!(!valid(issued.token().expose()));
    bench.clock.advance(Duration::from_secs(1));
    let later = bench.issuer.issue(&grant).unwrap();
    assert!(
        !valid(later.token().expose()),
        "a session that was ended stays so"
    );
    let other = bench.issuer.issue(&Grant::new(&north)).unwrap();
    assert!(valid(other.token().expose()), "and no other is touched");
}

#[test]
fn revocations_that_are_forgotten_too_early_are_refused_at_start() {
    let bench = Bench::new();
    let short = Revocations::new(Duration::from_secs(3600)).unwrap();
    assert!(
        bench.tokens.with_revocations(&short).is_err(),
        "an hour of life and 30 s of leeway"
    );
}

#[test]
fn the_cache_is_bounded_and_keeps_what_is_in_use() {
    let bench = Bench::new();
    let tokens = bench.tokens.clone().with_cache(NonZeroUsize::new(64));
    let used = bench.issue();
    for _ in 0..300 {
        assert!(tokens.verify_now(bench.issue().as_bytes()).is_ok());
        assert!(tokens.verify_now(used.as_bytes()).is_ok());
    }
    let cache = tokens.0.cache.as_ref().unwrap();
    assert!(cache.len() <= 64, "{}", cache.len());
    assert!(cache.find(used.as_bytes()).is_some());
}

#[test]
fn only_verified_tokens_are_cached() {
    let bench = Bench::new();
    for token in [
        bench.sign(HEADER, &payload(&[("aud", Some("\"other\""))])),
        bench.issue() + "A",
    ] {
        assert!(bench.kind(&token).is_some());
    }
    assert_eq!(bench.tokens.0.cache.as_ref().unwrap().len(), 0);
}

#[test]
fn a_bound_token_needs_its_key() {
    let bench = Bench::new();
    let ada = ada();
    let grant = Grant::new(&ada).bound_to_thumbprint("thumb");
    let issued = bench.issuer.issue(&grant).unwrap();
    let text = issued.token().expose();
    for _ in ["verified", "cached"] {
        assert_eq!(bench.kind(text), Some(Kind::Unproven));
    }
    let token = bench
        .tokens
        .0
        .at_hand(text.as_bytes())
        .map_err(|_| "refused")
        .unwrap();
    assert!(bound(token.clone(), "thumb").is_ok());
    assert!(bound(token, "other").is_err());
    let plain = bench.tokens.verify_now(bench.issue().as_bytes()).unwrap();
    assert!(
        bound(plain, "thumb").is_err(),
        "a proof for a token that asks for none is a mix-up"
    );
}

#[test]
fn another_issuers_token_gives_a_subject_and_scopes_and_no_more() {
    let profile = TokenProfile::third_party(ISSUER, AUDIENCE, PrincipalKind::Service).unwrap();
    let bench = Bench::with(ed25519(), profile);
    let changes = [
        ("kind", Some("{\"any\":1}")),
        ("roles", Some("{\"admin\":true}")),
        ("tenant", Some("\"north\"")),
        ("act", Some("\"root\"")),
        ("factors", Some("[1]")),
        ("scope", Some("\"orders:read  orders:write\"")),
    ];
    let token = bench.sign(HEADER, &payload(&changes));
    let verified = bench.tokens.verify_now(token.as_bytes()).unwrap();
    let want = Principal::new(Subject::new("42").unwrap(), PrincipalKind::Service)
        .with_scopes(["orders:read", "orders:write"]);
    assert_eq!(verified.principal(), &want);
    let unlimited = bench.sign(HEADER, &payload(&[]));
    let verified = bench.tokens.verify_now(unlimited.as_bytes()).unwrap();
    assert!(
        verified.principal().is_scoped(),
        "a token without a scope covers nothing"
    );
    let claims: std::collections::BTreeMap<String, serde_json::Value> = verified.claims().unwrap();
    assert_eq!(claims["aud"], AUDIENCE);
}

#[test]
fn plain_types_are_taken_where_that_was_chosen() {
    let bench = Bench::with(ed25519(), profile().dangerously_take_plain_type());
    for (header, kind) in [
        (r#"{"alg":"EdDSA","kid":"k1","typ":"JWT"}"#, None),
        (r#"{"alg":"EdDSA","kid":"k1"}"#, None),
        (HEADER, None),
        (r#"{"alg":"EdDSA","kid":"k1","typ":"dpop+jwt"}"#, Some(Kind::Type)),
    ] {
        assert_eq!(bench.kind(&bench.sign(header, &payload(&[]))), kind, "{header}");
    }
}

#[test]
fn what_no_verifier_would_read_is_not_issued() {
    let bench = Bench::new();
    let many = (0..65).fold(ada(), |ada, role| ada.add_role(role.to_string()));
    let long = (0..64).fold(ada(), |ada, role| {
        ada.add_role(format!("{role}{}", "x".repeat(200)))
    });
    for (name, principal) in [
        ("65 roles", many),
        ("a long token", long),
        (
            "one scope that reads as two",
            ada().add_scope("orders:read admin"),
        ),
        ("an empty scope", ada().add_scope("")),
    ] {
        assert!(bench.issuer.issue(&Grant::new(&principal)).is_err(), "{name}");
    }
}

#[test]
fn settings_beyond_their_bounds_are_refused_at_start() {
    let bench = Bench::new();
    let seconds = Duration::from_secs;
    for (name, refused) in [
        ("no issuer", TokenProfile::first_party("", AUDIENCE).is_err()),
        ("no audience", TokenProfile::first_party(ISSUER, "").is_err()),
        ("leeway", profile().with_leeway(seconds(61)).is_err()),
        ("no life", profile().with_max_lifetime(Duration::ZERO).is_err()),
        (
            "two days",
            profile().with_max_lifetime(seconds(2 * 86_400)).is_err(),
        ),
        ("no bytes", profile().with_max_bytes(255).is_err()),
        ("a megabyte", profile().with_max_bytes(1 << 20).is_err()),
        (
            "a token that is over at once",
            bench.issuer.clone().with_lifetime(Duration::ZERO).is_err(),
        ),
        (
            "half a second",
            bench
                .issuer
                .clone()
                .with_lifetime(Duration::from_millis(1500))
                .is_err(),
        ),
        (
            "a nameless issuer",
            Issuer::new("", AUDIENCE, bench.keys.clone()).is_err(),
        ),
    ] {
        assert!(refused, "{name}");
    }
    assert!(profile().with_leeway(TokenProfile::MAX_LEEWAY).is_ok());
}

#[test]
fn nothing_of_a_token_or_a_key_is_printed() {
    let bench = Bench::new();
    let issued = bench.issuer.issue(&Grant::new(&ada())).unwrap();
    let text = issued.token().expose().clone();
    let verified = bench.tokens.verify_now(text.as_bytes()).unwrap();
    let printed = format!(
        "{issued:?} {verified:?} {:?} {:?} {:?}",
        bench.key, bench.keys, bench.tokens
    );
    assert!(
        !printed.contains(text.get(..40).unwrap()) && !printed.contains("\"42\""),
        "{printed}"
    );
}

#[test]
fn whatever_is_sent_is_refused_and_nothing_panics() {
    let bench = Bench::new();
    let parts = proptest::collection::vec(
        proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200),
        0..5,
    );
    let mut runner = proptest::test_runner::TestRunner::default();
    runner
        .run(&parts, |parts| {
            let encoded: Vec<_> = parts
                .iter()
                .map(|part| Base64UrlUnpadded::encode_string(part))
                .collect();
            assert!(bench.tokens.verify_now(encoded.join(".").as_bytes()).is_err());
            assert!(bench.tokens.verify_now(&parts.concat()).is_err());
            if let [header, payload, ..] = &*parts {
                drop(Header::read(header));
                drop(Claims::read(payload, crate::token::claims::Origin::Own));
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn what_is_configured_after_a_clone_was_taken_keeps_its_cache() {
    let bench = Bench::new();
    let tokens = bench.tokens.clone().with_clock(bench.clock.clone());
    assert!(tokens.verify_now(bench.issue().as_bytes()).is_ok());
    assert_eq!(tokens.0.cache.as_ref().unwrap().len(), 1);
    assert_eq!(
        bench.tokens.0.cache.as_ref().unwrap().len(),
        0,
        "each has its own"
    );
}
