//! The answer of a service that banned clients do not reach.
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use palisade_core::{ClientAddr, Respond};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::BanRefused;
use super::service::{Banning, Watch};
use super::strike::Striking;
use crate::store::Store;

pin_project! {
    /// The answer of a [`Banning`]: a refusal, or what the service behind it answers, once a strike for it was counted.
    #[must_use = "futures do nothing unless polled"]
    pub struct BanFuture<I, S, R, A, B>
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
        // Boxed: these are rare, and forwarding stays small.
        Waiting { waiting: Box<W> },
        Forwarded { #[pin] future: F, watch: Option<Watch<S>> },
        Striking { striking: Box<(Watch<S>, Striking<S>)>, response: Option<Response<B>> },
        Refused { response: Option<Response<B>> },
    }
}

/// A store's answer under way, and what waits for it.
struct Waiting<I, S: Store, R, A> {
    peek: S::Take,
    client: ClientAddr,
    call: Option<Call<I, S, R, A>>,
}

/// A service that is ready, and its request.
type Call<I, S, R, A> = (Banning<I, S, R>, Request<A>);

impl<I: Service<Request<A>>, S: Store, R, A, B> BanFuture<I, S, R, A, B> {
    pub(super) const fn forwarded(future: I::Future, watch: Option<Watch<S>>) -> Self {
        Self {
            state: State::Forwarded { future, watch },
        }
    }

    pub(super) const fn refused(response: Response<B>) -> Self {
        let response = Some(response);
        Self {
            state: State::Refused { response },
        }
    }

    pub(super) fn waiting(peek: S::Take, client: ClientAddr, call: Call<I, S, R, A>) -> Self {
        let call = Some(call);
        let waiting = Box::new(Waiting { peek, client, call });
        Self {
            state: State::Waiting { waiting },
        }
    }
}

impl<I, S, R, A, B> Future for BanFuture<I, S, R, A, B>
where
    I: Service<Request<A>, Response = Response<B>>,
    S: Store,
    R: Respond<BanRefused, B>,
{
    type Output = Result<Response<B>, I::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            let next = match state.as_mut().project() {
                StateProj::Waiting { waiting } => ready!(waiting.poll(cx)),
                StateProj::Forwarded { future, watch } => {
                    let response = ready!(future.poll(cx))?;
                    let watch = watch.take().filter(|watch| watch.strikes(&response));
                    match watch.and_then(begin) {
                        None => return Poll::Ready(Ok(response)),
                        Some(striking) => State::Striking {
                            striking,
                            response: Some(response),
                        },
                    }
                }
                StateProj::Striking { striking, response } => {
                    let (watch, striking) = &mut **striking;
                    // A strike that could not be counted was told of; the answer is the handler's.
                    drop(ready!(striking.poll(watch.bans(), cx)));
                    return response.take().map_or(Poll::Pending, |r| Poll::Ready(Ok(r)));
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

/// Strikes whoever was watched.
fn begin<S: Store>(watch: Watch<S>) -> Option<Box<(Watch<S>, Striking<S>)>> {
    let striking = watch.bans().begin(watch.client())?;
    Some(Box::new((watch, striking)))
}

impl<I, S: Store, R, A> Waiting<I, S, R, A> {
    fn poll<B>(&mut self, cx: &mut Context<'_>) -> Poll<State<Self, I::Future, S, B>>
    where
        I: Service<Request<A>, Response = Response<B>>,
        R: Respond<BanRefused, B>,
    {
        let peeked = ready!(Pin::new(&mut self.peek).poll(cx));
        // Taken once: the next state is another.
        let Some((mut service, request)) = self.call.take() else {
            return Poll::Pending;
        };
        Poll::Ready(match service.settle(peeked) {
            Ok(()) => {
                let watch = Some(service.watch(self.client));
                let future = service.inner.call(request);
                State::Forwarded { future, watch }
            }
            Err(refusal) => State::Refused {
                response: Some(service.refuse(refusal)),
            },
        })
    }
}

impl<I: Service<Request<A>>, S: Store, R, A, B> fmt::Debug for BanFuture<I, S, R, A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BanFuture").finish_non_exhaustive()
    }
}
