//! All sessions of one account.
use palisade_core::{Event, Principal, SecurityEvent, Subject, TokenRef};

use super::Sessions;
use crate::{Listed, Scope, Session, SessionRefused, Store};

impl<S: Store> Sessions<S> {
    /// The account's sessions that are alive, the last used first; at most 100.
    ///
    /// Compare [`reference`](Listed::reference) with [`Session::reference`] to find the present one.
    ///
    /// # Errors
    /// [`SessionRefused`] where the store fails.
    pub async fn list(&self, subject: &Subject) -> Result<Vec<Listed>, SessionRefused> {
        self.heed(self.0.store.list(subject).await)
    }

    /// Ends one of the account's sessions; `false` where it has none of that name.
    ///
    /// # Errors
    /// [`SessionRefused`] where the store fails.
    pub async fn end(&self, subject: &Subject, session: TokenRef) -> Result<bool, SessionRefused> {
        let ended = self.heed(self.0.store.end(subject, session).await)?;
        if ended {
            let event = Event::new(SecurityEvent::SessionLogout).with_subject(subject);
            self.0
                .recorder
                .record(&event.with_session(session).with_reason("ended"));
        }
        Ok(ended)
    }

    /// Ends all of the account's sessions, and tells how many: after a theft, or when an account is closed.
    ///
    /// # Errors
    /// [`SessionRefused`] where the store fails.
    pub async fn end_all(&self, subject: &Subject) -> Result<usize, SessionRefused> {
        self.end_but(subject, None).await
    }

    /// Ends the other sessions of the account that is logged in, and tells how many: after its password or a factor has
    /// changed (OWASP ASVS 5.0, 7.4.3). An anonymous session has no others.
    ///
    /// # Errors
    /// [`SessionRefused`] where the store fails.
    pub async fn end_others(&self, session: &Session) -> Result<usize, SessionRefused> {
        match (session.principal(), session.reference()) {
            (Some(principal), keep @ Some(_)) => self.end_but(principal.subject(), keep).await,
            _ => Ok(0),
        }
    }

    /// Ends every session that has begun so far, of a tenant or of everybody, visitors included: after a theft of keys or
    /// data. Sessions that begin from now on live.
    ///
    /// # Errors
    /// [`SessionRefused`] where the store fails.
    pub async fn revoke(&self, scope: Scope<'_>) -> Result<(), SessionRefused> {
        self.heed(self.0.store.revoke(scope).await)?;
        let reason = match scope {
            Scope::Everybody => "revoked_everybody",
            Scope::Tenant(_) => "revoked_tenant",
        };
        let event = Event::new(SecurityEvent::SessionLogout).with_reason(reason);
        self.0.recorder.record(&event);
        Ok(())
    }

    /// Who holds the session of that name, if it is alive: for what outlives a request, such as a WebSocket, to look now
    /// and then whether it may go on. It does not count as use.
    ///
    /// # Errors
    /// [`SessionRefused`] where the store fails: end what you cannot check.
    pub async fn holder(&self, session: TokenRef) -> Result<Option<Principal>, SessionRefused> {
        let record = self.heed(self.0.store.peek(session).await)?;
        Ok(record.and_then(|record| record.principal().cloned()))
    }

    async fn end_but(&self, subject: &Subject, keep: Option<TokenRef>) -> Result<usize, SessionRefused> {
        let ended = self.heed(self.0.store.end_all(subject, keep).await)?;
        if ended > 0 {
            let event = Event::new(SecurityEvent::SessionLogout).with_subject(subject);
            let reason = if keep.is_some() {
                "ended_others"
            } else {
                "ended_all"
            };
            self.0.recorder.record(&event.with_reason(reason));
        }
        Ok(ended)
    }
}
