//! Several limits in one layer.
use std::num::NonZeroU32;
use std::sync::Arc;

use http::Request;
use palisade_core::{ClientAddr, Head, Principal, PrincipalKind, Recorder, Subject};
use palisade_ratelimit::{
    Attempt, ByClient, ByNetwork, ByPrincipal, KeyHasher, Keyed, Quota, RateLimitLayer, RateLimiter,
};
use tower::Layer;

use crate::ledger::Ledger;
use crate::support::{QUOTA, bench, from, limiter, passed, send};

fn quota(n: u32) -> Quota {
    Quota::per_hour(NonZeroU32::new(n).unwrap())
}

fn by_path(head: &Head<'_>, keys: &KeyHasher) -> Keyed {
    keys.key().label(head.uri().path()).into()
}

fn to(ip: &str, path: &'static str) -> Request<()> {
    let mut request = from(ip);
    *request.uri_mut() = path.parse().unwrap();
    request
}

#[tokio::test]
async fn a_request_that_one_limit_refuses_is_charged_to_none() {
    let (bench, paths) = (bench(), limiter("paths", quota(5)));
    let layer = bench.layer().add_limit(Arc::clone(&paths), by_path).unwrap();
    let service = layer.layer(bench.shop.clone());
    assert_eq!(
        passed(&service, 50, || to("192.0.2.1", "/a")),
        3,
        "the client's limit"
    );
    assert_eq!(paths.remaining(paths.key().label("/a")).await.unwrap(), 2);
    assert_eq!(
        passed(&service, 50, || to("192.0.2.2", "/a")),
        2,
        "the path's limit"
    );
    let client = ClientAddr::from_peer([192, 0, 2, 2].into());
    let key = bench.limiter.key().client(&client);
    assert_eq!(bench.limiter.remaining(key).await.unwrap(), 1);
    assert_eq!(bench.shop.calls(), 5);
}

#[test]
fn the_fields_tell_of_the_limit_that_leaves_least() {
    let bench = bench();
    let layer = bench
        .layer()
        .add_limit(limiter("paths", quota(5)), by_path)
        .unwrap();
    let service = layer.layer(bench.shop.clone());
    let first = send(&service, to("192.0.2.1", "/a"));
    assert_eq!(
        first.headers()["ratelimit-policy"],
        "\"login\";q=3;w=3",
        "2 of 3 are less than 4 of 5"
    );
    let other = passed(&service, 3, || to("192.0.2.2", "/a"));
    let last = send(&service, to("192.0.2.3", "/a"));
    assert_eq!((other, last.status().as_u16()), (3, 200));
    assert_eq!(last.headers()["ratelimit"], "\"paths\";r=0;t=3600");
    assert_eq!(last.headers().get_all("ratelimit").iter().count(), 1);
    let refused = send(&service, to("192.0.2.4", "/a"));
    assert_eq!(refused.headers()["ratelimit"], "\"paths\";r=0;t=720");
    assert_eq!(refused.headers()["retry-after"], "720");
}

#[test]
fn who_is_exempt_from_all_limits_passes_without_a_mark() {
    let bench = bench();
    let exempt = |_: &Head<'_>, _: &KeyHasher| Keyed::Exempt;
    let layer = RateLimitLayer::new(Arc::clone(&bench.limiter), exempt);
    let service = layer.clone().layer(bench.shop.clone());
    assert_eq!(passed(&service, 50, || from("192.0.2.7")), 50);
    let response = send(&service, from("192.0.2.7"));
    assert_eq!(response.body(), "unmetered");
    assert!(response.headers().is_empty());
    let both = layer
        .add_limit(limiter("clients", QUOTA), ByClient::new())
        .unwrap()
        .layer(bench.shop.clone());
    assert_eq!(send(&both, from("192.0.2.7")).body(), "metered");
    assert_eq!(passed(&both, 50, || from("192.0.2.7")), 2);
}

#[test]
fn a_request_without_one_of_its_keys_is_charged_to_none() {
    let bench = bench();
    let missing = |_: &Head<'_>, _: &KeyHasher| None::<Attempt>;
    let layer = bench
        .layer()
        .add_limit(limiter("accounts", QUOTA), missing)
        .unwrap();
    let service = layer.layer(bench.shop.clone());
    for _ in 0..50 {
        assert_eq!(send(&service, from("192.0.2.7")).status(), 500);
    }
    assert_eq!(passed(&bench.service(), 50, || from("192.0.2.7")), 3);
}

#[test]
fn what_a_layer_costs_multiplies_what_a_request_costs_and_cannot_wrap() {
    for (cost, factor, want) in [(0, 1, 0), (0, 3, 3), (2, 3, 6), (u64::MAX, 3, u64::MAX)] {
        let ledger = Ledger::new(0, 9);
        let limiter = RateLimiter::with_store("search", quota(9), ledger.clone()).unwrap();
        let key = move |_: &Head<'_>, keys: &KeyHasher| Attempt::new(keys.key()).with_cost(cost);
        let layer = RateLimitLayer::new(limiter, key).with_cost(factor).unwrap();
        drop(send(&layer.layer(bench().shop), from("192.0.2.7")));
        assert_eq!(ledger.costs(), [want], "{cost} times {factor}");
    }
}

