//! The answer of a service of which only so many requests may be under way.
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;

use super::{InFlight, InFlightBody};

pin_project! {
    /// The answer of a [`Concurrency`](super::Concurrency): a refusal, or what the service behind it answers, whose body holds
    /// the place.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ConcurrencyFuture<F, B> {
        #[pin]
        state: State<F, B>,
    }
}

pin_project! {
    #[project = StateProj]
    #[derive(Debug)]
    enum State<F, B> {
        Forwarded { #[pin] future: F, guard: Option<InFlight> },
        Refused { response: Option<Response<B>> },
    }
}

impl<F, B> ConcurrencyFuture<F, B> {
    pub(super) const fn forwarded(future: F, guard: Option<InFlight>) -> Self {
        Self {
            state: State::Forwarded { future, guard },
        }
    }

    pub(super) const fn refused(response: Response<B>) -> Self {
        let response = Some(response);
        Self {
            state: State::Refused { response },
        }
    }
}

impl<F, B, E> Future for ConcurrencyFuture<F, B>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<InFlightBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Forwarded { future, guard } => {
                let answer = ready!(future.poll(cx));
                // Taken here, so that it ends with an error as well.
                let guard = guard.take();
                Poll::Ready(answer.map(|response| response.map(|body| InFlightBody::new(body, guard))))
            }
            // A future must not be polled after it was ready; one that is polled all the same never answers.
            StateProj::Refused { response } => match response.take() {
                Some(response) => Poll::Ready(Ok(response.map(InFlightBody::from_inner))),
                None => Poll::Pending,
            },
        }
    }
}
