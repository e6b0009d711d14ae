use http::{HeaderValue, Method, Request};
use palisade_core::{ClientAddr, Head, SecurityEvent};
use palisade_ratelimit::{KeyHasher, LimitRefused, LimitRefusedKind, RateLimitLayer};
use tower::Layer;

use crate::support::{bench, from, passed, send};

#[test]
fn without_a_client_nothing_passes() {
    let bench = bench();
    let service = bench.service();
    for _ in 0..50 {
        let refused = send(&service, Request::post("/login").body(()).unwrap());
        assert_eq!(refused.status(), 500);
        assert_eq!(refused.headers()["cache-control"], "no-store");
        assert!(!refused.headers().contains_key("retry-after"));
        let kind = refused.extensions().get::<LimitRefused>().unwrap().kind();
        assert_eq!(kind, LimitRefusedKind::KeyMissing);
    }
    assert_eq!(bench.shop.calls(), 0);
    assert_eq!(
        bench.events.kinds(),
        [SecurityEvent::ControlFailed],
        "told of once"
    );
}

#[test]
fn a_header_does_not_make_another_client() {
    let bench = bench();
    let service = bench.service();
    let spoofed = |n: usize| {
        let mut request = from("192.0.2.7");
        let value = HeaderValue::from_str(&format!("198.51.100.{n}")).unwrap();
        for name in [
            "x-forwarded-for",
            "forwarded",
            "x-real-ip",
            "cf-connecting-ip",
            "true-client-ip",
        ] {
            request.headers_mut().insert(name, value.clone());
        }
        request
    };
    let admitted = (0..100)
        .filter(|n| send(&service, spoofed(*n)).status() == 200)
        .count();
    assert_eq!(admitted, 3);
}

#[test]
fn one_customer_with_a_64_is_one_client_and_mapped_addresses_are_ipv4() {
    let bench = bench();
    let service = bench.service();
    let iterated = |n: usize| from(&format!("2001:db8:0:1::{n:x}"));
    assert_eq!(
        (0..100)
            .filter(|n| send(&service, iterated(*n)).status() == 200)
            .count(),
        3
    );
    assert_eq!(passed(&service, 2, || from("192.0.2.7")), 2);
    assert_eq!(passed(&service, 2, || from("::ffff:192.0.2.7")), 1);
}

#[test]
fn only_a_whole_preflight_is_free() {
    let bench = bench();
    let service = bench.service();
    let with = |method: Method, headers: &[&'static str]| {
        let mut request = from("192.0.2.7");
        *request.method_mut() = method;
        for name in headers {
            request
                .headers_mut()
                .insert(*name, HeaderValue::from_static("https://evil.example"));
        }
        request
    };
    let both = ["origin", "access-control-request-method"];
    let preflight = || with(Method::OPTIONS, &both);
    assert_eq!(passed(&service, 50, preflight), 50);
    assert_eq!(
        send(&service, preflight()).body(),
        "unmetered",
        "a free request carries no mark"
    );
    assert!(send(&service, preflight()).headers().is_empty());

    let spoofs = [
        ("a POST with a preflight's headers", with(Method::POST, &both)),
        ("a GET with a preflight's headers", with(Method::GET, &both)),
        (
            "OPTIONS without an origin",
            with(Method::OPTIONS, &["access-control-request-method"]),
        ),
        (
            "OPTIONS without a method asked for",
            with(Method::OPTIONS, &["origin"]),
        ),
        (
            "a method of another case",
            with(Method::from_bytes(b"options").unwrap(), &both),
        ),
    ];
    bench.clock.advance(std::time::Duration::from_secs(60));
    assert_eq!(
        passed(&service, 3, || from("192.0.2.7")),
        3,
        "preflights took nothing"
    );
    for (name, spoof) in spoofs {
        assert_eq!(send(&service, spoof).status(), 429, "{name}");
    }
    let charged = bench.layer().with_preflights_charged().layer(bench.shop.clone());
    assert_eq!(send(&charged, preflight()).status(), 429);
}

#[test]
fn a_preflight_has_no_content() {
    let bench = bench();
    let service = bench.service();
    let with = |name: &'static str, value: &'static str| {
        let mut request = from("192.0.2.7");
        *request.method_mut() = Method::OPTIONS;
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("access-control-request-method", "POST"),
            (name, value),
        ] {
            request
                .headers_mut()
                .append(name, HeaderValue::from_static(value));
        }
        request
    };
    assert_eq!(passed(&service, 50, || with("content-length", "0")), 50);
    assert_eq!(passed(&service, 3, || from("192.0.2.7")), 3);
    for (name, value) in [
        ("content-length", "31"),
        ("content-length", "00"),
        ("transfer-encoding", "chunked"),
    ] {
        assert_eq!(send(&service, with(name, value)).status(), 429, "{name}: {value}");
    }
}

#[test]
fn a_key_of_ones_own_is_used_as_given() {
    let bench = bench();
    let by_path = |head: &Head<'_>, keys: &KeyHasher| {
        let client = head.extensions().get::<ClientAddr>()?;
        Some(keys.key().client(client).label(head.uri().path()).finish())
    };
    let service =
        RateLimitLayer::new(std::sync::Arc::clone(&bench.limiter), by_path).layer(bench.shop.clone());
    let to = |path: &'static str| {
        let mut request = from("192.0.2.7");
        *request.uri_mut() = path.parse().unwrap();
        request
    };
    assert_eq!(passed(&service, 5, || to("/a")), 3);
    assert_eq!(passed(&service, 5, || to("/b")), 3);
    assert_eq!(
        passed(&service, 5, || to("/a?x=1")),
        0,
        "the query is not the path"
    );
}
