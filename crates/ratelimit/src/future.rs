//! The answer of a service behind a limit.
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use palisade_core::Respond;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::fields::Standing;
use crate::service::{RateLimit, Verdict, mark, refuse};
use crate::store::Store;
use crate::{Attempt, KeyBy, LimitRefused};

pin_project! {
    /// The answer of a [`RateLimit`]: a refusal, or what the service behind it answers, with the RateLimit fields.
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<I, K, S, R, A, B>
    where
        I: Service<Request<A>>,
        S: Store,
    {
        #[pin]
        state: State<Waiting<I, K, S, R, A>, I::Future, B>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<W, F, B> {
        // Boxed: a store that is not ready at once costs far more than this, and the others stay small.
        Waiting { waiting: Box<W> },
        Forwarded { #[pin] future: F, standing: Option<Standing> },
        Refused { response: Option<Response<B>> },
    }
}

/// A store's answer under way, and what waits for it.
struct Waiting<I, K, S: Store, R, A> {
    take: S::Take,
    attempt: Attempt,
    call: Option<Call<I, K, S, R, A>>,
}

/// A service that is ready, and its request.
type Call<I, K, S, R, A> = (RateLimit<I, K, S, R>, Request<A>);

impl<I: Service<Request<A>>, K, S: Store, R, A, B> ResponseFuture<I, K, S, R, A, B> {
    pub(crate) const fn forwarded(future: I::Future, standing: Option<Standing>) -> Self {
        Self {
            state: State::Forwarded { future, standing },
        }
    }

    pub(crate) const fn refused(response: Response<B>) -> Self {
        Self {
            state: State::Refused {
                response: Some(response),
            },
        }
    }

    pub(crate) fn waiting(take: S::Take, attempt: Attempt, call: Call<I, K, S, R, A>) -> Self {
        let waiting = Box::new(Waiting {
            take,
            attempt,
            call: Some(call),
        });
        Self {
            state: State::Waiting { waiting },
        }
    }
}

impl<I, K, S, R, A, B> Future for ResponseFuture<I, K, S, R, A, B>
where
    I: Service<Request<A>, Response = Response<B>>,
    K: KeyBy,
    S: Store,
    R: Respond<LimitRefused, B>,
{
    type Output = Result<Response<B>, I::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let next = match state.as_mut().project() {
                StateProj::Waiting { waiting } => ready!(waiting.poll(cx)),
                StateProj::Forwarded { future, standing } => {
                    let mut response = ready!(future.poll(cx))?;
                    if let Some(standing) = standing.take() {
                        standing.write(response.headers_mut());
                    }
                    return Poll::Ready(Ok(response));
                }
                // A future must not be polled after it was ready; one that is polled all the same never answers.
                StateProj::Refused { response } => {
                    return response.take().map_or(Poll::Pending, |r| Poll::Ready(Ok(r)));
                }
            };
            state.set(next);
        }
    }
}

impl<I, K, S: Store, R, A> Waiting<I, K, S, R, A> {
    fn poll<B>(&mut self, cx: &mut Context<'_>) -> Poll<State<Self, I::Future, B>>
    where
        I: Service<Request<A>, Response = Response<B>>,
        R: Respond<LimitRefused, B>,
    {
        let taken = ready!(Pin::new(&mut self.take).poll(cx));
        // Taken once: the next state is another.
        let Some((service, mut request)) = self.call.take() else {
            return Poll::Pending;
        };
        let verdict = service.settle(&self.attempt, taken);
        let (mut inner, respond) = service.into_parts();
        Poll::Ready(match verdict {
            Verdict::Forward { metered, standing } => {
                mark(&mut request, metered);
                let future = inner.call(request);
                State::Forwarded { future, standing }
            }
            Verdict::Refuse { refusal, standing } => {
                let response = Some(refuse(&respond, refusal, standing));
                State::Refused { response }
            }
        })
    }
}

impl<I: Service<Request<A>>, K, S: Store, R, A, B> fmt::Debug for ResponseFuture<I, K, S, R, A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
