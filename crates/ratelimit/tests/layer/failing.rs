use std::future::{Future, Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use palisade_core::{Collected, ConfigError, Recorder, SecurityEvent, StoreError, StoreErrorKind};
use palisade_ratelimit::store::{Charge, Store, Taken};
use palisade_ratelimit::{Block, ByClient, Quotas, RateKey, RateLimitLayer, RateLimiter};
use std::time::Duration;
use tower::{Layer, Service};

use crate::support::{QUOTA, Shop, from, send};

/// A store that answers when it is polled for the `after`th time, with what it is told.
#[derive(Clone)]
struct Slow {
    after: usize,
    works: bool,
}

struct Answer(Slow);

impl Future for Answer {
    type Output = Result<Taken, StoreError>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(left) = self.0.after.checked_sub(1) else {
            let taken = Taken::admitted(Duration::ZERO, 2, Duration::from_millis(1));
            let failed = StoreError::new(StoreErrorKind::TimedOut);
            return Poll::Ready(if self.0.works { Ok(taken) } else { Err(failed) });
        };
        self.0.after = left;
        Poll::Pending
    }
}

impl Store for Slow {
    type Take = Answer;
    type Done = Ready<Result<(), StoreError>>;
    type Block = Ready<Result<Duration, StoreError>>;

    fn take(&self, _: RateKey, _: &Quotas, _: u64) -> Answer {
        Answer(self.clone())
    }
    fn peek(&self, _: RateKey, _: &Quotas) -> Answer {
        Answer(self.clone())
    }
    fn refund(&self, _: RateKey, _: &Quotas, _: Charge) -> Self::Done {
        ready(Ok(()))
    }
    fn penalize(&self, _: RateKey, _: &Quotas, _: u64) -> Self::Done {
        ready(Ok(()))
    }
    fn block(&self, _: RateKey, block: Block) -> Self::Block {
        ready(Ok(block.first()))
    }
    fn reset(&self, _: RateKey) -> Self::Done {
        ready(Ok(()))
    }
    fn supports(&self, _: &Quotas) -> Result<(), ConfigError> {
        Ok(())
    }
}

fn layer(store: &Slow) -> (RateLimitLayer<Slow>, Collected) {
    let events = Collected::new();
    let recorder = Recorder::default().add_sink(events.clone());
    let limiter = RateLimiter::with_store("login", QUOTA, store.clone())
        .unwrap()
        .with_recorder(recorder);
    (RateLimitLayer::new(limiter, ByClient::new()), events)
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_store_that_fails_lets_nothing_through() {
    let shop = Shop::default();
    let (layer, events) = layer(&Slow {
        after: 0,
        works: false,
    });
    let service = layer.layer(shop.clone());
    for _ in 0..20 {
        let refused = send(&service, from("192.0.2.7"));
        assert_eq!(refused.status(), 503);
        assert_eq!(refused.headers()["cache-control"], "no-store");
        assert!(
            !refused.headers().contains_key("ratelimit"),
            "there is nothing to tell"
        );
    }
    assert_eq!(
        (shop.calls(), events.kinds()),
        (0, vec![SecurityEvent::ControlFailed])
    );
}

#[test]
fn opening_has_to_be_spelled_dangerous_and_leaves_no_mark() {
    let shop = Shop::default();
    let (layer, events) = layer(&Slow {
        after: 0,
        works: false,
    });
    let service = layer
        .dangerous()
        .let_through_when_store_fails()
        .layer(shop.clone());
    assert_eq!(send(&service, from("192.0.2.7")).body(), "unmetered");
    assert_eq!(events.kinds(), [SecurityEvent::ControlFailed]);
    let without_client = Request::post("/").body(()).unwrap();
    assert_eq!(
        send(&service, without_client).status(),
        500,
        "a missing key stays refused"
    );
}

#[test]
fn a_slow_store_is_waited_for_before_the_handler_is_called() {
    for (works, status, calls) in [(true, 200, 1), (false, 503, 0)] {
        let shop = Shop::default();
        let mut service = layer(&Slow { after: 3, works }).0.layer(shop.clone());
        let mut answer = Box::pin(service.call(from("192.0.2.7")));
        for _ in 0..2 {
            assert!(poll(answer.as_mut()).is_pending());
            assert_eq!(shop.calls(), 0);
        }
        let Poll::Ready(Ok(response)) = poll(answer.as_mut()) else {
            panic!("not ready")
        };
        assert_eq!((response.status().as_u16(), shop.calls()), (status, calls));
        assert_eq!(response.headers().contains_key("ratelimit"), works);
    }
}

#[test]
fn a_request_that_is_dropped_while_it_waits_calls_nothing() {
    let shop = Shop::default();
    let mut service = layer(&Slow {
        after: 3,
        works: true,
    })
    .0
    .layer(shop.clone());
    let mut answer = Box::pin(service.call(from("192.0.2.7")));
    assert!(poll(answer.as_mut()).is_pending());
    drop(answer);
    assert_eq!(shop.calls(), 0);
}

/// A service that panics when a clone is called that was not polled ready.
struct Strict {
    ready: bool,
    calls: Arc<AtomicUsize>,
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self {
            ready: false,
            calls: Arc::clone(&self.calls),
        }
    }
}

impl Service<Request<()>> for Strict {
    type Response = Response<Bytes>;
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Response<Bytes>, std::convert::Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        assert!(self.ready, "called without being ready");
        self.ready = false;
        self.calls.fetch_add(1, Ordering::SeqCst);
        ready(Ok(Response::new(Bytes::new())))
    }
}

#[test]
fn the_service_that_was_polled_ready_is_the_one_called() {
    for after in [0, 1, 2] {
        let calls = Arc::new(AtomicUsize::new(0));
        let inner = Strict {
            ready: false,
            calls: Arc::clone(&calls),
        };
        let mut service = layer(&Slow { after, works: true }).0.layer(inner);
        for _ in 0..3 {
            assert!(
                service
                    .poll_ready(&mut Context::from_waker(Waker::noop()))
                    .is_ready()
            );
            let mut answer = Box::pin(service.call(from("192.0.2.7")));
            while poll(answer.as_mut()).is_pending() {}
        }
        assert_eq!(calls.load(Ordering::SeqCst), 3, "after {after}");
    }
}
