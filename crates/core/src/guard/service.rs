//! The services that ask a check first.
use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower_service::Service;

use super::{AsyncCheck, AsyncGuardFuture, Check, GuardFuture};
use crate::{Head, Respond};

/// A service behind a [`Check`].
///
/// See the [crate docs](crate).
#[derive(Debug)]
pub struct Guard<S, C, R> {
    inner: S,
    check: Arc<C>,
    respond: R,
}

impl<S, C, R> Guard<S, C, R> {
    pub(super) const fn new(inner: S, check: Arc<C>, respond: R) -> Self {
        Self {
            inner,
            check,
            respond,
        }
    }
}

impl<S: Clone, C, R: Clone> Clone for Guard<S, C, R> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), Arc::clone(&self.check), self.respond.clone())
    }
}

impl<S, C, R, A, B> Service<Request<A>> for Guard<S, C, R>
where
    S: Service<Request<A>, Response = Response<B>>,
    C: Check,
    R: Respond<C::Refusal, B>,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = GuardFuture<S::Future, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        match self.check.check(&Head::from(&request)) {
            Ok(witness) => {
                request.extensions_mut().insert(witness);
                GuardFuture::forwarded(self.inner.call(request))
            }
            Err(refusal) => GuardFuture::refused(refuse(&self.respond, refusal)),
        }
    }
}

/// A service behind an [`AsyncCheck`].
///
/// See the [crate docs](crate).
pub struct AsyncGuard<S, C, R> {
    inner: S,
    check: Arc<C>,
    respond: R,
}

impl<S, C, R> AsyncGuard<S, C, R> {
    pub(super) const fn new(inner: S, check: Arc<C>, respond: R) -> Self {
        Self {
            inner,
            check,
            respond,
        }
    }
}

impl<S: Clone, C, R: Clone> Clone for AsyncGuard<S, C, R> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), Arc::clone(&self.check), self.respond.clone())
    }
}

impl<S: fmt::Debug, C, R> fmt::Debug for AsyncGuard<S, C, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncGuard")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

impl<S, C, R, A, B> Service<Request<A>> for AsyncGuard<S, C, R>
where
    S: Service<Request<A>, Response = Response<B>> + Clone,
    C: AsyncCheck,
    R: Respond<C::Refusal, B>,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = AsyncGuardFuture<S, C, R, A>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<A>) -> Self::Future {
        let deciding = self.check.check(&Head::from(&request));
        // The service that was polled ready is the one to call; its clone is not ready. See "Be careful when cloning
        // inner services" in the docs of tower's Service.
        let clone = self.inner.clone();
        let ready = mem::replace(&mut self.inner, clone);
        AsyncGuardFuture::deciding(deciding, (ready, request), self.respond.clone())
    }
}

/// The response to a refusal, with the refusal in its extensions.
pub(super) fn refuse<E, B, R>(respond: &R, refusal: E) -> Response<B>
where
    E: crate::Refusal,
    R: Respond<E, B>,
{
    let mut response = respond.respond(&refusal);
    response.extensions_mut().insert(refusal);
    response
}
