//! A limiter of the governor crate, by itself and behind the layer.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::future::{Future, ready};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use governor::clock::FakeRelativeClock;
use governor::middleware::{NoOpMiddleware, StateInformationMiddleware};
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use http::{Request, Response};
use palisade_core::{ClientAddr, Collected, FakeClock, Head, Recorder, SecurityEvent};
use palisade_ratelimit::{
    ByClient, Decision, GovernorLimiter, LimitRefused, LimitRefusedKind, MemoryStore, Metered, RateLimitLayer,
};
use tower::{Layer, Service, service_fn};

type Keyed<K> =
    RateLimiter<K, HashMapStateStore<K>, FakeRelativeClock, NoOpMiddleware<governor::nanos::Nanos>>;

fn n(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap()
}

/// governor's own, as somebody runs it.
fn keyed<K: std::hash::Hash + Eq + Clone>(quota: Quota) -> (Keyed<K>, FakeRelativeClock) {
    let clock = FakeRelativeClock::default();
    (
        RateLimiter::new(
            quota,
            HashMapStateStore::new(std::collections::HashMap::default()),
            clock.clone(),
        ),
        clock,
    )
}

fn tenant(name: &str) -> Request<()> {
    Request::get("/").header("x-tenant", name).body(()).unwrap()
}

/// For a test: what a client chooses is no key.
fn by_tenant(head: &Head<'_>) -> Option<String> {
    Some(head.headers().get("x-tenant")?.to_str().ok()?.to_owned())
}

fn send<S>(service: &mut S, request: Request<()>) -> Response<Bytes>
where
    S: Service<Request<()>, Response = Response<Bytes>, Error = Infallible>,
{
    let mut answer = std::pin::pin!(service.call(request));
    match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(response)) => response,
        Poll::Ready(Err(never)) => match never {},
        Poll::Pending => panic!("nothing here waits"),
    }
}

/// Says whether the request was metered.
fn shop() -> impl Service<Request<()>, Response = Response<Bytes>, Error = Infallible> + Clone {
    service_fn(|request: Request<()>| {
        let metered = request.extensions().get::<Metered>().is_some();
        ready(Ok(Response::new(Bytes::from(if metered {
            "metered"
        } else {
            "unmetered"
        }))))
    })
}

#[test]
fn costs_that_wrap_in_governor_never_fit_here() {
    let every = |secs, burst| {
        Quota::with_period(Duration::from_secs(secs))
            .unwrap()
            .allow_burst(n(burst))
    };
    let cases = [
        ("1 a day, 100 at once", every(86_400, 100), 213_505),
        ("1 in 30 days, 1 000 at once", every(30 * 86_400, 1_000), 7_118),
        ("10 an hour", Quota::per_hour(n(10)), 51_240_957),
    ];
    for (name, quota, cost) in cases {
        let (limiter, _) = keyed::<u8>(quota);
        let limiter = GovernorLimiter::new("bytes", limiter, quota).unwrap();
        let burst = u64::from(quota.burst_size().get());
        for cost in [
            cost,
            burst + 1,
            u64::from(u32::MAX),
            u64::from(u32::MAX) + 2,
            u64::MAX,
        ] {
            assert!(
                matches!(limiter.check(&1, cost), Decision::NeverFits),
                "{name}: {cost}"
            );
        }
        assert!(
            limiter.check(&1, burst).is_allowed(),
            "{name}: nothing was charged"
        );
        assert!(
            matches!(limiter.check(&1, 0), Decision::Deny(_)),
            "{name}: nothing is free"
        );
    }
}

