//! The guards: what passes, what is refused, and that nothing behind a refusal ever runs.
#![cfg(feature = "tower")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use palisade_core::{
    AsyncCheck, AsyncGuardLayer, Check, GrpcStatus, GuardLayer, Head, Headers, Refusal, StatusOnly,
};
use tower::{Layer, Service, ServiceExt, service_fn};

/// The witness: the value of the one `x-pass` field.
#[derive(Clone, Debug, PartialEq)]
struct Passed(Vec<u8>);

#[derive(Clone, Debug, PartialEq)]
struct NoPass;

impl Refusal for NoPass {
    fn status(&self) -> StatusCode {
        StatusCode::FORBIDDEN
    }
    fn code(&self) -> &'static str {
        "no_pass"
    }
}

#[derive(Debug)]
struct RequirePass;

impl Check for RequirePass {
    type Witness = Passed;
    type Refusal = NoPass;

    fn check(&self, head: &Head<'_>) -> Result<Passed, NoPass> {
        match head.headers().sole("x-pass") {
            Ok(Some(value)) => Ok(Passed(value.to_vec())),
            Ok(None) | Err(_) => Err(NoPass),
        }
    }
}

impl AsyncCheck for RequirePass {
    type Witness = Passed;
    type Refusal = NoPass;
    type Future = Ready<Result<Passed, NoPass>>;

    fn check(&self, head: &Head<'_>) -> Self::Future {
        ready(Check::check(self, head))
    }
}

type Seen = Arc<AtomicUsize>;

/// A service that counts its calls and answers with the witness it finds.
fn counting(
    calls: &Seen,
) -> impl Service<Request<()>, Response = Response<Bytes>, Error = Infallible, Future: Send> + Clone + Send {
    let calls = Arc::clone(calls);
    service_fn(move |request: Request<()>| {
        calls.fetch_add(1, Ordering::SeqCst);
        let passed = request.extensions().get::<Passed>().unwrap().0.clone();
        ready(Ok(Response::new(Bytes::from(passed))))
    })
}

fn request(passes: &[&'static str]) -> Request<()> {
    let mut request = Request::new(());
    for pass in passes {
        request.headers_mut().append("x-pass", pass.parse().unwrap());
    }
    request
}

#[tokio::test]
async fn the_witness_reaches_the_service() {
    let calls = Seen::default();
    let guard = GuardLayer::new(RequirePass).layer(counting(&calls));
    let response = guard.oneshot(request(&["ada"])).await.unwrap();
    assert_eq!(
        (response.status(), &response.body()[..]),
        (StatusCode::OK, &b"ada"[..])
    );

    let guard = AsyncGuardLayer::new(RequirePass).layer(counting(&calls));
    let response = guard.oneshot(request(&["bob"])).await.unwrap();
    assert_eq!(
        (response.status(), &response.body()[..]),
        (StatusCode::OK, &b"bob"[..])
    );
}

#[tokio::test]
async fn a_witness_that_came_with_the_request_is_replaced() {
    let calls = Seen::default();
    let mut spoofed = request(&["ada"]);
    spoofed.extensions_mut().insert(Passed(b"admin".to_vec()));
    let layer = GuardLayer::new(RequirePass);
    let response = layer
        .layer(counting(&calls))
        .oneshot(spoofed.clone())
        .await
        .unwrap();
    assert_eq!(&response.body()[..], b"ada");
    let layer = AsyncGuardLayer::new(RequirePass);
    let response = layer.layer(counting(&calls)).oneshot(spoofed).await.unwrap();
    assert_eq!(&response.body()[..], b"ada");
}

#[tokio::test]
async fn an_answered_guard_that_is_polled_again_stays_silent() {
    let calls = Seen::default();
    let mut cx = Context::from_waker(Waker::noop());
    let mut sync = GuardLayer::new(RequirePass).layer(counting(&calls));
    let mut refused = Box::pin(sync.call(request(&[])));
    assert!(refused.as_mut().poll(&mut cx).is_ready());
    assert!(refused.as_mut().poll(&mut cx).is_pending());
    let mut asynchronous = AsyncGuardLayer::new(RequirePass).layer(counting(&calls));
    let mut refused = Box::pin(asynchronous.call(request(&[])));
    assert!(refused.as_mut().poll(&mut cx).is_ready());
    assert!(refused.as_mut().poll(&mut cx).is_pending());
}

#[tokio::test]
async fn a_refused_request_never_reaches_the_service() {
    for passes in [&[][..], &["a", "a"][..]] {
        let calls = Seen::default();
        let sync = GuardLayer::new(RequirePass).layer(counting(&calls));
        let asynchronous = AsyncGuardLayer::new(RequirePass).layer(counting(&calls));
        for response in [
            sync.oneshot(request(passes)).await.unwrap(),
            asynchronous.oneshot(request(passes)).await.unwrap(),
        ] {
            assert_eq!(response.status(), StatusCode::FORBIDDEN);
            assert_eq!(response.headers()["content-type"], "application/problem+json");
            assert_eq!(
                response.extensions().get::<NoPass>(),
                Some(&NoPass),
                "the refusal is kept"
            );
        }
        assert_eq!(calls.load(Ordering::SeqCst), 0, "{passes:?}");
    }
}

#[tokio::test]
async fn another_responder_changes_the_answer_and_keeps_the_refusal() {
    let calls = Seen::default();
    let grpc = GuardLayer::new(RequirePass)
        .with_response(GrpcStatus::default())
        .layer(counting(&calls));
    let response = grpc.oneshot(request(&[])).await.unwrap();
    assert_eq!(response.headers()["grpc-status"], "7");
    assert!(response.extensions().get::<NoPass>().is_some());

    let bare = AsyncGuardLayer::new(RequirePass)
        .with_response(StatusOnly::default())
        .layer(counting(&calls));
    assert!(bare.oneshot(request(&[])).await.unwrap().body().is_empty());
}

/// A service that is ready once per `poll_ready`, and whose clones are never ready by themselves.
#[derive(Debug, Default)]
struct Fussy {
    ready: bool,
}

impl Clone for Fussy {
    fn clone(&self) -> Self {
        Self { ready: false }
    }
}

impl Service<Request<()>> for Fussy {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        assert!(std::mem::take(&mut self.ready), "called without being ready");
        ready(Ok(Response::new(Bytes::new())))
    }
}

