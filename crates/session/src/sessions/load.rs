//! Finds the session of a request.
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use palisade_core::{ClientAddr, Event, Headers, SecurityEvent, StoreError};

use super::Sessions;
use crate::cookie::Fault;
use crate::state::{Cookie, Held, State};
use crate::{Loaded, Session, SessionId, SessionRefused, SessionRefusedKind, Store};

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

    fn begin_load(&self, headers: &impl Headers, client: Option<ClientAddr>) -> LoadFuture<S> {
        let state = match self.start(headers, client) {
            Start::Decided(result) => Loading::Decided { result: Some(result) },
            Start::Asked(asked) => Loading::Asking {
                asked,
                sessions: self.clone(),
            },
        };
        LoadFuture { state }
    }

    /// Looks at the request, and asks the store where there is something to ask.
    pub(crate) fn start(&self, headers: &impl Headers, client: Option<ClientAddr>) -> Start<S> {
        let presented = match self.0.cookie.find(headers) {
            Err(fault) => return Start::Decided(Err(self.refuse(fault, client))),
            Ok(None) => return Start::Decided(Ok(self.anonymous(client, Cookie::Keep))),
            Ok(Some(presented)) => presented,
        };
        let Ok(id) = SessionId::parse(presented) else {
            self.told_of(SecurityEvent::SessionFixationAttempt, client, "malformed");
            return Start::Decided(Ok(self.anonymous(client, Cookie::Remove)));
        };
        Start::Asked(Asked {
            answer: self.0.store.load(id),
            id,
            client,
        })
    }

    /// What the store's answer means.
    pub(crate) fn loaded(
        &self,
        id: SessionId,
        client: Option<ClientAddr>,
        answer: Result<Loaded, StoreError>,
    ) -> Result<Session, SessionRefused> {
        let most = self.0.max_bytes;
        match self.heed(answer)? {
            Loaded::Found(found) => {
                let held = Held {
                    id,
                    due: found.is_due(),
                    record: Arc::clone(found.record()),
                };
                return Ok(Session::new(State::held(held, most), client));
            }
            Loaded::Late => return Ok(Session::new(State::late(id, most), client)),
            Loaded::Ended => self.told_of(SecurityEvent::SessionExpired, client, "ended"),
            Loaded::Expired => self.told_of(SecurityEvent::SessionExpired, client, "lifetime"),
            Loaded::Unknown => self.told_of(SecurityEvent::SessionFixationAttempt, client, "unknown"),
        }
        Ok(self.anonymous(client, Cookie::Remove))
    }

    fn anonymous(&self, client: Option<ClientAddr>, cookie: Cookie) -> Session {
        Session::new(State::anonymous(cookie, self.0.max_bytes), client)
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

/// What is known of a request before the store has answered.
pub(crate) enum Start<S: Store> {
    Decided(Result<Session, SessionRefused>),
    Asked(Asked<S>),
}

/// A question to the store that is under way.
pub(crate) struct Asked<S: Store> {
    answer: S::Load,
    id: SessionId,
    client: Option<ClientAddr>,
}

impl<S: Store> Asked<S> {
    pub(crate) fn poll(
        &mut self,
        sessions: &Sessions<S>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Session, SessionRefused>> {
        let answer = ready!(Pin::new(&mut self.answer).poll(cx));
        Poll::Ready(sessions.loaded(self.id, self.client, answer))
    }
}

/// The answer of [`Sessions::load`]. A request without a session cookie is answered without asking the store.
#[must_use = "the session is the future's answer"]
pub struct LoadFuture<S: Store> {
    state: Loading<S>,
}

enum Loading<S: Store> {
    Asking {
        asked: Asked<S>,
        sessions: Sessions<S>,
    },
    Decided {
        result: Option<Result<Session, SessionRefused>>,
    },
}

impl<S: Store> Future for LoadFuture<S> {
    type Output = Result<Session, SessionRefused>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.state {
            Loading::Asking { asked, sessions } => asked.poll(sessions, cx),
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
