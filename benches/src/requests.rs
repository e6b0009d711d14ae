//! Requests that are made before the clock runs, and sent through a service one by one.
use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use axum::extract::{ConnectInfo, OriginalUri};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response};
use tower::Service;

use crate::sample::{Timed, timed};

/// The body of every request and response here; the peers ask for axum's.
pub(crate) use axum::body::Body;

/// The service below the layers: it answers at once, with a content type, as every handler with a body does.
#[derive(Clone, Debug)]
pub(crate) struct Bare;

impl Service<Request<Body>> for Bare {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        ready(Ok(answer()))
    }
}

/// What handlers answer.
pub(crate) fn answer() -> Response<Body> {
    let mut response = Response::new(Body::default());
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    response
}

/// What a server and a router leave in every request, such as a way to upgrade the connection.
#[derive(Clone)]
struct OfTheServer;

/// A request from one address, as each library looks for it. It carries four extensions, as under hyper and axum it does: with
/// three, whatever layer adds the next one would be charged for the growth of the table.
pub(crate) fn request() -> Request<Body> {
    let peer = SocketAddr::from(([192, 0, 2, 7], 4711));
    let mut request = Request::new(Body::default());
    request.extensions_mut().insert(ConnectInfo(peer));
    let uri = OriginalUri(request.uri().clone());
    request.extensions_mut().insert(uri);
    request.extensions_mut().insert(OfTheServer);
    request
        .extensions_mut()
        .insert(palisade_core::ClientAddr::from_peer(IpAddr::from([192, 0, 2, 7])));
    request
}

/// Finishes a future that never really waits.
///
/// # Panics
/// When it waits all the same: then the measurement would not be of what it says.
pub(crate) fn finish<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..1_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
    panic!("a future that should be ready at once waits")
}

/// Times a service on requests that `make` makes beforehand. Each call has a clone, as a server gives every connection.
pub(crate) fn through<S>(service: S, mut make: impl FnMut() -> Request<Body> + 'static) -> Timed
where
    S: Service<Request<Body>, Response = Response<Body>> + Clone + 'static,
    S::Error: std::fmt::Debug,
{
    Box::new(move |iterations| {
        let mut total = Duration::ZERO;
        let mut left = iterations;
        // In batches, so that the requests stay in the cache as they would between a parser and a service.
        while left > 0 {
            let batch = left.min(256);
            let requests: Vec<_> = (0..batch).map(|_| make()).collect();
            total += timed(|| {
                for request in requests {
                    let mut service = service.clone();
                    let ready = std::future::poll_fn(|cx| service.poll_ready(cx));
                    finish(ready).expect("ready");
                    let response = finish(service.call(request)).expect("answered");
                    std::hint::black_box(response.status());
                }
            });
            left -= batch;
        }
        total
    })
}
