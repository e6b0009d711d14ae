//! An issuer elsewhere, which can be counted, changed, broken and stopped.
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use palisade_auth::{
    AccessTokens, Grant, Issuer, JwksDocument, JwksFailed, JwksSource, Keys, RemoteKeys, SigningKey,
    SigningKeys, TokenProfile, TokenRefusedKind,
};
use palisade_core::{
    Clock, Collected, FakeClock, KeyId, Principal, PrincipalKind, Recorder, RootSecret, SecurityEvent,
    Subject,
};
use tokio::sync::Semaphore;

const ISSUER: &str = "https://id.example";
const SECOND: Duration = Duration::from_secs(1);

/// What the issuer serves, and how often it was asked.
#[derive(Clone)]
struct Elsewhere(Arc<Served>);

struct Served {
    keys: SigningKeys,
    answer: Mutex<Option<Result<String, JwksFailed>>>,
    max_age: Mutex<Option<Duration>>,
    asked: AtomicU32,
    gate: Semaphore,
}

impl JwksSource for Elsewhere {
    async fn fetch(&self) -> Result<JwksDocument, JwksFailed> {
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        drop(self.0.gate.acquire().await.unwrap());
        let answer = self.0.answer.lock().unwrap().clone();
        let json = answer.unwrap_or_else(|| Ok(self.0.keys.jwk_set()))?;
        let document = JwksDocument::from(json.into_bytes());
        let age = *self.0.max_age.lock().unwrap();
        Ok(match age {
            Some(age) => document.with_max_age(age),
            None => document,
        })
    }
}

impl Elsewhere {
    fn answer(&self, answer: Option<Result<&str, JwksFailed>>) {
        *self.0.answer.lock().unwrap() = answer.map(|answer| answer.map(str::to_owned));
    }

    fn asked(&self) -> u32 {
        self.0.asked.load(Ordering::SeqCst)
    }
}

struct World {
    clock: FakeClock,
    elsewhere: Elsewhere,
    keys: SigningKeys,
    issuer: Issuer,
    remote: RemoteKeys,
    tokens: AccessTokens<RemoteKeys>,
    sink: Collected,
}

fn key() -> SigningKey {
    SigningKey::ed25519(&RootSecret::generate().unwrap()).unwrap()
}

fn id(text: &str) -> KeyId {
    KeyId::parse(text).unwrap()
}

fn world() -> World {
    let (clock, sink) = (FakeClock::new(), Collected::new());
    let keys = SigningKeys::new(id("k1"), key()).unwrap();
    let served = Served {
        keys: keys.clone(),
        answer: Mutex::default(),
        max_age: Mutex::default(),
        asked: AtomicU32::new(0),
        gate: Semaphore::new(1),
    };
    let elsewhere = Elsewhere(Arc::new(served));
    let recorder = Recorder::default().add_sink(sink.clone());
    let remote = RemoteKeys::new(elsewhere.clone())
        .with_clock(clock.clone())
        .with_recorder(recorder);
    let profile = TokenProfile::third_party(ISSUER, "api", PrincipalKind::Customer).unwrap();
    let tokens = AccessTokens::new(profile, remote.clone()).with_clock(clock.clone());
    let issuer = Issuer::new(ISSUER, "api", keys.clone())
        .unwrap()
        .with_clock(clock.clone());
    World {
        clock,
        elsewhere,
        keys,
        issuer,
        remote,
        tokens,
        sink,
    }
}

impl World {
    fn issue(&self) -> String {
        let ada = Principal::new(Subject::new("42").unwrap(), PrincipalKind::Customer);
        self.issuer
            .issue(&Grant::new(&ada))
            .unwrap()
            .token()
            .expose()
            .clone()
    }

    async fn kind(&self, token: &str) -> Option<TokenRefusedKind> {
        self.tokens
            .verify(token.as_bytes())
            .await
            .err()
            .map(|refused| refused.kind())
    }
}

