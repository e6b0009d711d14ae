use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use palisade_core::{
    Collected, ConfigError, Recorder, SecurityEvent, StatusOnly, StoreError, StoreErrorKind, TrustedProxies,
};
use palisade_ratelimit::store::{Charge, Store, Taken};
use palisade_ratelimit::{
    BanLayer, BanRefused, BanRefusedKind, Bans, Block, Quota, Quotas, RateKey, RateLimiter, ResponseHead,
};
use tower::{Layer, Service};

use crate::support::{Memory, bench, client};

/// Answers with the status that the path says, and counts its calls.
#[derive(Clone, Default)]
struct Shop(Arc<AtomicUsize>);

impl Shop {
    fn calls(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Service<Request<()>> for Shop {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Bytes>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        self.0.fetch_add(1, Ordering::SeqCst);
        let status: u16 = request.uri().path().trim_start_matches('/').parse().unwrap();
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        ready(Ok(response))
    }
}

fn from(ip: &str, status: u16) -> Request<()> {
    let mut request = Request::get(format!("/{status}")).body(()).unwrap();
    request.extensions_mut().insert(client(ip));
    request
}

/// The response, and how often the future was polled in vain.
fn send<S>(service: &mut S, request: Request<()>) -> (Response<Bytes>, usize)
where
    S: Service<Request<()>, Response = Response<Bytes>, Error = Infallible>,
{
    let mut answer = std::pin::pin!(service.call(request));
    for vain in 0..50 {
        match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(response)) => return (response, vain),
            Poll::Ready(Err(never)) => match never {},
            Poll::Pending => {}
        }
    }
    panic!("it never answers")
}

/// How many of so many requests reach the handler.
fn heard(layer: &BanLayer<Memory>, ip: &str, status: u16, tries: usize) -> usize {
    let shop = Shop::default();
    let mut service = layer.layer(shop.clone());
    for _ in 0..tries {
        send(&mut service, from(ip, status));
    }
    shop.calls()
}

#[test]
fn refusals_of_an_access_control_are_strikes_and_nothing_else_is() {
    for (status, strikes) in [
        (401, true),
        (403, true),
        (200, false),
        (302, false),
        (400, false),
        (404, false),
        (429, false),
        (500, false),
    ] {
        let layer = BanLayer::new(bench().bans);
        assert_eq!(
            heard(&layer, "192.0.2.7", status, 20),
            if strikes { 4 } else { 20 },
            "{status}"
        );
    }
}

#[test]
fn a_banned_client_is_told_when_to_come_back_and_others_pass() {
    let bench = bench();
    let layer = BanLayer::new(Arc::clone(&bench.bans));
    assert_eq!(heard(&layer, "192.0.2.7", 403, 9), 4);
    let mut service = layer.layer(Shop::default());
    let (refused, _) = send(&mut service, from("192.0.2.7", 200));
    assert_eq!(refused.status(), 429);
    let wait: u64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((60..=75).contains(&wait), "{wait}");
    assert_eq!(refused.headers()["cache-control"], "no-store");
    let body: serde_json::Value = serde_json::from_slice(refused.body()).unwrap();
    assert_eq!(
        body["type"],
        "https://iana.org/assignments/http-problem-types#abnormal-usage-detected"
    );
    assert_eq!(
        refused.extensions().get::<BanRefused>().unwrap().kind(),
        BanRefusedKind::Banned
    );
    assert_eq!(send(&mut service, from("192.0.2.8", 200)).0.status(), 200);
    assert_eq!(heard(&layer, "10.0.0.1", 403, 50), 50, "a trusted proxy");
    bench.clock.advance(Duration::from_secs(wait));
    assert_eq!(send(&mut service, from("192.0.2.7", 200)).0.status(), 200);
    let mut plain = layer.with_response(StatusOnly::default()).layer(Shop::default());
    let _struck = send(&mut plain, from("192.0.2.7", 401));
    let (refused, _) = send(&mut plain, from("192.0.2.7", 200));
    assert!(refused.body().is_empty() && refused.headers().contains_key("retry-after"));
}

#[test]
fn what_is_a_strike_can_be_chosen() {
    let teapots = |response: ResponseHead<'_>| response.status() == StatusCode::IM_A_TEAPOT;
    let layer = || BanLayer::new(bench().bans).with_strikes(teapots);
    assert_eq!(heard(&layer(), "192.0.2.7", 418, 20), 4);
    assert_eq!(heard(&layer(), "192.0.2.7", 403, 20), 20);
}

#[test]
fn without_a_client_nothing_passes() {
    let (bench, shop) = (bench(), Shop::default());
    let mut service = BanLayer::new(Arc::clone(&bench.bans)).layer(shop.clone());
    for _ in 0..9 {
        let (refused, _) = send(&mut service, Request::get("/200").body(()).unwrap());
        assert_eq!(refused.status(), 500);
    }
    assert_eq!(
        (shop.calls(), bench.events.kinds()),
        (0, vec![SecurityEvent::ControlFailed])
    );
}

#[derive(Clone, Copy, PartialEq)]
enum Health {
    Works,
    Fails,
}

