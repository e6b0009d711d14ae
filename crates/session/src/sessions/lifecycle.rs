//! Login, renewal, logout: they act on the store at once, and the response only carries the cookie.
use palisade_core::{Principal, SecurityEvent};

use super::Sessions;
use super::save::INTERNAL;
use crate::state::Held;
use crate::{
    Draft, Login, Rotated, Rotation, Session, SessionId, SessionRefused, SessionRefusedKind, Store, Values,
};

impl<S: Store> Sessions<S> {
    /// Logs somebody in. The session gets a new id, also where somebody is logged in already, and the old id opens nothing
    /// from then on; idle and absolute time begin anew.
    ///
    /// The values of an anonymous session, or of one of the same account, come along; those of another account do not, or
    /// one customer would find another's cart.
    ///
    /// # Errors
    /// [`SessionRefused`] where the account has as many sessions as it may have
    /// ([`Concurrent::refuse`](crate::Concurrent::refuse)), and where the store fails or is full. The session is then what
    /// it was before.
    pub async fn login(&self, session: &Session, login: impl Into<Login>) -> Result<(), SessionRefused> {
        let login = login.into();
        let draft = Draft {
            lifetimes: login.lifetimes.unwrap_or(self.0.lifetimes),
            device: login.device,
            agent: login.agent,
            ..self.draft(session)
        };
        let draft = draft.with_principal(login.principal);
        let old = session.lock().replaceable();
        let begun = match old {
            Some(old) => self.login_from(session, old, draft.clone()).await?,
            None => Some(Values::EMPTY),
        };
        if let Some(values) = begun {
            let (minted, answer) = self.begin_create(draft.with_values(values))?;
            self.created(session, minted, answer.await)?;
        }
        self.tell(session, SecurityEvent::SessionCreated, None);
        Ok(())
    }

    /// Moves a session that there is to its new holder. Where it was ended meanwhile, or moved by another login, answers
    /// with what a session of its own begins with.
    async fn login_from(
        &self,
        session: &Session,
        old: SessionId,
        draft: Draft,
    ) -> Result<Option<Values>, SessionRefused> {
        let stranger = session.held().is_some_and(|held| !held.record.is_open_to(&draft));
        let rotated = self.rotate(session, old, Rotation::Login(draft)).await?;
        let mut state = session.lock();
        if stranger {
            state.changes.clear();
        }
        Ok(match rotated {
            Turned::Done => None,
            // The other login's session stays: the browser keeps the cookie that arrives last, and either is good.
            Turned::Superseded(values) => Some(values.unwrap_or_default()),
            Turned::Gone => {
                drop(state.ended(old));
                Some(Values::EMPTY)
            }
        })
    }

    /// Gives the session a new id because its holder may do more or less than before; values and times stay. The requests
    /// that are on their way with the old id still find the session for a moment, with the rights of before. A session
    /// that has no id yet needs none, and one that another request has just renewed needs no other.
    ///
    /// # Errors
    /// [`SessionRefused`] where the session was ended meanwhile, and where the store fails.
    pub async fn renew(&self, session: &Session) -> Result<(), SessionRefused> {
        match self.renew_to(session, None).await {
            Err(refused) if refused.kind() == SessionRefusedKind::Superseded => Ok(()),
            result => result,
        }
    }

    /// As [`renew`](Self::renew), with what its holder now is: another role, one more verified factor.
    ///
    /// # Errors
    /// As of [`renew`](Self::renew), where the session is not of this principal's account (that is a
    /// [`login`](Self::login)), and, of kind [`Superseded`](SessionRefusedKind::Superseded), where another request has
    /// just renewed it: the client repeats this one with its newer cookie.
    pub async fn renew_as(&self, session: &Session, principal: Principal) -> Result<(), SessionRefused> {
        let holder = session.principal();
        if holder.is_none_or(|holder| holder.subject() != principal.subject()) {
            return Err(SessionRefused::new(SessionRefusedKind::OtherSubject));
        }
        self.renew_to(session, Some(principal)).await
    }

    async fn renew_to(&self, session: &Session, principal: Option<Principal>) -> Result<(), SessionRefused> {
        let Some(old) = session.held().map(|held| held.id) else {
            return Ok(());
        };
        match self.rotate(session, old, Rotation::Renew(principal)).await? {
            Turned::Done => {}
            Turned::Superseded(_) => return Err(SessionRefused::new(SessionRefusedKind::Superseded)),
            Turned::Gone => return Err(session.lock().ended(old)),
        }
        self.tell(session, SecurityEvent::SessionRenewed, None);
        Ok(())
    }

    async fn rotate(
        &self,
        session: &Session,
        old: SessionId,
        rotation: Rotation,
    ) -> Result<Turned, SessionRefused> {
        let minted = old.next().map_err(|_| INTERNAL)?;
        let answer = self.0.store.rotate(old, minted.id.hash(), rotation).await;
        match self.heed(answer)? {
            Rotated::Moved(record) => {
                session.lock().adopt(minted, record);
                Ok(Turned::Done)
            }
            Rotated::Superseded(values) => Ok(Turned::Superseded(values)),
            Rotated::TooMany => Err(self.too_many(session)),
            Rotated::Gone => Ok(Turned::Gone),
        }
    }

    pub(super) fn too_many(&self, session: &Session) -> SessionRefused {
        self.tell(session, SecurityEvent::ExcessSessionsExceeded, None);
        SessionRefused::new(SessionRefusedKind::TooManySessions)
    }

    /// Ends the session, in the store at once and for good; the response removes the cookie. What the handler puts into
    /// the session afterwards begins a new, anonymous one.
    ///
    /// Somebody's session ends also where another request has given it a new id meanwhile.
    ///
    /// # Errors
    /// [`SessionRefused`] where the store fails: the session may then be alive, and the person must be told so.
    pub async fn logout(&self, session: &Session) -> Result<(), SessionRefused> {
        if let Some(held) = session.held() {
            let answer = self.0.store.delete(held.id).await;
            if !self.heed(answer)? {
                self.end_renewed(&held).await?;
            }
            self.tell(session, SecurityEvent::SessionLogout, None);
        }
        session.lock().logged_out();
        Ok(())
    }

    /// Ends a session whose id is dead, by the name that it keeps under every id.
    async fn end_renewed(&self, held: &Held) -> Result<(), SessionRefused> {
        if let Some(principal) = held.record.principal() {
            let answer = self.0.store.end(principal.subject(), held.record.reference());
            self.heed(answer.await)?;
        }
        Ok(())
    }
}

/// What a rotation did to the request's session.
enum Turned {
    Done,
    Superseded(Option<Values>),
    Gone,
}
