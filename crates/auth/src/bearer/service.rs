//! The service that lets nobody in without a token.
use std::fmt;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use palisade_core::{AsyncCheck, Head, ProblemDetails, Respond};
use tower_service::Service;

use super::future::{State, hand_in};
use super::layer::Presence;
use super::{BearerCheck, BearerFuture, BearerRefused, TokenVerifier};

/// A service whose requests carry tokens. See [`BearerLayer`](crate::BearerLayer).
#[derive(Clone)]
pub struct BearerService<I, V, R = ProblemDetails> {
    inner: I,
    check: BearerCheck<V>,
    presence: Presence,
    respond: R,
}

impl<I, V, R> BearerService<I, V, R> {
    pub(super) const fn new(inner: I, check: BearerCheck<V>, presence: Presence, respond: R) -> Self {
        Self {
            inner,
            check,
            presence,
            respond,
        }
    }
}

impl<I, V, R, A, B> Service<Request<A>> for BearerService<I, V, R>
where
    I: Service<Request<A>, Response = Response<B>> + Clone,
    V: TokenVerifier,
    R: Respond<BearerRefused, B>,
{
    type Response = Response<B>;
    type Error = I::Error;
    type Future = BearerFuture<I, V, R, A>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        let head = Head::from(&request);
        let state = if self.presence == Presence::Optional && !BearerCheck::<V>::is_asked(&head) {
            State::Running {
                future: self.inner.call(request),
            }
        } else {
            let mut checking = self.check.check(&head);
            // Most often the answer is there at once. Nobody is woken by this look: whoever finds none asks again.
            match Pin::new(&mut checking).poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(Ok(witness)) => {
                    hand_in::<V, A>(&mut request, witness);
                    State::Running {
                        future: self.inner.call(request),
                    }
                }
                Poll::Ready(Err(refused)) => State::Refused {
                    refused: Some(refused),
                },
                Poll::Pending => {
                    // The service that was polled ready is the one to call; its clone is not ready. See "Be careful
                    // when cloning inner services" in the docs of tower's Service.
                    let clone = self.inner.clone();
                    let ready = mem::replace(&mut self.inner, clone);
                    State::Checking {
                        checking,
                        waiting: Some((ready, request)),
                    }
                }
            }
        };
        BearerFuture::new(state, self.respond.clone())
    }
}

impl<I: fmt::Debug, V, R> fmt::Debug for BearerService<I, V, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BearerService")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
