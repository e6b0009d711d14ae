//! The layers in axum: what its routers do around them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Method, Request, Response};
use http_body_util::BodyExt;
use palisade_core::{
    AddrSource, ClientAddr, ClientAddrCheck, FakeClock, ForwardHeader, GuardLayer, Head, Recorder,
    TrustedProxies,
};
use palisade_ratelimit::{
    BanLayer, Bans, Block, ByClient, ConcurrencyLayer, ConcurrencyLimiter, MemoryStore, Quota,
    RateLimitLayer, RateLimiter,
};
use tower::ServiceExt;

type Limiter = RateLimiter<MemoryStore<FakeClock>>;

fn n(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap()
}

/// Three at once, one a minute.
fn three(name: &str) -> Limiter {
    let quota = Quota::per_minute(NonZeroU32::MIN).burst(n(3));
    let store = MemoryStore::sized(quota, MemoryStore::MIN_BYTES)
        .unwrap()
        .with_clock(FakeClock::new());
    RateLimiter::with_store(name, quota, store).unwrap()
}

/// Finds the client behind a proxy at 10.0.0.1.
fn behind_a_proxy(routes: Router, header: ForwardHeader) -> Router {
    let proxies = TrustedProxies::new(header).add_network("10.0.0.1").unwrap();
    let peer = |head: &Head<'_>| head.extensions().get::<SocketAddr>().map(SocketAddr::ip);
    routes.layer(GuardLayer::new(ClientAddrCheck::new(proxies, peer)))
}

fn through_proxy(fields: &[(&str, Vec<u8>)]) -> Request<Body> {
    let mut request = Request::get("/");
    for (name, value) in fields {
        request = request.header(*name, value.as_slice());
    }
    let peer = SocketAddr::from(([10, 0, 0, 1], 4711));
    request.extension(peer).body(Body::empty()).unwrap()
}

async fn send(app: &Router, request: Request<Body>) -> Response<Body> {
    app.clone().oneshot(request).await.unwrap()
}

/// How many of so many requests pass, that come one after the other.
async fn passed(app: &Router, requests: impl IntoIterator<Item = Request<Body>>) -> usize {
    let mut passed = Vec::new();
    for request in requests {
        passed.extend((send(app, request).await.status() == 200).then_some(()));
    }
    passed.len()
}

#[tokio::test]
async fn whatever_a_client_writes_before_its_proxy_it_has_one_quota() {
    let own = "192.0.2.7";
    // What the client sent as its own list, and the proxy put the client's address behind.
    let forged: [(&str, Vec<u8>); 14] = [
        ("nothing", Vec::new()),
        ("another address", b"198.51.100.1".to_vec()),
        ("many", b"198.51.100.1, 198.51.100.2, 198.51.100.3".to_vec()),
        ("the proxy's own", b"10.0.0.1".to_vec()),
        ("the client's own", b"192.0.2.7".to_vec()),
        ("mapped, dotted", b"::ffff:198.51.100.1".to_vec()),
        ("mapped, in hex", b"::ffff:c633:6401".to_vec()),
        ("loopback", b"127.0.0.1, ::1".to_vec()),
        ("an open quote", b"\"198.51.100.1".to_vec()),
        ("a quoted comma", b"\"198.51.100.1, 198.51.100.2\"".to_vec()),
        ("empty elements", b",,, ,".to_vec()),
        ("a tab", b"198.51.100.1\t".to_vec()),
        ("not UTF-8", vec![0xff, 0xfe]),
        ("words", b"unknown, _hidden, for=evil".to_vec()),
    ];
    let limit = RateLimitLayer::new(three("requests"), ByClient::new());
    let app = behind_a_proxy(
        Router::new().route("/", get(|| async { "in" })).layer(limit),
        ForwardHeader::x_forwarded_for(),
    );
    let mut requests = Vec::new();
    for (_, forged) in &forged {
        let one_line = [forged.as_slice(), b", ".as_slice(), own.as_bytes()].concat();
        requests.push(through_proxy(&[("x-forwarded-for", one_line)]));
        // As proxies do that add a line of their own.
        let lines = [
            ("x-forwarded-for", forged.clone()),
            ("x-forwarded-for", own.into()),
        ];
        requests.push(through_proxy(&lines));
    }
    for mapped in [
        "::ffff:192.0.2.7",
        "::ffff:c000:207",
        "[::ffff:192.0.2.7]:80",
        "192.0.2.7:80",
    ] {
        requests.push(through_proxy(&[("x-forwarded-for", mapped.into())]));
    }
    assert_eq!(passed(&app, requests).await, 3);
    let other = through_proxy(&[("x-forwarded-for", b"192.0.2.7, 192.0.2.8".to_vec())]);
    assert_eq!(send(&app, other).await.status(), 200, "somebody else has another");
}

