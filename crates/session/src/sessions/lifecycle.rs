//! Login, renewal, logout: they act on the store at once, and the response only carries the cookie.
use palisade_core::{Principal, SecurityEvent};

use super::save::new_token;
use super::{SESSION_ID, Sessions};
use crate::state::Held;
use crate::{Draft, Login, Rotation, Session, SessionRefused, SessionRefusedKind, Store};

impl<S: Store> Sessions<S> {
    /// Logs somebody in. The session gets a new id, also where somebody is logged in already, and the old id is dead at
    /// once; idle and absolute time begin anew.
    ///
    /// The values of an anonymous session, or of one of the same account, come along; those of another account do not, or
    /// one customer would find another's cart.
    ///
    /// # Errors
    /// [`SessionRefused`] where the store fails or is full. The session is then what it was before.
    pub async fn login(&self, session: &Session, login: impl Into<Login>) -> Result<(), SessionRefused> {
        let login = login.into();
        let draft = Draft {
            lifetimes: login.lifetimes.unwrap_or(self.0.lifetimes),
            device: login.device,
            ..self.draft(session)
        };
        let (draft, old) = (draft.with_principal(login.principal), session.held());
        let moved = match old {
            Some(old) => self.login_from(session, old, draft.clone()).await?,
            None => false,
        };
        if !moved {
            let (token, answer) = self.begin_create(draft)?;
            self.created(session, token, answer.await)?;
        }
        self.tell(session, SecurityEvent::SessionCreated, None);
        Ok(())
    }

    /// Moves a session that there is to its new holder; `false` where it was ended meanwhile.
    async fn login_from(&self, session: &Session, old: Held, draft: Draft) -> Result<bool, SessionRefused> {
        let stranger = match (old.record.principal(), &draft.principal) {
            (Some(before), Some(now)) => before.subject() != now.subject(),
            _ => false,
        };
        let rotation = if stranger {
            Rotation::Switch(draft)
        } else {
            Rotation::Login(draft)
        };
        let moved = self.rotate(session, &old, rotation).await?;
        let mut state = session.lock();
        if stranger {
            state.changes.clear();
        }
        if !moved {
            state.ended(old.id);
        }
        Ok(moved)
    }

    /// Gives the session a new id because its holder may do more or less than before. The old id is dead at once; values
    /// and times stay. A session that has no id yet needs none.
    ///
    /// # Errors
    /// [`SessionRefused`] where the session was ended meanwhile, and where the store fails.
    pub async fn renew(&self, session: &Session) -> Result<(), SessionRefused> {
        self.renew_to(session, None).await
    }

    /// As [`renew`](Self::renew), with what its holder now is: another role, one more verified factor.
    ///
    /// # Errors
    /// As of [`renew`](Self::renew), and where the session is not of this principal's account: that is a
    /// [`login`](Self::login).
    pub async fn renew_as(&self, session: &Session, principal: Principal) -> Result<(), SessionRefused> {
        let holder = session.principal();
        if holder.is_none_or(|holder| holder.subject() != principal.subject()) {
            return Err(SessionRefused::new(SessionRefusedKind::OtherSubject));
        }
        self.renew_to(session, Some(principal)).await
    }

    async fn renew_to(&self, session: &Session, principal: Option<Principal>) -> Result<(), SessionRefused> {
        let Some(old) = session.held() else {
            return Ok(());
        };
        if !self.rotate(session, &old, Rotation::Renew(principal)).await? {
            return Err(session.lock().ended(old.id));
        }
        self.tell(session, SecurityEvent::SessionRenewed, None);
        Ok(())
    }

    async fn rotate(
        &self,
        session: &Session,
        old: &Held,
        rotation: Rotation,
    ) -> Result<bool, SessionRefused> {
        let token = new_token()?;
        let id = token.hash(SESSION_ID);
        let answer = self.0.store.rotate(old.id, id, rotation).await;
        let Some(record) = self.heed(answer)? else {
            return Ok(false);
        };
        session.lock().adopt(token, Held { id, record });
        Ok(true)
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
