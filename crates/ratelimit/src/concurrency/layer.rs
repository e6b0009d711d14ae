//! The layer that counts what is under way.
use std::fmt;
use std::sync::Arc;

use palisade_core::ProblemDetails;
use tower_layer::Layer;

use super::{Concurrency, ConcurrencyLimiter};
use crate::KeyBy;

/// Lets only so many requests be under way at once behind it, by key and in all.
///
/// A request counts from here until its response's *body* has ended or was dropped, so that streams and slow downloads count
/// as long as they last: the body is an [`InFlightBody`](super::InFlightBody). It also ends with a handler that fails or
/// panics, with a client that goes away, and with the head of a response to `HEAD`. An upgraded connection counts until its
/// `101` is written; to count longer, [`enter`](ConcurrencyLimiter::enter) in the handler and keep the guard.
///
/// Refused at once, and never queued: 429 where it is the client's own requests that are in the way, 503 where the server is
/// busy with others; `Retry-After: 1` in both.
///
/// ```
/// use std::num::NonZeroU32;
/// use palisade_ratelimit::{ByPrincipal, ConcurrencyLayer, ConcurrencyLimiter};
/// const TWO: NonZeroU32 = NonZeroU32::new(2).unwrap();
/// let layer = ConcurrencyLayer::new(ConcurrencyLimiter::new("export", TWO)?, ByPrincipal::new());
/// # Ok::<(), palisade_core::ConfigError>(())
/// ```
#[must_use = "a layer does nothing until it is applied"]
pub struct ConcurrencyLayer<R = ProblemDetails> {
    shared: Arc<Shared>,
    respond: R,
}

/// What all services of a layer share.
pub(super) struct Shared {
    pub(super) limiter: Arc<ConcurrencyLimiter>,
    pub(super) key: Box<dyn KeyBy + Send + Sync>,
}

impl ConcurrencyLayer {
    /// A layer that counts each request as one under the key that `key` finds, whatever an
    /// [`Attempt`](crate::Attempt) of it would cost, and answers refusals with problem details.
    pub fn new(limiter: impl Into<Arc<ConcurrencyLimiter>>, key: impl KeyBy + Send + Sync + 'static) -> Self {
        let (limiter, key) = (limiter.into(), Box::new(key));
        Self {
            shared: Arc::new(Shared { limiter, key }),
            respond: ProblemDetails::default(),
        }
    }
}

impl<R> ConcurrencyLayer<R> {
    /// Answers refusals by `respond`.
    pub fn with_response<R2: Clone>(self, respond: R2) -> ConcurrencyLayer<R2> {
        ConcurrencyLayer {
            shared: self.shared,
            respond,
        }
    }
}

impl<R: Clone> Clone for ConcurrencyLayer<R> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            respond: self.respond.clone(),
        }
    }
}

impl<R> fmt::Debug for ConcurrencyLayer<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConcurrencyLayer")
            .field("limit", &self.shared.limiter)
            .finish_non_exhaustive()
    }
}

impl<I, R: Clone> Layer<I> for ConcurrencyLayer<R> {
    type Service = Concurrency<I, R>;

    fn layer(&self, inner: I) -> Self::Service {
        Concurrency::new(inner, Arc::clone(&self.shared), self.respond.clone())
    }
}
