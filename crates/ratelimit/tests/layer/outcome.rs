//! Charges that are given back, limits in shadow mode, and what is told of both.
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use palisade_core::SecurityEvent;
use palisade_ratelimit::store::Charge;
use palisade_ratelimit::{
    ByClient, RateLimitFields, RateLimitLayer, RateLimiter, ResponseHead, Shadowed, Usage,
};
use tower::{Layer, Service, service_fn};

use crate::ledger::{AT, Ledger};
use crate::support::{QUOTA, bench, from, limiter, passed, send};

/// A handler that answers with that status.
fn answering(
    status: u16,
) -> impl Service<Request<()>, Response = Response<Bytes>, Error = Infallible, Future: Unpin> + Clone {
    service_fn(move |_: Request<()>| {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        std::future::ready(Ok(response))
    })
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// How many get through to a handler that always answers so.
fn heard(layer: &RateLimitLayer<impl palisade_ratelimit::store::Store>, status: u16) -> usize {
    let service = layer.layer(answering(status));
    (0..50)
        .filter(|_| send(&service, from("192.0.2.7")).status() == status)
        .count()
}

#[test]
fn only_failures_count_where_success_is_given_back() {
    for (status, counts) in [
        (200, false),
        (303, false),
        (399, false),
        (400, true),
        (401, true),
        (422, true),
        (500, true),
    ] {
        let layer = bench().layer().with_refund_on_success();
        assert_eq!(heard(&layer, status), if counts { 3 } else { 50 }, "{status}");
    }
}

#[test]
fn the_handlers_word_can_decide_what_counts() {
    #[derive(Clone)]
    struct WrongCode;
    let layer = bench()
        .layer()
        .with_refund_when(|response: ResponseHead<'_>| response.extensions().get::<WrongCode>().is_none());
    assert_eq!(heard(&layer, 200), 50);
    let wrong = service_fn(|_: Request<()>| {
        let mut response = Response::new(Bytes::new());
        response.extensions_mut().insert(WrongCode);
        std::future::ready(Ok::<_, Infallible>(response))
    });
    assert_eq!(passed(&layer.layer(wrong), 50, || from("192.0.2.7")), 3);
}

#[test]
fn parallel_guesses_are_charged_before_the_first_is_judged() {
    let (bench, calls) = (bench(), std::sync::atomic::AtomicUsize::new(0));
    let calls = Arc::new(calls);
    let counted = Arc::clone(&calls);
    let slow = service_fn(move |_: Request<()>| {
        counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        std::future::pending::<Result<Response<Bytes>, Infallible>>()
    });
    let service = bench.layer().with_refund_on_success().layer(slow);
    let mut guesses: Vec<_> = (0..50)
        .map(|_| Box::pin(service.clone().call(from("192.0.2.7"))))
        .collect();
    let refused = guesses.iter_mut().map(|guess| poll(guess.as_mut()).is_ready());
    let refused = refused.filter(|refused| *refused).count();
    assert_eq!(
        (refused, calls.load(std::sync::atomic::Ordering::SeqCst)),
        (47, 3)
    );
    // The client goes away before it is answered: that is not a success.
    drop(guesses);
    assert_eq!(heard(&bench.layer(), 200), 0);
}

#[test]
fn a_handler_that_fails_keeps_the_charge() {
    let bench = bench();
    let failing = service_fn(|_: Request<()>| std::future::ready(Err::<Response<Bytes>, _>("broken")));
    let mut service = bench.layer().with_refund_on_success().layer(failing);
    for _ in 0..3 {
        let answer = poll(Pin::new(&mut service.call(from("192.0.2.7"))));
        assert!(matches!(answer, Poll::Ready(Err("broken"))));
    }
    assert_eq!(heard(&bench.layer(), 200), 0);
}

#[test]
fn a_slow_store_is_given_back_to_before_the_client_is_answered() {
    for (status, given) in [(200, vec![Charge::new(1, AT)]), (401, vec![])] {
        let ledger = Ledger::new(2, 9);
        let limiter = RateLimiter::with_store("login", QUOTA, ledger.clone()).unwrap();
        let layer = RateLimitLayer::new(limiter, ByClient::new()).with_refund_on_success();
        let mut answer = Box::pin(layer.layer(answering(status)).call(from("192.0.2.7")));
        let mut polls = 0;
        let response = loop {
            polls += 1;
            match poll(answer.as_mut()) {
                Poll::Ready(response) => break response.unwrap(),
                Poll::Pending => assert!(ledger.refunds().1.is_empty()),
            }
        };
        assert_eq!(ledger.refunds(), (given.clone(), given.clone()), "{status}");
        assert_eq!(response.status(), status);
        assert!(response.headers().contains_key("ratelimit"));
        // The take is polled once by the call; a refund once when it begins.
        assert_eq!(polls, if given.is_empty() { 2 } else { 3 });
    }
}

#[test]
fn slow_limits_that_are_asked_together_are_given_back_to_when_one_refuses() {
    let (admits, refuses) = (Ledger::new(3, 9), Ledger::new(1, 0));
    let limit = |name: &str, ledger: &Ledger| RateLimiter::with_store(name, QUOTA, ledger.clone()).unwrap();
    let shop = bench().shop;
    let layer = RateLimitLayer::new(limit("one", &admits), ByClient::new())
        .add_limit(limit("two", &refuses), ByClient::new())
        .unwrap();
    let mut answer = Box::pin(layer.layer(shop.clone()).call(from("192.0.2.7")));
    let response = loop {
        if let Poll::Ready(response) = poll(answer.as_mut()) {
            break response.unwrap();
        }
    };
    assert_eq!((response.status().as_u16(), shop.calls()), (429, 0));
    assert_eq!(response.headers()["retry-after"], "9");
    assert_eq!(admits.refunds().1, [Charge::new(1, AT)]);
    assert!(refuses.refunds().0.is_empty());
}

#[test]
fn a_limit_in_shadow_mode_is_told_of_in_the_response_and_to_no_client() {
    let bench = bench();
    let shadow = bench.shadow();
    let service = RateLimitLayer::new(Arc::clone(&shadow), ByClient::new()).layer(bench.shop.clone());
    for turn in 0..9 {
        let response = send(&service, from("192.0.2.7"));
        assert_eq!(response.status(), 200);
        assert_eq!(
            response.extensions().get::<Shadowed>().is_some(),
            turn >= 3,
            "{turn}"
        );
        assert!(response.headers().is_empty(), "clients are not told of it");
        assert_eq!(response.body(), "unmetered", "nothing was enforced");
    }
    assert_eq!(
        bench.events.entries(),
        [(SecurityEvent::ExcessRateLimitExceeded, Some("shadow")); 6]
    );
}

#[test]
fn beside_a_limit_in_shadow_mode_others_decide() {
    let bench = bench();
    let layer = RateLimitLayer::new(bench.shadow(), ByClient::new());
    let wide = limiter("wide", palisade_ratelimit::Quota::per_hour(5.try_into().unwrap()));
    let service = layer
        .add_limit(wide, ByClient::new())
        .unwrap()
        .layer(bench.shop.clone());
    let mut marks = 0;
    for _ in 0..5 {
        let response = send(&service, from("192.0.2.7"));
        assert_eq!(
            (response.status().as_u16(), response.body().as_ref()),
            (200, &b"metered"[..])
        );
        assert!(
            response.headers()["ratelimit"]
                .to_str()
                .unwrap()
                .starts_with("\"wide\";")
        );
        marks += usize::from(response.extensions().get::<Shadowed>().is_some());
    }
    assert_eq!(
        (send(&service, from("192.0.2.7")).status().as_u16(), marks),
        (429, 2)
    );
}

#[test]
fn a_handler_can_ask_for_the_numbers() {
    let bench = bench();
    let told = service_fn(|request: Request<()>| {
        let usage = request.extensions().get::<Usage>().map(|usage| {
            format!(
                "{} {} {:?}",
                usage.limit(),
                usage.remaining(),
                usage.reset_after()
            )
        });
        std::future::ready(Ok::<_, Infallible>(Response::new(Bytes::from(
            usage.unwrap_or_default(),
        ))))
    });
    assert_eq!(send(&bench.layer().layer(told), from("192.0.2.7")).body(), "");
    let service = bench.layer().with_numbers_in_request().layer(told);
    assert_eq!(send(&service, from("192.0.2.7")).body(), "3 1 2s");
}

#[test]
fn scripts_of_other_origins_can_be_let_read_the_fields() {
    let bench = bench();
    let field = "access-control-expose-headers";
    assert!(
        !send(&bench.service(), from("192.0.2.7"))
            .headers()
            .contains_key(field)
    );
    let cors = service_fn(|_: Request<()>| {
        let response = Response::builder().header("access-control-expose-headers", "X-Id");
        std::future::ready(Ok::<_, Infallible>(response.body(Bytes::new()).unwrap()))
    });
    let service = bench.layer().with_cors_exposed().layer(cors);
    let exposed = |response: &Response<Bytes>| {
        let values = response.headers().get_all(field).iter();
        values
            .map(|value| value.to_str().unwrap().to_owned())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let ours = "RateLimit, RateLimit-Policy, Retry-After";
    assert_eq!(
        exposed(&send(&service, from("192.0.2.7"))),
        format!("X-Id, {ours}")
    );
    passed(&service, 2, || from("192.0.2.7"));
    assert_eq!(
        exposed(&send(&service, from("192.0.2.7"))),
        ours,
        "a refusal can be read as well"
    );
    let legacy = bench
        .layer()
        .with_fields(RateLimitFields::XRateLimit)
        .with_cors_exposed();
    let refused = send(&legacy.layer(bench.shop.clone()), from("192.0.2.7"));
    assert!(exposed(&refused).starts_with("X-RateLimit-Limit, "));
    assert_eq!(refused.headers()["x-ratelimit-limit"], "3");
}