#[tokio::test]
async fn forwarded_elements_are_read_with_their_quotes() {
    let limit = RateLimitLayer::new(three("requests"), ByClient::new());
    let app = behind_a_proxy(
        Router::new().route("/", get(|| async { "in" })).layer(limit),
        ForwardHeader::forwarded(),
    );
    let one_client = [
        "for=192.0.2.7",
        "For=\"192.0.2.7:4711\";proto=http;by=10.0.0.1",
        "for=\"a, for=198.51.100.1\", for=192.0.2.7",
        "for=198.51.100.1;host=\"x,y\", for=\"[::ffff:192.0.2.7]:80\"",
        "for=\"[::ffff:c000:207]\"",
    ];
    let requests = one_client.map(|list| through_proxy(&[("forwarded", list.into())]));
    assert_eq!(passed(&app, requests).await, 3);
    let network = [
        "for=\"[2001:db8::1]\"",
        "for=\"[2001:db8::2]:80\"",
        "for=\"[2001:DB8:0:0:ffff::9]\"",
    ];
    let requests = network.map(|list| through_proxy(&[("forwarded", list.into())]));
    assert_eq!(passed(&app, requests).await, 3);
    let again = through_proxy(&[("forwarded", b"for=\"[2001:db8::3]\"".to_vec())]);
    assert_eq!(send(&app, again).await.status(), 429, "of one /64");
}

#[tokio::test]
async fn ten_thousand_entries_are_refused_and_cost_nobody_else() {
    let limit = RateLimitLayer::new(three("requests"), ByClient::new());
    let app = behind_a_proxy(
        Router::new().route("/", get(|| async { "in" })).layer(limit),
        ForwardHeader::x_forwarded_for(),
    );
    let long = "10.0.0.1, ".repeat(10_000).into_bytes();
    let lines: Vec<_> = (0..1_000)
        .map(|_| ("x-forwarded-for", b"10.0.0.1".to_vec()))
        .collect();
    for _ in 0..9 {
        assert_eq!(
            send(&app, through_proxy(&[("x-forwarded-for", long.clone())]))
                .await
                .status(),
            431
        );
        assert_eq!(send(&app, through_proxy(&lines)).await.status(), 431);
    }
    let other = (0..9).map(|_| through_proxy(&[("x-forwarded-for", b"192.0.2.7".to_vec())]));
    assert_eq!(passed(&app, other).await, 3);
}

#[test]
fn a_line_cannot_be_broken_in_a_header() {
    // What RFC 9110 section 5.5 forbids never gets as far as a limit.
    for value in [
        &b"192.0.2.7\r\nx-real-ip: 6.6.6.6"[..],
        b"192.0.2.7\n",
        b"192.0.2.7\0",
    ] {
        assert!(
            Request::get("/")
                .header("x-forwarded-for", value)
                .body(())
                .is_err()
        );
    }
    // Should it come in by another way, it is no address.
    let proxies = TrustedProxies::new(ForwardHeader::x_forwarded_for())
        .add_network("10.0.0.1")
        .unwrap();
    let headers: &[(&str, &str)] = &[("x-forwarded-for", "6.6.6.6\r\n, 192.0.2.7\r\n6.6.6.6")];
    let client = proxies.resolve(IpAddr::from([10, 0, 0, 1]), &headers).unwrap();
    assert_eq!(
        (client.ip(), client.source()),
        (IpAddr::from([10, 0, 0, 1]), AddrSource::LastHop)
    );
}

