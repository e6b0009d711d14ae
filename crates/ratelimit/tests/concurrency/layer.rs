use std::convert::Infallible;
use std::future::{Future, pending, ready};
use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use http_body::{Body, Frame};
use palisade_core::{ClientAddr, Collected, Head, Recorder, SecurityEvent, StatusOnly};
use palisade_ratelimit::{
    ByClient, ConcurrencyLayer, ConcurrencyLimiter, ConcurrencyRefused, ConcurrencyRefusedKind, InFlightBody,
    KeyHasher, Keyed,
};
use tower::{Layer, Service, service_fn};

use crate::body::{Step, Steps};

fn limiter() -> Arc<ConcurrencyLimiter> {
    let one = NonZeroU32::MIN;
    let total = NonZeroU32::new(2).unwrap();
    Arc::new(ConcurrencyLimiter::new("export", one).unwrap().with_total(total))
}

fn from(host: u8) -> Request<()> {
    let mut request = Request::get("/export").body(()).unwrap();
    request
        .extensions_mut()
        .insert(ClientAddr::from_peer([192, 0, 2, host].into()));
    request
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// The response of a service that answers at once.
fn send<S, B>(service: &mut S, request: Request<()>) -> Response<B>
where
    S: Service<Request<()>, Response = Response<B>, Error = Infallible>,
{
    match poll(std::pin::pin!(service.call(request))) {
        Poll::Ready(Ok(response)) => response,
        Poll::Ready(Err(never)) => match never {},
        Poll::Pending => panic!("nothing here waits"),
    }
}

/// A service whose bodies take those steps.
fn streaming(
    steps: impl Fn() -> Vec<Step> + Clone,
) -> impl Service<Request<()>, Response = Response<Steps>, Error = Infallible> + Clone {
    service_fn(move |_: Request<()>| ready(Ok(Response::new(Steps::of(steps())))))
}

/// What a body says when it is polled.
type Polled<B> = Poll<Option<Result<Frame<<B as Body>::Data>, <B as Body>::Error>>>;

fn frame<B: Body>(body: Pin<&mut B>) -> Polled<B> {
    body.poll_frame(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn a_stream_counts_until_its_body_has_ended() {
    let limiter = limiter();
    let steps = || vec![Step::Data("a"), Step::Waits, Step::Data("b"), Step::Trailers];
    let layer = ConcurrencyLayer::new(Arc::clone(&limiter), ByClient::new());
    let mut service = layer.layer(streaming(steps));
    let mut body = Box::pin(send(&mut service, from(7)).into_body());
    assert_eq!(
        body.size_hint().exact(),
        Some(77),
        "the body is passed on as it is"
    );
    let mut seen = Vec::new();
    loop {
        assert_eq!(send(&mut service, from(7)).status(), 429);
        match frame(body.as_mut()) {
            Poll::Pending => seen.push("waits".to_owned()),
            Poll::Ready(None) => break,
            Poll::Ready(Some(frame)) => seen.push(match frame.unwrap().into_data() {
                Ok(data) => String::from_utf8(data.to_vec()).unwrap(),
                Err(_) => "trailers".to_owned(),
            }),
        }
    }
    assert_eq!(seen, ["a", "waits", "b", "trailers"]);
    assert_eq!(
        send(&mut service, from(7)).status(),
        200,
        "and not until it is dropped"
    );
    drop(body);
}

#[test]
fn however_a_body_ends_the_place_is_free_again() {
    type Held = InFlightBody<Steps>;
    /// Ends a body, and leaves of it what there is to leave.
    type End = fn(Pin<Box<Held>>) -> Vec<Pin<Box<Held>>>;
    type Case = (&'static str, fn() -> Vec<Step>, End);
    fn drops(_: Pin<Box<Held>>) -> Vec<Pin<Box<Held>>> {
        Vec::new()
    }
    fn polls(mut body: Pin<Box<Held>>) -> Vec<Pin<Box<Held>>> {
        assert!(matches!(frame(body.as_mut()), Poll::Ready(Some(Err("broken")))));
        vec![body]
    }
    fn unwinds(mut body: Pin<Box<Held>>) -> Vec<Pin<Box<Held>>> {
        let unwound = catch_unwind(AssertUnwindSafe(move || drop(frame(body.as_mut()))));
        assert!(unwound.is_err());
        Vec::new()
    }
    let cases: [Case; 4] = [
        (
            "dropped: HEAD, 204, 101, a client that went away",
            Vec::new,
            drops,
        ),
        ("dropped half-way", || vec![Step::Data("a"), Step::Waits], drops),
        ("an error", || vec![Step::Fails], polls),
        ("a panic", || vec![Step::Panics], unwinds),
    ];
    for (name, steps, end) in cases {
        let limiter = limiter();
        let mut service =
            ConcurrencyLayer::new(Arc::clone(&limiter), ByClient::new()).layer(streaming(steps));
        let response = send(&mut service, from(7));
        assert_eq!(limiter.in_flight(), 1, "{name}");
        let left = end(Box::pin(response.into_body()));
        assert_eq!(limiter.in_flight(), 0, "{name}");
        drop(left);
    }
}

#[test]
fn a_handler_that_fails_panics_or_is_left_frees_its_place() {
    let limiter = limiter();
    let layer = ConcurrencyLayer::new(Arc::clone(&limiter), ByClient::new());

    let failing = service_fn(|_: Request<()>| ready(Err::<Response<Steps>, _>("broken")));
    let answer = poll(Box::pin(layer.layer(failing).call(from(7))).as_mut());
    assert!(matches!(answer, Poll::Ready(Err("broken"))));
    assert_eq!(limiter.in_flight(), 0, "an error");

    let never = service_fn(|_: Request<()>| pending::<Result<Response<Steps>, Infallible>>());
    let mut answer = Box::pin(layer.layer(never).call(from(7)));
    assert!(poll(answer.as_mut()).is_pending());
    assert_eq!(limiter.in_flight(), 1);
    drop(answer);
    assert_eq!(limiter.in_flight(), 0, "a client that went away");

    let panicking = service_fn(|_: Request<()>| async { panic!("in the handler") });
    let mut service = layer.layer(panicking);
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let answer: Poll<Result<Response<InFlightBody<Steps>>, Infallible>> =
            poll(Box::pin(service.call(from(7))).as_mut());
        drop(answer);
    }));
    assert!(unwound.is_err());
    assert_eq!(limiter.in_flight(), 0, "a panic");
}

#[test]
fn what_does_not_fit_is_refused_at_once_and_not_heard() {
    let limiter = limiter();
    let calls = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let counting = service_fn(move |_: Request<()>| {
        counted.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        ready(Ok::<_, Infallible>(Response::new(Steps::of([Step::Waits]))))
    });
    let layer = ConcurrencyLayer::new(Arc::clone(&limiter), ByClient::new());
    let mut service = layer.layer(counting.clone());
    let _one = send(&mut service, from(1));
    let _two = send(&mut service, from(2));
    let refused = send(&mut service, from(3));
    assert_eq!(
        (
            refused.status().as_u16(),
            calls.load(std::sync::atomic::Ordering::SeqCst)
        ),
        (503, 2)
    );
    for (field, value) in [
        ("retry-after", "1"),
        ("cache-control", "no-store"),
        ("content-type", "application/problem+json"),
    ] {
        assert_eq!(refused.headers()[field], value);
    }
    let kind = refused.extensions().get::<ConcurrencyRefused>().unwrap().kind();
    assert_eq!(kind, ConcurrencyRefusedKind::Total);
    let mut plain = layer.with_response(StatusOnly::default()).layer(counting);
    assert!(send(&mut plain, from(3)).body().is_end_stream());
    assert_eq!(limiter.in_flight(), 2);
}

#[test]
fn without_a_key_nothing_passes_and_who_is_exempt_does_not_count() {
    let events = Collected::new();
    let recorder = Recorder::default().add_sink(events.clone());
    let limiter = ConcurrencyLimiter::new("export", NonZeroU32::MIN)
        .unwrap()
        .with_recorder(recorder);
    let limiter = Arc::new(limiter);
    let mut service = ConcurrencyLayer::new(Arc::clone(&limiter), ByClient::new()).layer(streaming(Vec::new));
    for _ in 0..9 {
        assert_eq!(
            send(&mut service, Request::get("/").body(()).unwrap()).status(),
            500
        );
    }
    assert_eq!(events.kinds(), [SecurityEvent::ControlFailed]);
    let exempt = |_: &Head<'_>, _: &KeyHasher| Keyed::Exempt;
    let mut service = ConcurrencyLayer::new(Arc::clone(&limiter), exempt).layer(streaming(Vec::new));
    let responses: Vec<_> = (0..9).map(|_| send(&mut service, from(7))).collect();
    assert!(responses.iter().all(|response| response.status() == 200));
    assert_eq!(limiter.in_flight(), 0);
}

#[test]
fn layers_and_services_can_be_shared_and_share_the_count() {
    fn shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    fn sent<T: Send + 'static>(_: &T) {}
    let layer = ConcurrencyLayer::new(limiter(), ByClient::new());
    shared(&layer);
    let mut service = layer.layer(service_fn(|_: Request<()>| {
        ready(Ok::<_, Infallible>(Response::new(Steps::of([Step::Waits]))))
    }));
    shared(&service);
    sent(&service.call(from(7)));
    let held = send(&mut service.clone(), from(7));
    sent(&held);
    assert_eq!(send(&mut service, from(7)).status(), 429);
    assert!(format!("{layer:?} {:?}", layer.layer(())).contains("export"));
}
