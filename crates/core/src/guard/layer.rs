//! The layers that put a check before a service.
use std::sync::Arc;

use tower_layer::Layer;

use super::{AsyncGuard, Guard};
use crate::ProblemDetails;

/// Puts a [`Check`](crate::Check) before a service.
///
/// See the [crate docs](crate) for what a guard does. The check lives in the layer: services made by it share it.
#[derive(Debug)]
#[must_use = "a layer does nothing until it is applied"]
pub struct GuardLayer<C, R = ProblemDetails> {
    check: Arc<C>,
    respond: R,
}

impl<C> GuardLayer<C> {
    /// A layer that asks `check` and answers a refusal with problem details.
    pub fn new(check: C) -> Self {
        Self {
            check: Arc::new(check),
            respond: ProblemDetails::default(),
        }
    }
}

impl<C, R> GuardLayer<C, R> {
    /// Answers refusals by `respond`.
    pub fn with_response<R2: Clone>(self, respond: R2) -> GuardLayer<C, R2> {
        GuardLayer {
            check: self.check,
            respond,
        }
    }
}

impl<C, R: Clone> Clone for GuardLayer<C, R> {
    fn clone(&self) -> Self {
        Self {
            check: Arc::clone(&self.check),
            respond: self.respond.clone(),
        }
    }
}

impl<S, C, R: Clone> Layer<S> for GuardLayer<C, R> {
    type Service = Guard<S, C, R>;

    fn layer(&self, inner: S) -> Self::Service {
        Guard::new(inner, Arc::clone(&self.check), self.respond.clone())
    }
}

/// Puts an [`AsyncCheck`](crate::AsyncCheck) before a service.
///
/// See the [crate docs](crate) for what a guard does. The check lives in the layer: services made by it share it.
#[derive(Debug)]
#[must_use = "a layer does nothing until it is applied"]
pub struct AsyncGuardLayer<C, R = ProblemDetails> {
    check: Arc<C>,
    respond: R,
}

impl<C> AsyncGuardLayer<C> {
    /// A layer that asks `check` and answers a refusal with problem details.
    pub fn new(check: C) -> Self {
        Self {
            check: Arc::new(check),
            respond: ProblemDetails::default(),
        }
    }
}

impl<C, R> AsyncGuardLayer<C, R> {
    /// Answers refusals by `respond`.
    pub fn with_response<R2: Clone>(self, respond: R2) -> AsyncGuardLayer<C, R2> {
        AsyncGuardLayer {
            check: self.check,
            respond,
        }
    }
}

impl<C, R: Clone> Clone for AsyncGuardLayer<C, R> {
    fn clone(&self) -> Self {
        Self {
            check: Arc::clone(&self.check),
            respond: self.respond.clone(),
        }
    }
}

impl<S, C, R: Clone> Layer<S> for AsyncGuardLayer<C, R> {
    type Service = AsyncGuard<S, C, R>;

    fn layer(&self, inner: S) -> Self::Service {
        AsyncGuard::new(inner, Arc::clone(&self.check), self.respond.clone())
    }
}
