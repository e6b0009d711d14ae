use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use palisade_core::{SecurityEvent, StatusOnly};
use palisade_ratelimit::{LimitRefused, LimitRefusedKind, Metered, RateLimitFields, RateLimitLayer};
use tower::Layer;

use crate::support::{bench, from, passed, send};

#[test]
fn asvs_v2_4_1_a_client_is_slowed_down_and_the_handler_is_not_called() {
    let bench = bench();
    let service = bench.service();
    for _ in 0..3 {
        assert_eq!(send(&service, from("192.0.2.7")).body(), "metered");
    }
    let refused = send(&service, from("192.0.2.7"));
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(refused.headers()["cache-control"], "no-store");
    assert_eq!(bench.shop.calls(), 3);
    assert_eq!(send(&service, from("192.0.2.8")).status(), 200, "others are not");
    bench.clock.advance(Duration::from_secs(1));
    assert_eq!(passed(&service, 5, || from("192.0.2.7")), 1);
    assert_eq!(bench.events.kinds()[0], SecurityEvent::ExcessRateLimitExceeded);
}

#[test]
fn a_refusal_is_a_problem_with_a_registered_type() {
    let bench = bench();
    let service = bench.service();
    passed(&service, 3, || from("192.0.2.7"));
    let refused = send(&service, from("192.0.2.7"));
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    let body: serde_json::Value = serde_json::from_slice(refused.body()).unwrap();
    let want = serde_json::json!({
        "type": "https://iana.org/assignments/http-problem-types#quota-exceeded",
        "title": "Too Many Requests", "status": 429, "code": "rate_limit_exceeded",
    });
    assert_eq!(body, want);
    let refusal = refused.extensions().get::<LimitRefused>().unwrap();
    assert_eq!(refusal.kind(), LimitRefusedKind::Exhausted);
    assert_eq!(refusal.retry_after(), Some(Duration::from_secs(1)));
}

#[test]
fn clones_services_and_plain_calls_share_the_counter() {
    let bench = bench();
    let (one, two) = (bench.service(), bench.service());
    assert_eq!(passed(&one, 1, || from("192.0.2.7")), 1);
    assert_eq!(passed(&one.clone(), 1, || from("192.0.2.7")), 1);
    let client = palisade_core::ClientAddr::from_peer([192, 0, 2, 7].into());
    assert!(
        bench
            .limiter
            .check_now(bench.limiter.key().client(&client))
            .is_allowed()
    );
    assert_eq!(passed(&two, 5, || from("192.0.2.7")), 0);
}

#[test]
fn a_request_can_cost_more_than_one() {
    let bench = bench();
    for cost in [0, 4, u32::MAX] {
        assert!(bench.layer().with_cost(cost).is_err(), "{cost}");
    }
    let service = bench.layer().with_cost(2).unwrap().layer(bench.shop.clone());
    assert_eq!(passed(&service, 5, || from("192.0.2.7")), 1);
    let refused = send(&service, from("192.0.2.7"));
    assert_eq!(refused.headers()["ratelimit"], "\"login\";r=1;t=1");
}

#[test]
fn a_response_of_ones_own_keeps_what_belongs_to_a_refusal() {
    let bench = bench();
    let teapot = |_: &LimitRefused| {
        Response::builder()
            .status(418)
            .body(Bytes::from("later"))
            .unwrap()
    };
    let service = bench.layer().with_response(teapot).layer(bench.shop.clone());
    passed(&service, 3, || from("192.0.2.7"));
    let refused = send(&service, from("192.0.2.7"));
    assert_eq!(
        (refused.status().as_u16(), refused.body().as_ref()),
        (418, &b"later"[..])
    );
    for field in ["retry-after", "cache-control", "ratelimit", "ratelimit-policy"] {
        assert_eq!(refused.headers().get_all(field).iter().count(), 1, "{field}");
    }
    let service = bench
        .layer()
        .with_response(StatusOnly::default())
        .layer(bench.shop.clone());
    assert!(send(&service, from("192.0.2.7")).body().is_empty());
}

#[test]
fn fields_can_be_left_out_and_retry_after_cannot() {
    let bench = bench();
    let service = bench
        .layer()
        .with_fields(RateLimitFields::None)
        .layer(bench.shop.clone());
    assert!(send(&service, from("192.0.2.7")).headers().is_empty());
    passed(&service, 3, || from("192.0.2.7"));
    let refused = send(&service, from("192.0.2.7"));
    assert!(!refused.headers().contains_key("ratelimit") && refused.headers().contains_key("retry-after"));
}

#[test]
fn layers_and_services_can_be_shared_between_threads() {
    fn shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    fn sent<T: Send + 'static>(_: &T) {}
    let bench = bench();
    let layer: RateLimitLayer<_> = bench.layer();
    shared(&layer);
    let mut service = layer.layer(bench.shop.clone());
    shared(&service);
    shared(&Metered::clone);
    sent(&tower::Service::call(&mut service, from("192.0.2.7")));
    assert!(format!("{layer:?} {:?} {:?}", layer.layer(()), layer.clone().dangerous()).contains("login"));
}

#[test]
fn the_inner_service_is_asked_whether_it_is_ready() {
    use std::task::{Context, Poll, Waker};

    #[derive(Clone)]
    struct Busy;
    impl tower::Service<http::Request<()>> for Busy {
        type Response = Response<Bytes>;
        type Error = &'static str;
        type Future = std::future::Ready<Result<Response<Bytes>, &'static str>>;
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
            Poll::Ready(Err("busy"))
        }
        fn call(&mut self, _: http::Request<()>) -> Self::Future {
            std::future::ready(Err("called"))
        }
    }
    let mut service = bench().layer().layer(Busy);
    let polled = tower::Service::poll_ready(&mut service, &mut Context::from_waker(Waker::noop()));
    assert_eq!(
        polled,
        Poll::Ready(Err("busy")),
        "errors of the inner service are its own"
    );
}