#[test]
fn a_refusal_is_told_by_governors_clock() {
    let quota = Quota::per_minute(n(6)).allow_burst(n(2));
    let (limiter, clock) = keyed::<u8>(quota);
    let events = Collected::new();
    let recorder = Recorder::default().add_sink(events.clone());
    let limiter = GovernorLimiter::new("search", limiter, quota)
        .unwrap()
        .with_recorder(recorder);
    assert!(limiter.check(&1, 2).is_allowed());
    clock.advance(Duration::from_millis(2_500));
    let Decision::Deny(denied) = limiter.check(&1, 1) else {
        panic!("used up")
    };
    assert_eq!((denied.limit(), denied.remaining()), (2, 0));
    assert_eq!(denied.retry_after(), Duration::from_millis(7_500));
    clock.advance(denied.retry_after());
    assert!(limiter.check(&1, 1).is_allowed());
    assert!((0..1_000).all(|_| !limiter.check(&1, 1).is_allowed()));
    assert_eq!(
        events.entries()[0],
        (SecurityEvent::ExcessRateLimitExceeded, Some("over_quota"))
    );
    assert!(events.entries().len() <= 11, "an attack does not fill the log");
}

#[test]
fn the_layer_is_the_same_around_any_key() {
    let quota = Quota::per_minute(n(6)).allow_burst(n(2));
    let (limiter, _) = keyed::<String>(quota);
    let limiter = limiter.with_middleware::<StateInformationMiddleware>();
    let layer = RateLimitLayer::governor(
        GovernorLimiter::new("tenants", limiter, quota).unwrap(),
        by_tenant,
    );
    let mut service = layer.clone().layer(shop());
    let first = send(&mut service, tenant("acme"));
    assert_eq!(
        (first.status().as_u16(), first.body().as_ref()),
        (200, &b"metered"[..])
    );
    assert_eq!(first.headers()["ratelimit"], "\"tenants\";r=1;t=10");
    assert_eq!(first.headers()["ratelimit-policy"], "\"tenants\";q=2;w=20");
    assert_eq!(send(&mut service, tenant("acme")).status(), 200);
    let refused = send(&mut service, tenant("acme"));
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "10");
    assert_eq!(refused.headers()["ratelimit"], "\"tenants\";r=0;t=10");
    assert_eq!(refused.headers()["cache-control"], "no-store");
    assert_eq!(send(&mut service, tenant("other")).status(), 200);
    let missing = send(&mut service, Request::get("/").body(()).unwrap());
    let kind = missing.extensions().get::<LimitRefused>().unwrap().kind();
    assert_eq!(
        (missing.status().as_u16(), kind),
        (500, LimitRefusedKind::KeyMissing)
    );
    assert!(layer.clone().with_cost(3).is_err());
    let mut costly = layer.clone().with_cost(2).unwrap().layer(shop());
    assert_eq!(
        send(&mut costly, tenant("third")).headers()["ratelimit"],
        "\"tenants\";r=0;t=20"
    );
    assert!(format!("{:?}", layer.layer(())).contains("tenants"));
}

#[test]
fn without_state_information_only_refusals_tell() {
    let quota = Quota::per_hour(n(1));
    let (limiter, _) = keyed::<String>(quota);
    let layer = RateLimitLayer::governor(
        GovernorLimiter::new("tenants", limiter, quota).unwrap(),
        by_tenant,
    );
    let mut service = layer.with_numbers_in_request().layer(shop());
    let first = send(&mut service, tenant("acme"));
    assert_eq!(first.body(), "metered");
    assert!(first.headers().is_empty());
    assert_eq!(
        send(&mut service, tenant("acme")).headers()["ratelimit"],
        "\"tenants\";r=0;t=3600"
    );
}

