//! The service that gives every request its session.
use std::fmt;
use std::mem;
use std::task::{Context, Poll, Waker};

use http::{Request, Response};
use palisade_core::{ClientAddr, ProblemDetails, Respond};
use tower_service::Service;

use crate::future::{State, hand_in};
use crate::sessions::{Asked, Start};
use crate::{MemoryStore, Session, SessionFuture, SessionRefused, Sessions, Store};

/// A service whose requests have sessions.
///
/// See the [crate docs](crate) for what it does in which order.
pub struct SessionService<I, S = MemoryStore, R = ProblemDetails> {
    inner: I,
    sessions: Sessions<S>,
    respond: R,
}

impl<I, S, R> SessionService<I, S, R> {
    pub(crate) const fn new(inner: I, sessions: Sessions<S>, respond: R) -> Self {
        Self {
            inner,
            sessions,
            respond,
        }
    }
}

impl<I, S, R, A, B> Service<Request<A>> for SessionService<I, S, R>
where
    I: Service<Request<A>, Response = Response<B>> + Clone,
    S: Store,
    R: Respond<SessionRefused, B>,
{
    type Response = Response<B>;
    type Error = I::Error;
    type Future = SessionFuture<I, S, R, A, B>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<A>) -> Self::Future {
        let client = request.extensions().get::<ClientAddr>().copied();
        let started = match self.sessions.start(request.headers(), client) {
            Start::Decided(result) => Ok(result),
            Start::Asked(asked) => at_once(&self.sessions, asked),
        };
        let state = match started {
            Ok(Ok(session)) => {
                hand_in(&mut request, &session);
                let future = self.inner.call(request);
                State::Running { future, session }
            }
            Ok(Err(refused)) => State::Refused {
                refused: Some(refused),
            },
            Err(asked) => {
                // The service that was polled ready is the one to call; its clone is not ready. See "Be careful when
                // cloning inner services" in the docs of tower's Service.
                let clone = self.inner.clone();
                let ready = mem::replace(&mut self.inner, clone);
                State::Loading {
                    asked,
                    waiting: Some((ready, request)),
                }
            }
        };
        SessionFuture::new(state, self.sessions.clone(), self.respond.clone())
    }
}

/// The session, where the store has answered already. Nobody is woken by this look: whoever finds no answer asks again,
/// and is woken then.
fn at_once<S: Store>(
    sessions: &Sessions<S>,
    mut asked: Asked<S>,
) -> Result<Result<Session, SessionRefused>, Asked<S>> {
    match asked.poll(sessions, &mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => Ok(result),
        Poll::Pending => Err(asked),
    }
}

impl<I: Clone, S, R: Clone> Clone for SessionService<I, S, R> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.sessions.clone(), self.respond.clone())
    }
}

impl<I: fmt::Debug, S, R> fmt::Debug for SessionService<I, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionService")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
