//! The service behind a limit.
use std::fmt;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use http::header::{
    ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, CONTENT_LENGTH, ORIGIN, RETRY_AFTER, TRANSFER_ENCODING,
};
use http::{HeaderValue, Method, Request, Response};
use palisade_core::{ClientAddr, Head, Refusal, Respond, StoreError};
use tower_service::Service;

use crate::fields::Standing;
use crate::settings::{OnFailure, Preflights, Settings};
use crate::store::{Store, Taken};
use crate::{Attempt, Decision, KeyBy, LimitRefused, RateLimitFields, RateLimiter, ResponseFuture};

/// A mark in the extensions of a request that was charged to a limit. Only the layer makes it.
///
/// A handler that must never run unlimited asks for it, and refuses without. It has no size, so it costs no allocation; the
/// numbers are in the response's fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metered(());

/// A service behind a limit.
///
/// Made by [`RateLimitLayer`](crate::RateLimitLayer).
pub struct RateLimit<I, K, S, R> {
    inner: I,
    shared: Arc<Shared<K, S>>,
    settings: Settings,
    respond: R,
}

/// What all services of a layer share.
pub(crate) struct Shared<K, S> {
    pub(crate) limiter: Arc<RateLimiter<S>>,
    pub(crate) key: K,
}

impl<I, K, S, R> RateLimit<I, K, S, R> {
    pub(crate) const fn new(inner: I, shared: Arc<Shared<K, S>>, settings: Settings, respond: R) -> Self {
        Self {
            inner,
            shared,
            settings,
            respond,
        }
    }
}

impl<I: Clone, K, S, R: Clone> Clone for RateLimit<I, K, S, R> {
    fn clone(&self) -> Self {
        Self::new(
            self.inner.clone(),
            Arc::clone(&self.shared),
            self.settings,
            self.respond.clone(),
        )
    }
}

impl<I: fmt::Debug, K, S, R> fmt::Debug for RateLimit<I, K, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimit")
            .field("inner", &self.inner)
            .field("limit", &self.shared.limiter.name())
            .finish_non_exhaustive()
    }
}

impl<I, K, S, R, A, B> Service<Request<A>> for RateLimit<I, K, S, R>
where
    I: Service<Request<A>, Response = Response<B>> + Clone,
    K: KeyBy,
    S: Store,
    R: Respond<LimitRefused, B>,
{
    type Response = Response<B>;
    type Error = I::Error;
    type Future = ResponseFuture<I, K, S, R, A, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        let head = Head::from(&request);
        if self.settings.preflights == Preflights::Free && is_preflight(&head) {
            return ResponseFuture::forwarded(self.inner.call(request), None);
        }
        let Some(attempt) = self.attempt(&head) else {
            let refusal = self.shared.limiter.refuse_without_key();
            return ResponseFuture::refused(refuse(&self.respond, refusal, None));
        };
        let mut take = self.shared.limiter.begin(&attempt);
        // A store in memory has its answer ready: then the service that was polled ready is called at once, and neither it
        // nor anything else is cloned.
        match Pin::new(&mut take).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(taken) => match self.shared.settle(&self.settings, &attempt, taken) {
                Verdict::Forward { metered, standing } => {
                    mark(&mut request, metered);
                    ResponseFuture::forwarded(self.inner.call(request), standing)
                }
                Verdict::Refuse { refusal, standing } => {
                    ResponseFuture::refused(refuse(&self.respond, refusal, standing))
                }
            },
            Poll::Pending => ResponseFuture::waiting(take, attempt, (self.ready_clone(), request)),
        }
    }
}

impl<I: Clone, K: KeyBy, S: Store, R: Clone> RateLimit<I, K, S, R> {
    fn attempt(&self, head: &Head<'_>) -> Option<Attempt> {
        let key = self.shared.key.key(head, self.shared.limiter.keys())?;
        let attempt = Attempt::new(key).with_cost(self.settings.cost);
        Some(match head.extensions().get::<ClientAddr>() {
            Some(client) => attempt.with_client(*client),
            None => attempt,
        })
    }

    /// This service with the inner service that was polled ready; a clone, which is not ready, stays. See "Be careful when
    /// cloning inner services" in the docs of tower's `Service`.
    fn ready_clone(&mut self) -> Self {
        let clone = self.clone();
        mem::replace(self, clone)
    }
}

impl<I, K, S, R> RateLimit<I, K, S, R> {
    pub(crate) fn settle(&self, attempt: &Attempt, taken: Result<Taken, StoreError>) -> Verdict {
        self.shared.settle(&self.settings, attempt, taken)
    }

    pub(crate) fn into_parts(self) -> (I, R) {
        (self.inner, self.respond)
    }
}

/// What becomes of a request.
pub(crate) enum Verdict {
    Forward {
        metered: Option<Metered>,
        standing: Option<Standing>,
    },
    Refuse {
        refusal: LimitRefused,
        standing: Option<Standing>,
    },
}

impl<K, S> Shared<K, S> {
    fn settle(&self, settings: &Settings, attempt: &Attempt, taken: Result<Taken, StoreError>) -> Verdict {
        let decision = self.limiter.conclude(attempt, taken);
        if matches!(decision, Decision::StoreFailed(_)) && settings.on_failure == OnFailure::LetThrough {
            return Verdict::Forward {
                metered: None,
                standing: None,
            };
        }
        let standing = match settings.fields {
            RateLimitFields::Ietf => self.limiter.policy().stand(&decision),
            RateLimitFields::None => None,
        };
        match decision.into_result() {
            Ok(_) => Verdict::Forward {
                metered: Some(Metered(())),
                standing,
            },
            Err(refusal) => Verdict::Refuse { refusal, standing },
        }
    }
}

/// Gives a request its mark.
pub(crate) fn mark<A>(request: &mut Request<A>, metered: Option<Metered>) {
    if let Some(mark) = metered {
        request.extensions_mut().insert(mark);
    }
}

/// The response to a refusal, with all fields that belong to it, and the refusal in its extensions.
pub(crate) fn refuse<B, R>(respond: &R, refusal: LimitRefused, standing: Option<Standing>) -> Response<B>
where
    R: Respond<LimitRefused, B>,
{
    let mut response = respond.respond(&refusal);
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
    response.extensions_mut().insert(refusal);
    response
}

/// A CORS preflight, by the Fetch standard: `OPTIONS` with `Origin` and `Access-Control-Request-Method`, and without content.
fn is_preflight(head: &Head<'_>) -> bool {
    *head.method() == Method::OPTIONS
        && head.headers().contains_key(ORIGIN)
        && head.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
        && !announces_content(head)
}

/// Whether the fields say that a body follows (RFC 9112 section 6). HTTP/2 can send one without saying so.
fn announces_content(head: &Head<'_>) -> bool {
    let mut lengths = head.headers().get_all(CONTENT_LENGTH).iter();
    head.headers().contains_key(TRANSFER_ENCODING) || lengths.any(|length| length != "0")
}
