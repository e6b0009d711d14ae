//! The layer that refuses requests another site made.
use std::sync::Arc;

use palisade_core::ProblemDetails;
use tower_layer::Layer;

use super::{Csrf, CsrfService};

/// Puts a [`Csrf`] check before a service, inside the session layer.
///
/// Where a token is needed and is not in the header field, a form of at most 64 KiB is read and looked through for it, and
/// handed on as it came. So bodies must be made from bytes, as axum's are; with others use the core's `GuardLayer`, which
/// reads heads only.
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is applied"]
pub struct CsrfLayer<R = ProblemDetails> {
    csrf: Arc<Csrf>,
    respond: R,
}

impl CsrfLayer {
    /// A layer that asks `csrf` and answers refusals with problem details.
    pub fn new(csrf: Csrf) -> Self {
        Self {
            csrf: Arc::new(csrf),
            respond: ProblemDetails::default(),
        }
    }
}

impl<R> CsrfLayer<R> {
    /// Answers refusals by `respond`.
    pub fn with_response<R2: Clone>(self, respond: R2) -> CsrfLayer<R2> {
        CsrfLayer {
            csrf: self.csrf,
            respond,
        }
    }
}

impl<I, R: Clone> Layer<I> for CsrfLayer<R> {
    type Service = CsrfService<I, R>;

    fn layer(&self, inner: I) -> Self::Service {
        CsrfService::new(inner, Arc::clone(&self.csrf), self.respond.clone())
    }
}