fn from(method: Method, host: u8) -> Request<Body> {
    let client = ClientAddr::from_peer([192, 0, 2, host].into());
    Request::builder()
        .method(method)
        .uri("/")
        .extension(client)
        .body(Body::empty())
        .unwrap()
}

#[tokio::test]
async fn preflights_are_answered_uncharged_and_a_429_is_a_problem() {
    let limit = RateLimitLayer::new(three("requests"), ByClient::new()).with_cors_exposed();
    let preflight = || async { ([("access-control-allow-origin", "https://shop.example")], "") };
    let app = Router::new()
        .route("/", get(|| async { "in" }).options(preflight))
        .layer(limit);
    for _ in 0..50 {
        let mut request = from(Method::OPTIONS, 7);
        for (name, value) in [
            ("origin", "https://shop.example"),
            ("access-control-request-method", "GET"),
        ] {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        assert_eq!(send(&app, request).await.status(), 200);
    }
    assert_eq!(passed(&app, (0..9).map(|_| from(Method::GET, 7))).await, 3);
    let refused = send(&app, from(Method::GET, 7)).await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "60");
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    assert!(refused.headers().contains_key("access-control-expose-headers"));
    let body = refused.into_body().collect().await.unwrap().to_bytes();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        (&body["status"], &body["code"]),
        (&429.into(), &"rate_limit_exceeded".into())
    );
}

#[tokio::test]
async fn a_place_is_held_by_a_stream_and_not_by_a_head() {
    let limiter = Arc::new(ConcurrencyLimiter::new("export", NonZeroU32::MIN).unwrap());
    let layer = ConcurrencyLayer::new(Arc::clone(&limiter), ByClient::new());
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel::<&'static str>();
    let receiver = Arc::new(tokio::sync::Mutex::new(receiver));
    let stream = move || {
        let receiver = Arc::clone(&receiver);
        async move { Body::new(Lines(receiver.lock_owned().await)) }
    };
    let app = Router::new().route("/", get(stream)).layer(layer);
    let head = send(&app, from(Method::HEAD, 7)).await;
    assert_eq!(
        (head.status().as_u16(), limiter.in_flight()),
        (200, 0),
        "axum drops the body"
    );
    let mut body = send(&app, from(Method::GET, 7)).await.into_body();
    sender.send("one").unwrap();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "one");
    assert_eq!(send(&app, from(Method::GET, 7)).await.status(), 429);
    assert_eq!(limiter.in_flight(), 1);
    drop(sender);
    assert!(body.frame().await.is_none());
    assert_eq!(limiter.in_flight(), 0);
}

/// A body of what a channel brings.
struct Lines(tokio::sync::OwnedMutexGuard<tokio::sync::mpsc::UnboundedReceiver<&'static str>>);

impl http_body::Body for Lines {
    type Data = bytes::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, Self::Error>>> {
        let line = self.0.poll_recv(cx);
        line.map(|line| {
            line.map(|line| Ok(http_body::Frame::data(bytes::Bytes::from_static(line.as_bytes()))))
        })
    }
}

#[tokio::test]
async fn all_layers_stand_in_one_router() {
    let minute = std::time::Duration::from_secs(60);
    let bans = Bans::new(
        three("probing"),
        Block::lasting(minute).unwrap(),
        &TrustedProxies::none(),
    );
    let concurrency = ConcurrencyLimiter::new("pages", n(9)).unwrap();
    let app = Router::new()
        .route("/", get(|| async { http::StatusCode::FORBIDDEN }))
        .layer(ConcurrencyLayer::new(concurrency, ByClient::new()))
        .layer(
            RateLimitLayer::by_networks("requests", Quota::per_second(n(100)), &Recorder::default()).unwrap(),
        )
        .layer(BanLayer::new(bans));
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(send(&app, from(Method::GET, 7)).await.status().as_u16());
    }
    assert_eq!(statuses, [403, 403, 403, 403, 429, 429]);
}
