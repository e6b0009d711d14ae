//! The future of the bearer service: check, run, answer.
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use palisade_core::Respond;
use pin_project_lite::pin_project;
use tower_service::Service;

use super::{BearerChecking, BearerRefused, TokenVerifier};

pin_project! {
    /// The answer of a [`BearerService`](crate::BearerService).
    #[must_use = "futures do nothing unless polled"]
    pub struct BearerFuture<I, V, R, A>
    where
        I: Service<Request<A>>,
        V: TokenVerifier,
    {
        #[pin]
        state: State<I, V, A>,
        respond: R,
    }
}

pin_project! {
    #[project = StateProj]
    pub(super) enum State<I, V, A>
    where
        I: Service<Request<A>>,
        V: TokenVerifier,
    {
        Checking { checking: BearerChecking<V>, waiting: Option<(I, Request<A>)> },
        Running { #[pin] future: I::Future },
        Refused { refused: Option<BearerRefused> },
    }
}

impl<I, V, R, A> BearerFuture<I, V, R, A>
where
    I: Service<Request<A>>,
    V: TokenVerifier,
{
    pub(super) const fn new(state: State<I, V, A>, respond: R) -> Self {
        Self { state, respond }
    }
}

impl<I, V, R, A, B> Future for BearerFuture<I, V, R, A>
where
    I: Service<Request<A>, Response = Response<B>>,
    V: TokenVerifier,
    R: Respond<BearerRefused, B>,
{
    type Output = Result<Response<B>, I::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProj::Running { future } => return future.poll(cx),
                StateProj::Checking { checking, waiting } => {
                    let checked = ready!(Pin::new(checking).poll(cx));
                    let Some((mut service, mut request)) = waiting.take() else {
                        return Poll::Pending;
                    };
                    match checked {
                        Ok(witness) => {
                            hand_in::<V, A>(&mut request, witness);
                            State::Running {
                                future: service.call(request),
                            }
                        }
                        Err(refused) => State::Refused {
                            refused: Some(refused),
                        },
                    }
                }
                StateProj::Refused { refused } => {
                    // A future must not be polled after it was ready; one that is polled all the same never answers.
                    let Some(refused) = refused.take() else {
                        return Poll::Pending;
                    };
                    let mut response = this.respond.respond(&refused);
                    response.extensions_mut().insert(refused);
                    return Poll::Ready(Ok(response));
                }
            };
            this.state.set(next);
        }
    }
}

/// Puts the proof into the request, and whom it names.
pub(super) fn hand_in<V: TokenVerifier, A>(request: &mut Request<A>, witness: V::Witness) {
    let extensions = request.extensions_mut();
    extensions.insert(V::principal(&witness).clone());
    extensions.insert(witness);
}

impl<I, V, R, A> fmt::Debug for BearerFuture<I, V, R, A>
where
    I: Service<Request<A>>,
    V: TokenVerifier,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BearerFuture").finish_non_exhaustive()
    }
}
