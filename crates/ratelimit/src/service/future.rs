//! The answer of a service behind limits.
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use palisade_core::{Head, Respond};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::RateLimit;
use super::after::After;
use super::several::Boxed;
use super::verdict::Verdict;
use crate::LimitRefused;
use crate::limits::{GivingBack, poll_all};
use crate::store::Store;

pin_project! {
    /// The answer of a [`RateLimit`]: a refusal, or what the service behind it answers, with the RateLimit fields.
    ///
    /// It drives what has to be asked of stores before, and what has to be given back after. Dropped while it waits for its
    /// limits, it calls nothing; dropped later, the charge stays.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<I, S, R, A, B>
    where
        I: Service<Request<A>>,
        S: Store,
    {
        #[pin]
        state: State<Waiting<I, S, R, A>, I::Future, S, B>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<W, F, S: Store, B> {
        // Boxed: a store that is not ready at once costs far more than this, and the others stay small.
        Waiting { waiting: Box<W> },
        Forwarded { #[pin] future: F, after: After<S> },
        Answered { response: Option<Response<B>>, giving_back: GivingBack<S> },
    }
}

/// Stores' answers under way, and what waits for them.
struct Waiting<I, S: Store, R, A> {
    asking: Boxed<S>,
    call: Option<Call<I, S, R, A>>,
}

/// A service that is ready, and its request.
type Call<I, S, R, A> = (RateLimit<I, S, R>, Request<A>);

impl<I: Service<Request<A>>, S: Store, R, A, B> ResponseFuture<I, S, R, A, B> {
    #[inline]
    pub(super) const fn forwarded(future: I::Future, after: After<S>) -> Self {
        Self {
            state: State::Forwarded { future, after },
        }
    }

    pub(super) const fn answered(response: Response<B>, giving_back: GivingBack<S>) -> Self {
        let response = Some(response);
        Self {
            state: State::Answered {
                response,
                giving_back,
            },
        }
    }

    pub(super) const fn refused(response: Response<B>) -> Self {
        Self::answered(response, GivingBack::nothing())
    }

    pub(super) fn waiting(asking: Boxed<S>, call: Call<I, S, R, A>) -> Self {
        let call = Some(call);
        let waiting = Box::new(Waiting { asking, call });
        Self {
            state: State::Waiting { waiting },
        }
    }
}

impl<I, S, R, A, B> Future for ResponseFuture<I, S, R, A, B>
where
    I: Service<Request<A>, Response = Response<B>>,
    S: Store,
    R: Respond<LimitRefused, B>,
{
    type Output = Result<Response<B>, I::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let next = match state.as_mut().project() {
                StateProj::Waiting { waiting } => ready!(waiting.poll(cx)),
                StateProj::Forwarded { future, after } => {
                    let mut response = ready!(future.poll(cx))?;
                    let giving_back = after.complete(&mut response);
                    if giving_back.is_done() {
                        return Poll::Ready(Ok(response));
                    }
                    let response = Some(response);
                    State::Answered {
                        response,
                        giving_back,
                    }
                }
                StateProj::Answered {
                    response,
                    giving_back,
                } => {
                    // What cannot be given back stays charged: that is the stricter of the two.
                    drop(ready!(Pin::new(giving_back).poll(cx)));
                    // A future must not be polled after it was ready; one that is polled all the same never answers.
                    return response.take().map_or(Poll::Pending, |r| Poll::Ready(Ok(r)));
                }
            };
            state.set(next);
        }
    }
}

impl<I, S: Store, R, A> Waiting<I, S, R, A> {
    fn poll<B>(&mut self, cx: &mut Context<'_>) -> Poll<State<Self, I::Future, S, B>>
    where
        I: Service<Request<A>, Response = Response<B>>,
        R: Respond<LimitRefused, B>,
    {
        let Boxed { attempts, slots } = &mut self.asking;
        ready!(poll_all(slots, cx));
        // Taken once: the next state is another.
        let Some((mut service, mut request)) = self.call.take() else {
            return Poll::Pending;
        };
        let attempts = std::mem::take(attempts);
        let verdict = service.shared.settle(&Head::from(&request), attempts, slots);
        Poll::Ready(match verdict {
            Verdict::Forward { marks, after } => {
                marks.mark(&mut request);
                let future = service.inner.call(request);
                State::Forwarded { future, after }
            }
            Verdict::Refuse(refused) => State::Answered {
                response: Some(service.refuse(refused.refusal, refused.standing)),
                giving_back: refused.giving_back,
            },
        })
    }
}

impl<I: Service<Request<A>>, S: Store, R, A, B> fmt::Debug for ResponseFuture<I, S, R, A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