#[test]
fn a_plan_that_the_key_finder_chose_is_counted_and_told() {
    let bench = bench();
    let paying = bench
        .limiter
        .plan(QUOTA.burst(NonZeroU32::new(5).unwrap()))
        .unwrap();
    let by_plan = move |head: &Head<'_>, keys: &KeyHasher| {
        let client = head.extensions().get::<ClientAddr>()?;
        Some(Attempt::new(keys.key().client(client)).with_plan(paying.clone()))
    };
    let layer = RateLimitLayer::new(Arc::clone(&bench.limiter), by_plan);
    let service = layer.layer(bench.shop.clone());
    let first = send(&service, from("192.0.2.7"));
    assert_eq!(first.headers()["ratelimit-policy"], "\"login\";q=5;w=5");
    assert_eq!(passed(&service, 50, || from("192.0.2.7")), 4);
}

#[test]
fn eight_limits_are_asked_and_a_ninth_a_twin_and_a_cost_that_never_fits_are_refused() {
    let bench = bench();
    let add =
        |layer: RateLimitLayer<_>, n: u32| layer.add_limit(limiter(&format!("l{n}"), QUOTA), ByClient::new());
    let eight = (1..8).try_fold(bench.layer(), add).unwrap();
    assert_eq!(
        passed(&eight.clone().layer(bench.shop.clone()), 5, || from("192.0.2.7")),
        3
    );
    assert!(add(eight, 9).is_err());
    assert!(
        bench
            .layer()
            .add_limit(limiter("login", QUOTA), ByClient::new())
            .is_err()
    );
    let costly = bench.layer().with_cost(3).unwrap();
    assert!(
        costly
            .add_limit(limiter("narrow", quota(2)), ByClient::new())
            .is_err()
    );
}

#[test]
fn whoever_owns_a_48_gets_what_sixteen_homes_get() {
    let layer = RateLimitLayer::by_networks("register", quota(2), &Recorder::default()).unwrap();
    let service = layer.layer(bench().shop);
    // Two from each /64, of which a /56 has 256.
    let mut at = 0_u32;
    let mut next = || {
        at += 1;
        let (site, home) = (at % 3, (at / 3) % 100);
        from(&format!("2001:db8:0:{:x}::1", site * 256 + home))
    };
    let requests: Vec<_> = (0..3_000).map(|_| next()).collect();
    let mut requests = requests.into_iter();
    let admitted = requests
        .by_ref()
        .filter(|request| send(&service, copy(request)).status() == 200)
        .count();
    assert_eq!(admitted, 24, "eight in each of three /56");
    // The /48 holds 32: a fourth /56 gets its eight, a fifth nothing.
    let more = |site: u32| {
        let at = |home| from(&format!("2001:db8:0:{:x}::1", site * 256 + home));
        (0..100)
            .filter(|home| send(&service, at(*home)).status() == 200)
            .count()
    };
    assert_eq!((more(7), more(9)), (8, 0));
    assert_eq!(
        passed(&service, 5, || from("2001:db8:1::1")),
        2,
        "another /48 is another matter"
    );
    assert_eq!(passed(&service, 5, || from("192.0.2.1")), 2);
    assert_eq!(
        passed(&service, 5, || from("192.0.2.2")),
        2,
        "IPv4 addresses have no larger network in common"
    );
}

fn copy(request: &Request<()>) -> Request<()> {
    let mut copy = Request::post("/login").body(()).unwrap();
    *copy.extensions_mut() = request.extensions().clone();
    copy
}

#[test]
fn networks_are_neither_providers_nor_hosts() {
    for prefix in [0, 31, 65, 128, 255] {
        assert!(ByNetwork::prefix(prefix).is_err(), "{prefix}");
    }
    let bench = bench();
    let layer = RateLimitLayer::new(Arc::clone(&bench.limiter), ByNetwork::prefix(56).unwrap());
    let service = layer.layer(bench.shop.clone());
    assert_eq!(passed(&service, 2, || from("2001:db8:0:101::1")), 2);
    assert_eq!(
        passed(&service, 2, || from("2001:db8:0:1ff::1")),
        1,
        "the same /56"
    );
    assert_eq!(passed(&service, 9, || from("192.0.2.7")), 3);
    assert_eq!(send(&service, Request::post("/").body(()).unwrap()).status(), 500);
}

#[test]
fn larger_networks_can_leave_ipv4_to_another_limit() {
    let bench = bench();
    let by_56 = ByNetwork::prefix(56).unwrap().ipv6_only();
    let service = RateLimitLayer::new(Arc::clone(&bench.limiter), by_56).layer(bench.shop.clone());
    for ip in ["192.0.2.7", "::ffff:192.0.2.7"] {
        assert_eq!(passed(&service, 9, || from(ip)), 9, "{ip}");
        assert_eq!(send(&service, from(ip)).body(), "unmetered", "{ip}");
    }
    assert_eq!(passed(&service, 9, || from("2001:db8::1")), 3);
}

#[test]
fn accounts_are_counted_wherever_they_come_from() {
    let bench = bench();
    let layer = RateLimitLayer::new(Arc::clone(&bench.limiter), ByPrincipal::new());
    let service = layer.layer(bench.shop.clone());
    let ada = Principal::new(Subject::new("ada").unwrap(), PrincipalKind::Customer);
    let signed_in = |ip: &str| {
        let mut request = from(ip);
        request.extensions_mut().insert(ada.clone());
        request
    };
    let mut host = 0;
    let mut roaming = || {
        host += 1;
        signed_in(&format!("192.0.2.{host}"))
    };
    let requests = [roaming(), roaming(), roaming(), roaming()];
    let statuses = requests.map(|request| send(&service, request).status().as_u16());
    assert_eq!(statuses, [200, 200, 200, 429]);
    assert_eq!(
        passed(&service, 9, || from("192.0.2.1")),
        3,
        "nobody counts by address"
    );
    assert_eq!(send(&service, Request::post("/").body(()).unwrap()).status(), 500);
}
