//! Who gets in, and what the others are told.
use std::collections::HashMap;
use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use http::{Request, Response};
use palisade_auth::{
    AccessTokens, ApiKey, ApiKeyError, ApiKeyStore, ApiKeys, BearerCheck, BearerLayer, BearerRefused,
    BearerRefusedKind, Grant, Issuer, SigningKey, SigningKeys, TokenProfile, TokenRefused, TokenRefusedKind,
    TokenVerifier, VerifiedToken,
};
use palisade_core::{
    AsyncCheck, Collected, FakeClock, GrpcStatus, Head, KeyId, Principal, PrincipalKind, Recorder,
    RootSecret, SecurityEvent, StoreError, StoreErrorKind, Subject, TokenHash,
};
use tower::{Layer, Service, ServiceExt, service_fn};

const ISSUER: &str = "https://shop.example";

fn ada() -> Principal {
    Principal::new(Subject::new("42").unwrap(), PrincipalKind::Customer)
}

fn tokens() -> (Issuer, AccessTokens<SigningKeys>) {
    let key = SigningKey::ed25519(&RootSecret::generate().unwrap()).unwrap();
    let keys = SigningKeys::new(KeyId::parse("k1").unwrap(), key).unwrap();
    let issuer = Issuer::new(ISSUER, "api", keys.clone()).unwrap();
    (
        issuer,
        AccessTokens::new(TokenProfile::first_party(ISSUER, "api").unwrap(), keys),
    )
}

fn issue(issuer: &Issuer, principal: &Principal) -> String {
    issuer
        .issue(&Grant::new(principal))
        .unwrap()
        .token()
        .expose()
        .clone()
}

/// Asks a service behind the layer that says who asked, and counts how often it was.
async fn ask<V: TokenVerifier, R>(layer: &BearerLayer<V, R>, fields: &[&str]) -> (Response<Bytes>, u32)
where
    R: palisade_core::Respond<BearerRefused, Bytes> + Clone,
{
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let inner = service_fn(move |request: Request<()>| {
        count.fetch_add(1, Ordering::SeqCst);
        let principal = request.extensions().get::<Principal>();
        let name = principal
            .map_or("nobody", |principal| principal.subject().as_str())
            .to_owned();
        ready(Ok::<_, Infallible>(Response::new(Bytes::from(name))))
    });
    let mut request = Request::get("/orders").body(()).unwrap();
    for field in fields {
        request
            .headers_mut()
            .append(AUTHORIZATION, field.parse().unwrap());
    }
    let response = layer.layer(inner).oneshot(request).await.unwrap();
    (response, asked.load(Ordering::SeqCst))
}

#[tokio::test]
async fn who_has_a_token_gets_in_and_nobody_else() {
    let (issuer, tokens) = tokens();
    let layer = BearerLayer::new(tokens);
    let good = format!("Bearer {}", issue(&issuer, &ada()));
    let (response, _) = ask(&layer, &[&good]).await;
    assert_eq!(
        (response.status().as_u16(), &response.body()[..]),
        (200, &b"42"[..])
    );
    let bad = format!("{good}A");
    let cases: [(&str, &[&str], u16, &str); 5] = [
        ("nothing", &[], 401, "Bearer"),
        ("another scheme", &["Basic YTpi"], 401, "Bearer"),
        ("a bad token", &[&bad], 401, "Bearer error=\"invalid_token\""),
        ("twice", &[&good, &good], 400, "Bearer error=\"invalid_request\""),
        ("empty", &["Bearer "], 400, "Bearer error=\"invalid_request\""),
    ];
    for (name, fields, status, challenge) in cases {
        let (response, asked) = ask(&layer, fields).await;
        assert_eq!((response.status().as_u16(), asked), (status, 0), "{name}");
        assert_eq!(response.headers()[WWW_AUTHENTICATE], challenge, "{name}");
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store", "{name}");
        assert!(response.extensions().get::<BearerRefused>().is_some(), "{name}");
    }
}

/// `axum_jwt_ware` issue 4: a middleware that let requests without the field through.
#[tokio::test]
async fn optional_lets_nothing_pass_and_still_refuses_something_bad() {
    let (issuer, tokens) = tokens();
    let layer = BearerLayer::new(tokens).optional();
    let good = format!("Bearer {}", issue(&issuer, &ada()));
    assert_eq!(&ask(&layer, &[]).await.0.body()[..], b"nobody");
    assert_eq!(&ask(&layer, &["Basic YTpi"]).await.0.body()[..], b"nobody");
    assert_eq!(&ask(&layer, &[&good]).await.0.body()[..], b"42");
    for fields in [&["Bearer abc"][..], &["Bearer "], &[&good, &good]] {
        let (response, asked) = ask(&layer, fields).await;
        assert!(response.status().is_client_error() && asked == 0, "{fields:?}");
    }
}

#[tokio::test]
async fn a_scope_is_asked_of_those_who_are_limited() {
    let (issuer, tokens) = tokens();
    let layer = BearerLayer::new(tokens).with_scope("orders:read");
    for (principal, status) in [
        (ada(), 200),
        (ada().with_scopes(["orders:read", "a"]), 200),
        (ada().with_scopes(["orders:readonly"]), 403),
        (ada().with_scopes(<[&str; 0]>::default()), 403),
    ] {
        let field = format!("Bearer {}", issue(&issuer, &principal));
        let (response, _) = ask(&layer, &[&field]).await;
        assert_eq!(response.status(), status);
        if status == 403 {
            let challenge = "Bearer error=\"insufficient_scope\", scope=\"orders:read\"";
            assert_eq!(response.headers()[WWW_AUTHENTICATE], challenge);
        }
    }
}