/// A store that takes two polls for each answer, refuses every strike, and fails if it is told to.
#[derive(Clone)]
struct Slow {
    health: Health,
    blocks: Arc<AtomicUsize>,
}

struct Late<T>(usize, Option<Result<T, StoreError>>);

impl<T: Unpin> Future for Late<T> {
    type Output = Result<T, StoreError>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        self.0 = self.0.saturating_add(1);
        if self.0 > 2 {
            Poll::Ready(self.1.take().unwrap())
        } else {
            Poll::Pending
        }
    }
}

impl Slow {
    fn late<T>(&self, answer: T) -> Late<T> {
        let answer = if self.health == Health::Works {
            Ok(answer)
        } else {
            Err(StoreError::new(StoreErrorKind::TimedOut))
        };
        Late(0, Some(answer))
    }
}

impl Store for Slow {
    type Take = Late<Taken>;
    type Done = Late<()>;
    type Block = Late<Duration>;

    fn take(&self, _: RateKey, _: &Quotas, _: u64) -> Late<Taken> {
        self.late(Taken::refused(Duration::ZERO, 0, Duration::from_secs(1)))
    }
    fn peek(&self, key: RateKey, quotas: &Quotas) -> Late<Taken> {
        self.take(key, quotas, 1)
    }
    fn refund(&self, _: RateKey, _: &Quotas, _: Charge) -> Late<()> {
        self.late(())
    }
    fn penalize(&self, _: RateKey, _: &Quotas, _: u64) -> Late<()> {
        self.late(())
    }
    fn block(&self, _: RateKey, block: Block) -> Late<Duration> {
        self.blocks.fetch_add(1, Ordering::SeqCst);
        self.late(block.first())
    }
    fn reset(&self, _: RateKey) -> Late<()> {
        self.late(())
    }
    fn supports(&self, _: &Quotas) -> Result<(), ConfigError> {
        Ok(())
    }
}

fn slow(health: Health) -> (BanLayer<Slow>, Slow, Collected) {
    let blocks = Arc::default();
    let (store, events) = (Slow { health, blocks }, Collected::new());
    let quota = Quota::per_hour(NonZeroU32::MIN);
    let limiter = RateLimiter::with_store("probing", quota, store.clone()).unwrap();
    let block = Block::lasting(Duration::from_secs(60)).unwrap();
    let bans = Bans::new(limiter, block, &TrustedProxies::none())
        .with_recorder(Recorder::default().add_sink(events.clone()));
    (BanLayer::new(bans), store, events)
}

#[test]
fn a_slow_store_bans_before_the_client_is_answered() {
    let (layer, store, events) = slow(Health::Works);
    let mut service = layer.layer(Shop::default());
    // A quota that is used up is no ban.
    assert_eq!(send(&mut service, from("192.0.2.7", 200)).1, 1);
    let (response, vain) = send(&mut service, from("192.0.2.7", 403));
    assert_eq!((response.status().as_u16(), vain), (403, 5), "ask, count, ban");
    assert_eq!(store.blocks.load(Ordering::SeqCst), 1);
    assert_eq!(events.kinds(), [SecurityEvent::ClientBanned]);
}

#[test]
fn a_store_that_fails_lets_nobody_through_unless_that_is_spelled_dangerous() {
    let (layer, _, events) = slow(Health::Fails);
    let shop = Shop::default();
    let mut service = layer.clone().layer(shop.clone());
    for _ in 0..9 {
        let (refused, _) = send(&mut service, from("192.0.2.7", 200));
        assert_eq!(refused.status(), 503);
        assert!(!refused.headers().contains_key("retry-after"));
    }
    assert_eq!(
        (shop.calls(), events.kinds()),
        (0, vec![SecurityEvent::ControlFailed])
    );
    let mut open = layer
        .dangerous()
        .let_through_when_store_fails()
        .layer(shop.clone());
    assert_eq!(send(&mut open, from("192.0.2.7", 200)).0.status(), 200);
    assert_eq!(
        send(&mut open, from("192.0.2.7", 403)).0.status(),
        403,
        "the answer is the handler's"
    );
    assert_eq!(
        send(&mut open, Request::get("/200").body(()).unwrap()).0.status(),
        500
    );
}

#[test]
fn a_request_that_is_dropped_while_it_waits_calls_nothing() {
    let (layer, _, _) = slow(Health::Works);
    let shop = Shop::default();
    let mut answer = Box::pin(layer.layer(shop.clone()).call(from("192.0.2.7", 200)));
    assert!(
        answer
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    drop(answer);
    assert_eq!(shop.calls(), 0);
}

#[test]
fn layers_and_services_can_be_shared_between_threads() {
    fn shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    fn sent<T: Send + 'static>(_: &T) {}
    let layer = BanLayer::new(bench().bans);
    shared(&layer);
    let mut service = layer.layer(Shop::default());
    shared(&service);
    sent(&service.call(from("192.0.2.7", 200)));
    assert!(format!("{layer:?} {:?} {:?}", layer.layer(()), layer.clone().dangerous()).contains("probing"));
}
