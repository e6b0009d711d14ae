//! The future of the session service: load, run, save, answer.
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use palisade_core::{Refusal, Respond};
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::sessions::{Asked, SaveFuture};
use crate::{Session, SessionRefused, SessionRefusedKind, Sessions, Store};

pin_project! {
    /// The answer of a [`SessionService`](crate::SessionService).
    #[must_use = "futures do nothing unless polled"]
    pub struct SessionFuture<I, S, R, A, B>
    where
        I: Service<Request<A>>,
        S: Store,
    {
        #[pin]
        state: State<I, S, A, B>,
        sessions: Sessions<S>,
        respond: R,
    }
}

pin_project! {
    #[project = StateProj]
    pub(crate) enum State<I, S, A, B>
    where
        I: Service<Request<A>>,
        S: Store,
    {
        Loading { asked: Asked<S>, waiting: Option<(I, Request<A>)> },
        Running { #[pin] future: I::Future, session: Session },
        Saving { save: SaveFuture<S>, session: Session, response: Option<Response<B>> },
        Refused { refused: Option<SessionRefused> },
    }
}

impl<I, S, R, A, B> SessionFuture<I, S, R, A, B>
where
    I: Service<Request<A>>,
    S: Store,
{
    pub(crate) const fn new(state: State<I, S, A, B>, sessions: Sessions<S>, respond: R) -> Self {
        Self {
            state,
            sessions,
            respond,
        }
    }
}

impl<I, S, R, A, B> Future for SessionFuture<I, S, R, A, B>
where
    I: Service<Request<A>, Response = Response<B>>,
    S: Store,
    R: Respond<SessionRefused, B>,
{
    type Output = Result<Response<B>, I::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.state.as_mut().project() {
                StateProj::Loading { asked, waiting } => {
                    let loaded = ready!(asked.poll(this.sessions, cx));
                    let Some((service, request)) = waiting.take() else {
                        return Poll::Pending;
                    };
                    run(loaded, service, request)
                }
                StateProj::Running { future, session } => {
                    let mut response = ready!(future.poll(cx))?;
                    if session.lock().is_settled() {
                        this.sessions.finish(session, response.headers_mut());
                        return Poll::Ready(Ok(response));
                    }
                    State::Saving {
                        save: this.sessions.save(session),
                        session: session.clone(),
                        response: Some(response),
                    }
                }
                StateProj::Saving {
                    save,
                    session,
                    response,
                } => {
                    let saved = ready!(Pin::new(save).poll(cx));
                    // A future must not be polled after it was ready; one that is polled all the same never answers.
                    let Some(response) = response.take() else {
                        return Poll::Pending;
                    };
                    let mut response = after_save(saved, response, this.respond);
                    this.sessions.finish(session, response.headers_mut());
                    return Poll::Ready(Ok(response));
                }
                StateProj::Refused { refused } => {
                    let Some(refused) = refused.take() else {
                        return Poll::Pending;
                    };
                    return Poll::Ready(Ok(refuse(this.respond, refused)));
                }
            };
            this.state.set(next);
        }
    }
}

/// Lets the request in with its session, or refuses it.
fn run<I, S, A, B>(
    loaded: Result<Session, SessionRefused>,
    mut service: I,
    mut request: Request<A>,
) -> State<I, S, A, B>
where
    I: Service<Request<A>>,
    S: Store,
{
    match loaded {
        Ok(session) => {
            hand_in(&mut request, &session);
            let future = service.call(request);
            State::Running { future, session }
        }
        Err(refused) => State::Refused {
            refused: Some(refused),
        },
    }
}

/// Puts the session into the request, and who is logged in.
pub(crate) fn hand_in<A>(request: &mut Request<A>, session: &Session) {
    if let Some(principal) = session.principal() {
        request.extensions_mut().insert(principal);
    }
    request.extensions_mut().insert(session.clone());
}

/// What the client is told when the handler is done and its changes are stored, or could not be.
fn after_save<B, R: Respond<SessionRefused, B>>(
    saved: Result<(), SessionRefused>,
    response: Response<B>,
    respond: &R,
) -> Response<B> {
    match saved {
        Ok(()) => response,
        // Logged out meanwhile: the handler did its work while the session lived, and what it noted there goes with it.
        Err(refused) if refused.kind() == SessionRefusedKind::Ended => response,
        // A response that says "added to your cart" must not go out when the cart was not stored.
        Err(refused) => refuse(respond, refused),
    }
}

/// The response to a refusal, with the refusal in its extensions.
fn refuse<E: Refusal, B, R: Respond<E, B>>(respond: &R, refusal: E) -> Response<B> {
    let mut response = respond.respond(&refusal);
    response.extensions_mut().insert(refusal);
    response
}

impl<I, S, R, A, B> fmt::Debug for SessionFuture<I, S, R, A, B>
where
    I: Service<Request<A>>,
    S: Store,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionFuture").finish_non_exhaustive()
    }
}
