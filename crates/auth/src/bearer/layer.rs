//! The layer that lets nobody in without a token.
use palisade_core::{ProblemDetails, Recorder};
use tower_layer::Layer;

use super::{BearerCheck, BearerService, TokenVerifier};

/// Verifies the token of every request, and leaves the proof and the [`Principal`](palisade_core::Principal) in the request's
/// extensions.
///
/// A request without a token is refused, unless [`optional`](Self::optional) is chosen; one with a bad token always is. Refusals
/// are answered with problem details, or by [`with_response`](Self::with_response): for gRPC, `palisade_core::GrpcStatus`.
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is applied"]
pub struct BearerLayer<V, R = ProblemDetails> {
    check: BearerCheck<V>,
    presence: Presence,
    respond: R,
}

/// Whether a request must carry a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Required,
    Optional,
}

impl<V: TokenVerifier> BearerLayer<V> {
    /// A layer that asks for a token which `verifier` takes.
    pub fn new(verifier: V) -> Self {
        Self {
            check: BearerCheck::new(verifier),
            presence: Presence::Required,
            respond: ProblemDetails::default(),
        }
    }
}

impl<V: TokenVerifier, R> BearerLayer<V, R> {
    /// Asks that the token covers this scope.
    pub fn with_scope(mut self, scope: &'static str) -> Self {
        self.check = self.check.with_scope(scope);
        self
    }

    /// Lets requests without a token pass, without a principal. Routes behind it must ask for one where they need one.
    pub fn optional(mut self) -> Self {
        self.presence = Presence::Optional;
        self
    }

    /// Tells `recorder` of tokens that are refused.
    pub fn with_recorder(mut self, recorder: Recorder) -> Self {
        self.check = self.check.with_recorder(recorder);
        self
    }

    /// Answers refusals by `respond`.
    pub fn with_response<R2: Clone>(self, respond: R2) -> BearerLayer<V, R2> {
        BearerLayer {
            check: self.check,
            presence: self.presence,
            respond,
        }
    }
}

impl<I, V: Clone, R: Clone> Layer<I> for BearerLayer<V, R> {
    type Service = BearerService<I, V, R>;

    fn layer(&self, inner: I) -> Self::Service {
        BearerService::new(inner, self.check.clone(), self.presence, self.respond.clone())
    }
}
