//! Finds the session of a request.
use std::fmt;
use std::future::Future;
use std::pin::Pin;
#[cfg(feature = "tower")]
use std::task::Waker;
use std::task::{Context, Poll, ready};

use palisade_core::{ClientAddr, Event, Headers, SecurityEvent, StoreError, Token, TokenHash};

use super::{SESSION_ID, Sessions};
use crate::cookie::Fault;
use crate::state::{Cookie, Held, State};
use crate::{Loaded, Session, SessionRefused, SessionRefusedKind, Store};

impl<S: Store> Sessions<S> {
    /// The session that a request presents, or an anonymous one where it presents none that is alive.
    ///
    /// An id that is not known, has expired or is no id at all is never taken on; the response removes its cookie.
    ///
    /// # Errors
    /// The future answers [`SessionRefused`] where the cookies are too long (431), the session cookie occurs twice (400),
    /// or the store cannot tell (503).
    pub fn load(&self, headers: &impl Headers) -> LoadFuture<S> {
        self.begin_load(headers, None)
    }

    /// As [`load`](Self::load), for a client whose address is known: events tell it, and a login keeps its network.
    pub fn load_from(&self, headers: &impl Headers, client: ClientAddr) -> LoadFuture<S> {
        self.begin_load(headers, Some(client))
    }

    pub(crate) fn begin_load(&self, headers: &impl Headers, client: Option<ClientAddr>) -> LoadFuture<S> {
        let presented = match self.0.cookie.find(headers) {
            Err(fault) => return LoadFuture::decided(Err(self.refuse(fault, client))),
            Ok(None) => return LoadFuture::decided(Ok(self.anonymous(client, Cookie::Keep))),
            Ok(Some(presented)) => presented,
        };
        let Ok(token) = Token::parse(presented) else {
            self.told_of(SecurityEvent::SessionFixationAttempt, client, "malformed");
            return LoadFuture::decided(Ok(self.anonymous(client, Cookie::Remove)));
        };
        let id = token.hash(SESSION_ID);
        LoadFuture {
            state: Loading::Asking {
                answer: self.0.store.load(id),
                sessions: self.clone(),
                id,
                client,
            },
        }
    }

    /// What the store's answer means.
    fn loaded(
        &self,
        id: TokenHash,
        client: Option<ClientAddr>,
        answer: Result<Loaded, StoreError>,
    ) -> Result<Session, SessionRefused> {
        match self.heed(answer)? {
            Loaded::Found(record) => {
                let state = State::new(Some(Held { id, record }), Cookie::Keep, self.0.max_bytes);
                return Ok(Session::new(state, client));
            }
            Loaded::Expired => self.told_of(SecurityEvent::SessionExpired, client, "lifetime"),
            Loaded::Unknown => self.told_of(SecurityEvent::SessionFixationAttempt, client, "unknown"),
        }
        Ok(self.anonymous(client, Cookie::Remove))
    }

    fn anonymous(&self, client: Option<ClientAddr>, cookie: Cookie) -> Session {
        Session::new(State::new(None, cookie, self.0.max_bytes), client)
    }

    fn refuse(&self, fault: Fault, client: Option<ClientAddr>) -> SessionRefused {
        let (kind, reason) = match fault {
            Fault::Repeated => (SessionRefusedKind::CookieRepeated, "session_cookie_repeated"),
            Fault::TooLong => (SessionRefusedKind::CookieTooLong, "cookies_too_long"),
        };
        self.told_of(SecurityEvent::InputValidationFail, client, reason);
        match fault {
            Fault::Repeated => SessionRefused::new(kind).with_removal(self.0.cookie.removal()),
            Fault::TooLong => SessionRefused::new(kind),
        }
    }

    fn told_of(&self, kind: SecurityEvent, client: Option<ClientAddr>, reason: &'static str) {
        let event = Event::new(kind).with_reason(reason);
        let event = match client {
            Some(client) => event.with_client(client),
            None => event,
        };
        self.0.recorder.record(&event);
    }
}

/// The answer of [`Sessions::load`]. A request without a session cookie is answered without asking the store.
#[must_use = "the session is the future's answer"]
pub struct LoadFuture<S: Store> {
    state: Loading<S>,
}

enum Loading<S: Store> {
    Asking {
        answer: S::Load,
        sessions: Sessions<S>,
        id: TokenHash,
        client: Option<ClientAddr>,
    },
    Decided {
        result: Option<Result<Session, SessionRefused>>,
    },
}

impl<S: Store> LoadFuture<S> {
    const fn decided(result: Result<Session, SessionRefused>) -> Self {
        Self {
            state: Loading::Decided { result: Some(result) },
        }
    }

    /// The answer, where it is there already: without a store, or from one that answers at once.
    ///
    /// Nobody is woken by this look. Whoever finds no answer polls the future, and is woken then.
    #[cfg(feature = "tower")]
    pub(crate) fn at_once(&mut self) -> Option<Result<Session, SessionRefused>> {
        match Pin::new(self).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(result) => Some(result),
            Poll::Pending => None,
        }
    }
}

impl<S: Store> Future for LoadFuture<S> {
    type Output = Result<Session, SessionRefused>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.state {
            Loading::Asking {
                answer,
                sessions,
                id,
                client,
            } => {
                let answer = ready!(Pin::new(answer).poll(cx));
                Poll::Ready(sessions.loaded(*id, *client, answer))
            }
            // A future must not be polled after it was ready; one that is polled all the same never answers.
            Loading::Decided { result } => result.take().map_or(Poll::Pending, Poll::Ready),
        }
    }
}

impl<S: Store> fmt::Debug for LoadFuture<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadFuture").finish_non_exhaustive()
    }
}
