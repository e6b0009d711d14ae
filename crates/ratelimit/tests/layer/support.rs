//! One shop with a limit of three at once and sixty a minute, and a clock that stands still.
use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::{Request, Response};
use palisade_core::{ClientAddr, Collected, FakeClock, Recorder};
use palisade_ratelimit::{ByClient, MemoryStore, Metered, Quota, RateLimitLayer, RateLimiter};
use tower::{Layer, Service, ServiceExt};

pub(crate) const QUOTA: Quota =
    Quota::per_minute(NonZeroU32::new(60).unwrap()).burst(NonZeroU32::new(3).unwrap());

pub(crate) type Limiter = RateLimiter<MemoryStore<FakeClock>>;

pub(crate) struct Bench {
    pub(crate) limiter: Arc<Limiter>,
    pub(crate) events: Collected,
    pub(crate) clock: FakeClock,
    pub(crate) shop: Shop,
}

pub(crate) fn bench() -> Bench {
    let (events, clock) = (Collected::new(), FakeClock::new());
    let store = MemoryStore::sized(QUOTA, MemoryStore::MIN_BYTES)
        .unwrap()
        .with_clock(clock.clone());
    let limiter = RateLimiter::with_store("login", QUOTA, store).unwrap();
    let limiter = Arc::new(limiter.with_recorder(Recorder::default().add_sink(events.clone())));
    Bench {
        limiter,
        events,
        clock,
        shop: Shop::default(),
    }
}

/// Another limit, on a clock that stands still.
pub(crate) fn limiter(name: &str, quota: Quota) -> Arc<Limiter> {
    let store = MemoryStore::sized(quota, MemoryStore::MIN_BYTES).unwrap();
    Arc::new(RateLimiter::with_store(name, quota, store.with_clock(FakeClock::new())).unwrap())
}

impl Bench {
    /// A limit of the same quota that refuses nothing.
    pub(crate) fn shadow(&self) -> Arc<Limiter> {
        let store = MemoryStore::sized(QUOTA, MemoryStore::MIN_BYTES).unwrap();
        let limiter = RateLimiter::with_store("shadow", QUOTA, store.with_clock(self.clock.clone())).unwrap();
        let recorder = Recorder::default().add_sink(self.events.clone());
        Arc::new(limiter.with_shadow().with_recorder(recorder))
    }

    pub(crate) fn layer(&self) -> RateLimitLayer<MemoryStore<FakeClock>> {
        RateLimitLayer::new(Arc::clone(&self.limiter), ByClient::new())
    }

    pub(crate) fn service(
        &self,
    ) -> impl Service<Request<()>, Response = Response<Bytes>, Error = Infallible> + Clone {
        self.layer().layer(self.shop.clone())
    }
}

/// The service behind the limit: counts its calls, and says whether the request was metered.
#[derive(Clone, Default)]
pub(crate) struct Shop(Arc<AtomicUsize>);

impl Shop {
    pub(crate) fn calls(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl<A> Service<Request<A>> for Shop {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Bytes>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        self.0.fetch_add(1, Ordering::SeqCst);
        let metered = request.extensions().get::<Metered>().is_some();
        ready(Ok(Response::new(Bytes::from(if metered {
            "metered"
        } else {
            "unmetered"
        }))))
    }
}

/// A request from that address, as the layer that finds the client leaves it.
pub(crate) fn from(ip: &str) -> Request<()> {
    let mut request = Request::post("/login").body(()).unwrap();
    request
        .extensions_mut()
        .insert(ClientAddr::from_peer(ip.parse().unwrap()));
    request
}

/// Sends a request to a service that answers at once.
pub(crate) fn send<S>(service: &S, request: Request<()>) -> Response<Bytes>
where
    S: Service<Request<()>, Response = Response<Bytes>, Error = Infallible> + Clone,
{
    let mut answer = Box::pin(service.clone().oneshot(request));
    match answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(response)) => response,
        Poll::Ready(Err(never)) => match never {},
        Poll::Pending => panic!("nothing here waits"),
    }
}

/// How many of `tries` requests are let through.
pub(crate) fn passed<S>(service: &S, tries: usize, request: impl Fn() -> Request<()>) -> usize
where
    S: Service<Request<()>, Response = Response<Bytes>, Error = Infallible> + Clone,
{
    (0..tries)
        .filter(|_| send(service, request()).status() == 200)
        .count()
}
