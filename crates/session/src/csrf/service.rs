//! The service behind the anti-forgery check.
use std::mem;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use palisade_core::{Head, ProblemDetails, Respond};
use tower_service::Service;

use super::future::{CsrfFuture, Reading};
use super::{Csrf, CsrfRefused, CsrfRefusedKind};

/// A service whose requests no other site has made.
///
/// See the [crate docs](crate#the-anti-forgery-decision).
#[derive(Clone, Debug)]
pub struct CsrfService<I, R = ProblemDetails> {
    inner: I,
    csrf: Arc<Csrf>,
    respond: R,
}

impl<I, R> CsrfService<I, R> {
    pub(super) const fn new(inner: I, csrf: Arc<Csrf>, respond: R) -> Self {
        Self { inner, csrf, respond }
    }
}

impl<I, R, A, B> Service<Request<A>> for CsrfService<I, R>
where
    I: Service<Request<A>, Response = Response<B>> + Clone,
    R: Respond<CsrfRefused, B>,
    A: Body + From<Bytes>,
{
    type Response = Response<B>;
    type Error = I::Error;
    type Future = CsrfFuture<I, R, A, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        let head = Head::from(&request);
        let submission = self.csrf.submission(&head);
        let verdict = self.csrf.decide(&submission);
        if verdict == Err(CsrfRefusedKind::TokenMissing) && submission.may_have_a_form() {
            // The service that was polled ready is the one to call; its clone is not ready.
            let clone = self.inner.clone();
            let ready = mem::replace(&mut self.inner, clone);
            return CsrfFuture::reading(Reading::new(ready, request, &self.csrf), self.respond.clone());
        }
        match self.csrf.conclude(verdict, &submission) {
            Ok(passed) => {
                request.extensions_mut().insert(passed);
                CsrfFuture::forwarded(self.inner.call(request), self.respond.clone())
            }
            Err(refused) => CsrfFuture::refused(refused, self.respond.clone()),
        }
    }
}
