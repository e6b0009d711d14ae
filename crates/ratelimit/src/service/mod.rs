//! The service behind limits.
mod after;
mod future;
mod limit;
mod one;
mod preflight;
mod several;
mod shared;
mod verdict;

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::{CACHE_CONTROL, RETRY_AFTER};
use http::{HeaderValue, Request, Response};
use palisade_core::{Head, Refusal, Respond};
use tower_service::Service;

use crate::LimitRefused;
use crate::fields::{Standing, expose};
use crate::settings::Exposure;
use crate::store::Store;

use after::After;
use several::{Asking, Boxed};
use verdict::Verdict;

pub use future::ResponseFuture;
pub(crate) use limit::Limit;
pub(crate) use shared::{LastLimit, Shared};

/// A service behind one or several limits.
///
/// Made by [`RateLimitLayer`](crate::RateLimitLayer).
pub struct RateLimit<I, S, R> {
    inner: I,
    shared: Arc<Shared<S>>,
    respond: R,
}

impl<I, S, R> RateLimit<I, S, R> {
    pub(crate) const fn new(inner: I, shared: Arc<Shared<S>>, respond: R) -> Self {
        Self {
            inner,
            shared,
            respond,
        }
    }
}

impl<I: Clone, S, R: Clone> Clone for RateLimit<I, S, R> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), Arc::clone(&self.shared), self.respond.clone())
    }
}

impl<I: fmt::Debug, S, R> fmt::Debug for RateLimit<I, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimit")
            .field("inner", &self.inner)
            .field("limits", &self.shared)
            .finish_non_exhaustive()
    }
}

impl<I, S, R, A, B> Service<Request<A>> for RateLimit<I, S, R>
where
    I: Service<Request<A>, Response = Response<B>> + Clone,
    S: Store,
    R: Respond<LimitRefused, B>,
{
    type Response = Response<B>;
    type Error = I::Error;
    type Future = ResponseFuture<I, S, R, A, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        if self.shared.passes_free(&Head::from(&request)) {
            return ResponseFuture::forwarded(self.inner.call(request), After::nothing());
        }
        self.ask(request)
    }
}

impl<I: Clone, S: Store, R: Clone> RateLimit<I, S, R> {
    fn ask_several<A, B>(&mut self, mut request: Request<A>) -> ResponseFuture<I, S, R, A, B>
    where
        I: Service<Request<A>, Response = Response<B>>,
        R: Respond<LimitRefused, B>,
    {
        let head = Head::from(&request);
        let mut asking = match self.shared.ask(&head) {
            Ok(asking) => asking,
            Err(refusal) => return ResponseFuture::refused(self.refuse(refusal, None)),
        };
        // A store in memory has its answer ready: then the service that was polled ready is called at once, and neither it
        // nor anything else is cloned.
        if asking.poll_now().is_pending() {
            return self.wait(asking.into_boxed(), request);
        }
        let Asking { attempts, mut slots } = asking;
        match self.shared.settle(&head, attempts, &mut slots) {
            Verdict::Forward { marks, after } => {
                marks.mark(&mut request);
                ResponseFuture::forwarded(self.inner.call(request), after)
            }
            Verdict::Refuse(refused) => {
                let response = self.refuse(refused.refusal, refused.standing);
                ResponseFuture::answered(response, refused.giving_back)
            }
        }
    }

    fn wait<A, B>(&mut self, asking: Boxed<S>, request: Request<A>) -> ResponseFuture<I, S, R, A, B>
    where
        I: Service<Request<A>, Response = Response<B>>,
    {
        ResponseFuture::waiting(asking, (self.ready_clone(), request))
    }

    /// This service with the inner service that was polled ready; a clone, which is not ready, stays. See "Be careful when
    /// cloning inner services" in the docs of tower's `Service`.
    fn ready_clone(&mut self) -> Self {
        let clone = self.clone();
        mem::replace(self, clone)
    }
}

impl<I, S, R> RateLimit<I, S, R> {
    /// The response to a refusal, with all fields that belong to it, and the refusal in its extensions.
    fn refuse<B>(&self, refusal: LimitRefused, standing: Option<Standing>) -> Response<B>
    where
        R: Respond<LimitRefused, B>,
    {
        let mut response = self.respond.respond(&refusal);
        let headers = response.headers_mut();
        if !headers.contains_key(RETRY_AFTER) {
            refusal.extend_headers(headers);
        }
        headers
            .entry(CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
        if let Some(standing) = standing {
            standing.write(headers);
        }
        if self.shared.settings().exposure == Exposure::AnyOrigin {
            expose(self.shared.settings().fields, headers);
        }
        response.extensions_mut().insert(refusal);
        response
    }
}