#[tokio::test]
async fn the_service_that_was_ready_is_the_one_that_is_called() {
    let mut guard = AsyncGuardLayer::new(RequirePass).layer(Fussy::default());
    for _ in 0..3 {
        let response = guard.ready().await.unwrap().call(request(&["a"])).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
    }
    let mut guard = GuardLayer::new(RequirePass).layer(Fussy::default());
    let response = guard.ready().await.unwrap().call(request(&["a"])).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

/// A check that waits until it is told to go on.
#[derive(Clone, Debug)]
struct Waits(Arc<tokio::sync::Notify>);

impl AsyncCheck for Waits {
    type Witness = Passed;
    type Refusal = NoPass;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Passed, NoPass>> + Send>>;

    fn check(&self, _: &Head<'_>) -> Self::Future {
        let gate = Arc::clone(&self.0);
        Box::pin(async move {
            gate.notified().await;
            Ok(Passed(b"late".to_vec()))
        })
    }
}

#[tokio::test]
async fn a_client_that_hangs_up_while_the_check_waits_never_reaches_the_service() {
    let calls = Seen::default();
    let gate = Arc::new(tokio::sync::Notify::new());
    let layer = AsyncGuardLayer::new(Waits(Arc::clone(&gate)));
    let mut waiting = Box::pin(layer.layer(counting(&calls)).oneshot(request(&[])));
    assert!(
        waiting
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    drop(waiting);
    gate.notify_one();
    assert_eq!(calls.load(Ordering::SeqCst), 0);

    let response = layer.layer(counting(&calls)).oneshot(request(&[])).await.unwrap();
    assert_eq!(&response.body()[..], b"late");
}

#[test]
fn layers_and_services_can_be_cloned_and_shared_between_threads() {
    fn shared<T: Clone + Send + Sync>(_: &T) {}
    let layer = GuardLayer::new(RequirePass);
    shared(&layer);
    shared(&layer.layer(Fussy::default()));
    let layer = AsyncGuardLayer::new(RequirePass);
    shared(&layer);
    shared(&layer.layer(Fussy::default()));
}

#[tokio::test]
async fn an_inner_service_may_be_neither_send_nor_static() {
    let log = RefCell::new(Vec::new());
    let inner = Rc::new(&log);
    let service = service_fn(move |request: Request<()>| {
        inner
            .borrow_mut()
            .push(request.extensions().get::<Passed>().cloned());
        ready(Ok::<_, Infallible>(Response::new(Bytes::new())))
    });
    AsyncGuardLayer::new(RequirePass)
        .layer(service)
        .oneshot(request(&["a"]))
        .await
        .unwrap();
    assert_eq!(log.borrow().as_slice(), [Some(Passed(b"a".to_vec()))]);
}