#[tokio::test]
async fn refusals_are_told_with_their_reason_to_us_only() {
    let (_, tokens) = tokens();
    let sink = Collected::new();
    let recorder = Recorder::default().add_sink(sink.clone());
    let layer = BearerLayer::new(tokens).with_recorder(recorder);
    let (response, _) = ask(&layer, &["Bearer a.b.c"]).await;
    let body = String::from_utf8(response.body().to_vec()).unwrap();
    assert!(
        !body.contains("malformed") && body.contains("invalid_token"),
        "{body}"
    );
    ask(&layer, &[]).await;
    assert_eq!(
        sink.entries(),
        [(SecurityEvent::AuthnTokenFail, Some("malformed"))]
    );
}

#[tokio::test]
async fn grpc_is_answered_in_its_own_words() {
    let (_, tokens) = tokens();
    let layer = BearerLayer::new(tokens).with_response(GrpcStatus::default());
    let (response, _) = ask(&layer, &["Bearer a.b.c"]).await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["grpc-status"]),
        (200, &"16".parse().unwrap())
    );
}

/// An application's own verifier, which refuses everything.
#[derive(Clone)]
struct Refuses;

impl TokenVerifier for Refuses {
    type Witness = VerifiedToken;
    type Verify = Ready<Result<VerifiedToken, TokenRefused>>;

    fn verify(&self, _: &Head<'_>, _: &[u8]) -> Self::Verify {
        let (issuer, tokens) = tokens();
        ready(tokens.verify_now(issue(&issuer, &ada()).replace('.', "").as_bytes()))
    }

    fn principal(witness: &VerifiedToken) -> &Principal {
        witness.principal()
    }
}

#[tokio::test]
async fn the_plain_function_decides_alike() {
    let check = BearerCheck::new(Refuses);
    let request = Request::get("/")
        .header(AUTHORIZATION, "Bearer abc")
        .body(())
        .unwrap();
    let refused = check.check(&Head::from(&request)).await.unwrap_err();
    let kind = BearerRefusedKind::InvalidToken(TokenRefusedKind::Malformed);
    assert_eq!(refused.kind(), kind);
}

#[derive(Default)]
struct Table {
    keys: Mutex<HashMap<TokenHash, ApiKey>>,
    is_down: bool,
}

impl ApiKeyStore for Table {
    async fn find(&self, hash: &TokenHash) -> Result<Option<ApiKey>, StoreError> {
        if self.is_down {
            return Err(StoreError::new(StoreErrorKind::TimedOut));
        }
        tokio::task::yield_now().await;
        Ok(self.keys.lock().unwrap().get(hash).cloned())
    }
}

fn service(name: &str) -> Subject {
    Subject::new(name).unwrap()
}

#[tokio::test]
async fn api_keys_get_in_until_they_end() {
    let clock = FakeClock::new();
    let keys = ApiKeys::with_clock("shop_live", Table::default(), clock.clone()).unwrap();
    let layer = BearerLayer::new(keys.clone()).with_scope("stock:write");
    let hour = Duration::from_secs(3600);
    let issued = keys.issue(service("warehouse"), ["stock:write"], hour).unwrap();
    let field = format!("Bearer {}", issued.text().expose());
    assert_eq!(
        ask(&layer, &[&field]).await.0.status(),
        401,
        "before it is stored"
    );
    keys.store()
        .keys
        .lock()
        .unwrap()
        .insert(issued.hash(), issued.record().clone());
    let (response, _) = ask(&layer, &[&field]).await;
    assert_eq!(
        &response.body()[..],
        b"warehouse",
        "the answer came later, and to the service that was ready"
    );
    let verified = keys.verify(issued.text().expose().as_bytes()).await.unwrap();
    assert_eq!(verified.principal().kind(), PrincipalKind::Service);
    assert!(verified.principal().is_scoped());
    clock.advance(hour);
    let refused = keys.verify(issued.text().expose().as_bytes()).await.unwrap_err();
    assert_eq!(refused.kind(), TokenRefusedKind::Expired);
}

#[tokio::test]
async fn keys_that_could_do_anything_or_last_for_ever_are_not_made() {
    let keys = ApiKeys::new("shop", Table::default()).unwrap();
    let day = Duration::from_secs(86_400);
    for (name, scopes, lifetime) in [
        ("no scope", vec![], day),
        ("no life", vec!["a"], Duration::ZERO),
        ("for ever", vec!["a"], Duration::MAX),
        ("two years", vec!["a"], day * 730),
    ] {
        let made = keys.issue(service("s"), scopes, lifetime);
        assert_eq!(made.unwrap_err(), ApiKeyError::Bounds, "{name}");
    }
}

#[tokio::test]
async fn a_store_that_is_down_is_503_and_a_key_that_is_none_asks_no_store() {
    let down = Table {
        is_down: true,
        ..Table::default()
    };
    let keys = ApiKeys::new("shop", down).unwrap();
    let layer = BearerLayer::new(keys.clone());
    let issued = keys.issue(service("s"), ["a"], Duration::from_secs(60)).unwrap();
    let field = format!("Bearer {}", issued.text().expose());
    let (response, asked) = ask(&layer, &[&field]).await;
    assert_eq!((response.status().as_u16(), asked), (503, 0));
    assert!(response.headers().get("retry-after").is_some());
    assert_eq!(ask(&layer, &["Bearer shop_guess"]).await.0.status(), 401);
}

fn shared<T: Clone + Send + Sync>(_: &T) {}
fn sent<T: Send>(_: T) {}

#[test]
fn layers_and_services_are_shared_between_threads() {
    let layer = BearerLayer::new(tokens().1);
    shared(&layer);
    let inner = service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(Response::new(Bytes::new()))));
    let mut service = layer.layer(inner);
    shared(&service);
    sent(service.call(Request::new(())));
}