#[tokio::test]
async fn beside_other_limits_it_is_asked_last_and_they_are_given_back_to() {
    let ours = Arc::new(named("clients"));
    let quota = Quota::per_hour(n(2));
    let (limiter, _) = keyed::<String>(quota);
    let limiter = Arc::new(GovernorLimiter::new("tenants", limiter, quota).unwrap());
    let layer = RateLimitLayer::new(Arc::clone(&ours), ByClient::new());
    let layer = layer.add_governor(Arc::clone(&limiter), by_tenant).unwrap();
    let mut service = layer.clone().layer(shop());
    let client = ClientAddr::from_peer([192, 0, 2, 7].into());
    let from = |name: &str| {
        let mut request = tenant(name);
        request.extensions_mut().insert(client);
        request
    };
    let statuses = [(); 9].map(|()| send(&mut service, from("acme")).status().as_u16());
    assert_eq!(statuses, [200, 200, 429, 429, 429, 429, 429, 429, 429]);
    assert_eq!(ours.remaining(ours.key().client(&client)).await.unwrap(), 1);
    // The client's last; then tenants are asked no more.
    let statuses = [(); 3].map(|()| send(&mut service, from("other")).status().as_u16());
    assert_eq!(statuses, [200, 429, 429]);
    let mut other = from("other");
    other
        .extensions_mut()
        .insert(ClientAddr::from_peer([192, 0, 2, 8].into()));
    assert_eq!(send(&mut service, other).status(), 200, "it was charged once");
    let mut unknown = Request::get("/").body(()).unwrap();
    unknown
        .extensions_mut()
        .insert(ClientAddr::from_peer([192, 0, 2, 9].into()));
    assert_eq!(send(&mut service, unknown).status(), 500);
    let ninth = ClientAddr::from_peer([192, 0, 2, 9].into());
    assert_eq!(
        ours.remaining(ours.key().client(&ninth)).await.unwrap(),
        3,
        "given back"
    );
}

#[test]
fn a_second_a_twin_and_a_cost_that_never_fits_are_refused() {
    let quota = Quota::per_hour(n(2));
    let (limiter, _) = keyed::<String>(quota);
    let limiter = Arc::new(GovernorLimiter::new("tenants", limiter, quota).unwrap());
    let layer = RateLimitLayer::new(named("clients"), ByClient::new());
    let layer = layer.add_governor(Arc::clone(&limiter), by_tenant).unwrap();
    assert!(
        layer
            .clone()
            .add_governor(Arc::clone(&limiter), by_tenant)
            .is_err(),
        "a second"
    );
    assert!(
        layer.add_limit(named("tenants"), ByClient::new()).is_err(),
        "a twin"
    );
    let (twin, _) = keyed::<String>(quota);
    let twin = GovernorLimiter::new("clients", twin, quota).unwrap();
    assert!(
        RateLimitLayer::new(named("clients"), ByClient::new())
            .add_governor(twin, by_tenant)
            .is_err()
    );
    let costly = RateLimitLayer::new(named("costly"), ByClient::new())
        .with_cost(3)
        .unwrap();
    assert!(
        costly.add_governor(limiter, by_tenant).is_err(),
        "no request would pass"
    );
}

fn named(name: &str) -> palisade_ratelimit::RateLimiter<MemoryStore<FakeClock>> {
    let quota = palisade_ratelimit::Quota::per_hour(n(3));
    let store = MemoryStore::sized(quota, MemoryStore::MIN_BYTES)
        .unwrap()
        .with_clock(FakeClock::new());
    palisade_ratelimit::RateLimiter::with_store(name, quota, store).unwrap()
}

#[test]
fn a_quota_that_is_not_the_limiters_is_told_of_once() {
    let (limiter, _) = keyed::<u8>(Quota::per_hour(n(2)));
    let events = Collected::new();
    let limiter = GovernorLimiter::new("search", limiter, Quota::per_hour(n(9))).unwrap();
    let limiter = limiter.with_recorder(Recorder::default().add_sink(events.clone()));
    assert!(matches!(limiter.check(&1, 3), Decision::NeverFits));
    assert!((0..9).filter(|_| limiter.check(&1, 1).is_allowed()).count() == 2);
    let told = events
        .kinds()
        .into_iter()
        .filter(|kind| *kind == SecurityEvent::ControlMisconfigured);
    assert_eq!(told.count(), 1);
    let (limiter, _) = keyed::<u8>(Quota::per_hour(n(2)));
    assert!(GovernorLimiter::new("a b", limiter, Quota::per_hour(n(2))).is_err());
}