/// The text with another key id in its header.
fn invented(token: &str, kid: &str) -> String {
    use base64ct::{Base64UrlUnpadded, Encoding};
    let (_, rest) = token.split_once('.').unwrap();
    let header = format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"at+jwt"}}"#);
    format!("{}.{rest}", Base64UrlUnpadded::encode_string(header.as_bytes()))
}

#[tokio::test]
async fn the_first_token_has_the_keys_fetched_and_no_other_does() {
    let world = world();
    let token = world.issue();
    assert_eq!(world.kind(&token).await, None);
    for _ in 0..100 {
        assert_eq!(world.kind(&world.issue()).await, None);
    }
    assert_eq!(world.elsewhere.asked(), 1);
}

#[tokio::test]
async fn ten_thousand_invented_ids_cost_one_fetch_a_cooldown() {
    let world = world();
    let token = world.issue();
    assert_eq!(world.kind(&token).await, None);
    for round in 0..3 {
        for number in 0..3_334 {
            let refused = world.kind(&invented(&token, &format!("{round}-{number}"))).await;
            assert_eq!(refused, Some(TokenRefusedKind::UnknownKey));
        }
        assert!(
            world.elsewhere.asked() <= 1 + round,
            "{round}: {}",
            world.elsewhere.asked()
        );
        world.clock.advance(SECOND * 10);
    }
    assert_eq!(
        world.kind(&token).await,
        None,
        "and those who have a key get in all the while"
    );
}

#[tokio::test]
async fn a_new_key_is_found_as_soon_as_the_cooldown_allows() {
    let world = world();
    assert_eq!(world.kind(&world.issue()).await, None);
    world.keys.rotate(id("k2"), key(), world.clock.now()).unwrap();
    let new = world.issue();
    assert_eq!(
        world.kind(&new).await,
        Some(TokenRefusedKind::UnknownKey),
        "within the cooldown"
    );
    world.clock.advance(SECOND * 10);
    assert_eq!(world.kind(&new).await, None);
    assert_eq!(world.elsewhere.asked(), 2);
}

