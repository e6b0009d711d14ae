//! The futures of the guards: refused, deciding or forwarded.
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::AsyncCheck;
use super::service::refuse;
use crate::Respond;

pin_project! {
    /// The answer of a [`Guard`](crate::Guard): a refusal, or what the service behind it answers.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct GuardFuture<F, B> {
        #[pin]
        state: State<F, B>,
    }
}

pin_project! {
    #[project = StateProj]
    #[derive(Debug)]
    enum State<F, B> {
        Forwarded { #[pin] future: F },
        Refused { response: Option<Response<B>> },
    }
}

impl<F, B> GuardFuture<F, B> {
    pub(super) const fn forwarded(future: F) -> Self {
        Self {
            state: State::Forwarded { future },
        }
    }

    pub(super) const fn refused(response: Response<B>) -> Self {
        Self {
            state: State::Refused {
                response: Some(response),
            },
        }
    }
}

impl<F, B, E> Future for GuardFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Forwarded { future } => future.poll(cx),
            // A future must not be polled after it was ready; one that is polled all the same never answers.
            StateProj::Refused { response } => response.take().map_or(Poll::Pending, |r| Poll::Ready(Ok(r))),
        }
    }
}

pin_project! {
    /// The answer of an [`AsyncGuard`](crate::AsyncGuard): first the decision, then what the service behind it answers.
    #[must_use = "futures do nothing unless polled"]
    pub struct AsyncGuardFuture<S, C, R, A>
    where
        S: Service<Request<A>>,
        C: AsyncCheck,
    {
        #[pin]
        state: AsyncState<C::Future, S::Future>,
        waiting: Option<(S, Request<A>)>,
        respond: R,
    }
}

pin_project! {
    #[project = AsyncStateProj]
    enum AsyncState<D, F> {
        Deciding { #[pin] decision: D },
        Forwarded { #[pin] future: F },
        Refused,
    }
}

impl<S: Service<Request<A>>, C: AsyncCheck, R, A> AsyncGuardFuture<S, C, R, A> {
    pub(super) const fn deciding(decision: C::Future, waiting: (S, Request<A>), respond: R) -> Self {
        Self {
            state: AsyncState::Deciding { decision },
            waiting: Some(waiting),
            respond,
        }
    }
}

impl<S: Service<Request<A>>, C: AsyncCheck, R, A> fmt::Debug for AsyncGuardFuture<S, C, R, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsyncGuardFuture").finish_non_exhaustive()
    }
}

impl<S, C, R, A, B> Future for AsyncGuardFuture<S, C, R, A>
where
    S: Service<Request<A>, Response = Response<B>>,
    C: AsyncCheck,
    R: Respond<C::Refusal, B>,
{
    type Output = Result<Response<B>, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let decision = match this.state.as_mut().project() {
                AsyncStateProj::Forwarded { future } => return future.poll(cx),
                AsyncStateProj::Deciding { decision } => ready!(decision.poll(cx)),
                // As above: polled after it was ready, it never answers.
                AsyncStateProj::Refused => return Poll::Pending,
            };
            // Taken once: a decision that is ready leads to the service or to the end.
            let Some((mut service, mut request)) = this.waiting.take() else {
                return Poll::Pending;
            };
            match decision {
                Err(refusal) => {
                    this.state.set(AsyncState::Refused);
                    return Poll::Ready(Ok(refuse(this.respond, refusal)));
                }
                Ok(witness) => {
                    request.extensions_mut().insert(witness);
                    this.state.set(AsyncState::Forwarded {
                        future: service.call(request),
                    });
                }
            }
        }
    }
}
