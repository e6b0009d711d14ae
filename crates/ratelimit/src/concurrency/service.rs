//! The service behind a limit of what is under way.
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::CACHE_CONTROL;
use http::{HeaderValue, Request, Response};
use palisade_core::{ClientAddr, Head, Respond};
use tower_service::Service;

use super::layer::Shared;
use super::{ConcurrencyFuture, ConcurrencyRefused, InFlight, InFlightBody};
use crate::Keyed;

/// A service of which only so many requests may be under way.
///
/// Made by [`ConcurrencyLayer`](super::ConcurrencyLayer).
pub struct Concurrency<I, R> {
    inner: I,
    shared: Arc<Shared>,
    respond: R,
}

impl<I, R> Concurrency<I, R> {
    pub(super) const fn new(inner: I, shared: Arc<Shared>, respond: R) -> Self {
        Self {
            inner,
            shared,
            respond,
        }
    }

    /// The guard of a request; none where it is exempt.
    fn enter(&self, head: &Head<'_>) -> Result<Option<InFlight>, ConcurrencyRefused> {
        let Shared { limiter, key } = &*self.shared;
        match key.key(head, limiter.keys()) {
            Keyed::Count(attempt) => {
                let client = attempt.client();
                let client = client.or_else(|| head.extensions().get::<ClientAddr>().copied());
                limiter.enter_from(attempt.key(), client).map(Some)
            }
            Keyed::Exempt => Ok(None),
            Keyed::Missing => Err(limiter.refuse_without_key()),
        }
    }
}

impl<I: Clone, R: Clone> Clone for Concurrency<I, R> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), Arc::clone(&self.shared), self.respond.clone())
    }
}

impl<I: fmt::Debug, R> fmt::Debug for Concurrency<I, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Concurrency")
            .field("inner", &self.inner)
            .field("limit", &self.shared.limiter)
            .finish_non_exhaustive()
    }
}

impl<I, R, A, B> Service<Request<A>> for Concurrency<I, R>
where
    I: Service<Request<A>, Response = Response<B>>,
    R: Respond<ConcurrencyRefused, B>,
{
    type Response = Response<InFlightBody<B>>;
    type Error = I::Error;
    type Future = ConcurrencyFuture<I::Future, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        match self.enter(&Head::from(&request)) {
            Ok(guard) => ConcurrencyFuture::forwarded(self.inner.call(request), guard),
            Err(refusal) => ConcurrencyFuture::refused(refuse(&self.respond, refusal)),
        }
    }
}

/// The response to a refusal, with the refusal in its extensions.
fn refuse<B, R: Respond<ConcurrencyRefused, B>>(respond: &R, refusal: ConcurrencyRefused) -> Response<B> {
    let mut response = respond.respond(&refusal);
    response
        .headers_mut()
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response.extensions_mut().insert(refusal);
    response
}