#[tokio::test]
async fn a_hundred_requests_wait_for_one_fetch_and_whoever_hangs_up_stops_none() {
    let world = world();
    let token = world.issue();
    let closed = world.elsewhere.0.gate.acquire().await.unwrap();
    let mut first = Box::pin(world.tokens.verify(token.as_bytes()));
    let polled = std::future::poll_fn(|cx| std::task::Poll::Ready(first.as_mut().poll(cx))).await;
    assert!(polled.is_pending());
    drop(first);
    let waiting: Vec<_> = (0..100)
        .map(|_| {
            let (tokens, token) = (world.tokens.clone(), token.clone());
            tokio::spawn(async move { tokens.verify(token.as_bytes()).await.is_ok() })
        })
        .collect();
    tokio::task::yield_now().await;
    drop(closed);
    for waiting in waiting {
        assert!(waiting.await.unwrap());
    }
    assert_eq!(world.elsewhere.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_hangs_is_given_up() {
    let world = world();
    let _closed = world.elsewhere.0.gate.acquire().await.unwrap();
    assert_eq!(
        world.kind(&world.issue()).await,
        Some(TokenRefusedKind::Unavailable)
    );
    assert_eq!(
        world.sink.entries(),
        [(SecurityEvent::ControlFailed, Some("timed_out"))]
    );
}

#[tokio::test]
async fn keys_are_used_through_an_outage_and_not_for_ever() {
    let world = world();
    assert_eq!(world.kind(&world.issue()).await, None);
    world.elsewhere.answer(Some(Err(JwksFailed)));
    for hour in 1..24 {
        world.clock.advance(SECOND * 3600);
        assert_eq!(world.kind(&world.issue()).await, None, "hour {hour}");
        tokio::task::yield_now().await;
    }
    world.clock.advance(SECOND * 3600);
    assert_eq!(
        world.kind(&world.issue()).await,
        Some(TokenRefusedKind::Unavailable)
    );
    assert_eq!(world.sink.kinds(), [SecurityEvent::ControlFailed], "told once");
    world.elsewhere.answer(None);
    world.clock.advance(SECOND * 10);
    assert_eq!(world.kind(&world.issue()).await, None);
    assert_eq!(
        world.sink.kinds(),
        [SecurityEvent::ControlFailed, SecurityEvent::ControlRecovered]
    );
}

#[tokio::test]
async fn answers_without_a_usable_key_change_nothing() {
    let world = world();
    assert_eq!(world.kind(&world.issue()).await, None);
    let huge = format!("{{\"keys\":[],\"a\":\"{}\"}}", "A".repeat(RemoteKeys::MAX_BYTES));
    for answer in ["", "<html>", r#"{"keys":[]}"#, &huge] {
        world.elsewhere.answer(Some(Ok(answer)));
        world.clock.advance(SECOND * 10);
        assert_eq!(
            world.kind(&invented(&world.issue(), "other")).await,
            Some(TokenRefusedKind::UnknownKey)
        );
        assert_eq!(world.kind(&world.issue()).await, None);
    }
}

#[tokio::test]
async fn a_key_that_is_published_no_longer_verifies_nothing_also_from_the_cache() {
    let world = world();
    let token = world.issue();
    assert_eq!(world.kind(&token).await, None);
    world.keys.rotate(id("k2"), key(), world.clock.now()).unwrap();
    world.keys.compromise(&id("k1")).unwrap();
    world.clock.advance(SECOND * 10);
    assert_eq!(world.kind(&world.issue()).await, None, "has the keys fetched");
    assert_eq!(world.kind(&token).await, Some(TokenRefusedKind::UnknownKey));
}

#[tokio::test]
async fn keys_are_fetched_again_beside_requests() {
    let world = world();
    let token = world.issue();
    assert_eq!(world.kind(&token).await, None);
    let before = world.remote.known("k1").unwrap();
    world.clock.advance(SECOND * 899);
    assert!(world.remote.known("k1").is_some());
    tokio::task::yield_now().await;
    assert_eq!(world.elsewhere.asked(), 1, "not due yet");
    world.clock.advance(SECOND);
    assert!(world.remote.known("k1").is_some(), "and nobody waits");
    world.remote.ready().await.unwrap();
    assert_eq!(world.elsewhere.asked(), 2);
    assert!(world.remote.trusts(&before), "the same key is the very same");
}

#[tokio::test]
async fn the_issuer_can_ask_for_less_than_15_minutes_and_not_less_than_one() {
    for (told, used) in [(300, 300), (5, 60), (0, 60), (86_400, 900)] {
        let world = world();
        *world.elsewhere.0.max_age.lock().unwrap() = Some(SECOND * told);
        assert_eq!(world.kind(&world.issue()).await, None);
        world.clock.advance(SECOND * (used - 1));
        assert!(world.remote.known("k1").is_some());
        tokio::task::yield_now().await;
        assert_eq!(world.elsewhere.asked(), 1, "{told}: not due yet");
        world.clock.advance(SECOND);
        assert!(world.remote.known("k1").is_some());
        world.remote.ready().await.unwrap();
        assert_eq!(world.elsewhere.asked(), 2, "{told}");
    }
}

#[test]
fn without_a_runtime_nothing_is_fetched_and_nothing_panics() {
    let world = world();
    assert!(world.remote.known("k1").is_none());
    let fetch = world.remote.fetch("k1");
    let mut fetch = std::pin::pin!(fetch);
    let polled = fetch
        .as_mut()
        .poll(&mut std::task::Context::from_waker(std::task::Waker::noop()));
    assert!(matches!(polled, std::task::Poll::Ready(Err(_))));
}

#[test]
fn times_out_of_bounds_are_refused_at_start() {
    let times = |refresh, stale| world().remote.with_times(refresh, stale);
    assert!(times(SECOND * 60, SECOND * 60).is_ok());
    for (refresh, stale) in [
        (SECOND, SECOND * 60),
        (SECOND * 61, SECOND * 60),
        (SECOND * 60, SECOND * 604_801),
    ] {
        assert!(times(refresh, stale).is_err());
    }
}
