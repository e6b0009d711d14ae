//! The layer that gives every request its session.
use palisade_core::ProblemDetails;
use tower_layer::Layer;

use crate::{MemoryStore, SessionService, Sessions};

/// Gives every request its [`Session`](crate::Session), and every response its cookie.
///
/// See the [crate docs](crate) for what it does in which order.
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is applied"]
pub struct SessionLayer<S = MemoryStore, R = ProblemDetails> {
    sessions: Sessions<S>,
    respond: R,
}

impl<S> SessionLayer<S> {
    /// A layer over `sessions` that answers refusals with problem details.
    pub fn new(sessions: Sessions<S>) -> Self {
        Self {
            sessions,
            respond: ProblemDetails::default(),
        }
    }
}

impl<S, R> SessionLayer<S, R> {
    /// Answers refusals by `respond`.
    pub fn with_response<R2: Clone>(self, respond: R2) -> SessionLayer<S, R2> {
        SessionLayer {
            sessions: self.sessions,
            respond,
        }
    }
}

impl<I, S, R: Clone> Layer<I> for SessionLayer<S, R> {
    type Service = SessionService<I, S, R>;

    fn layer(&self, inner: I) -> Self::Service {
        SessionService::new(inner, self.sessions.clone(), self.respond.clone())
    }
}
