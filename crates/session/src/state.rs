//! What a request knows of its session, and what it has changed.
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{Principal, Token, TokenRef};

use crate::id::Minted;
use crate::{Changes, Record, SessionId, SessionRefused, SessionRefusedKind};

/// What becomes of the browser's cookie with the response.
#[derive(Debug)]
pub(crate) enum Cookie {
    Keep,
    Remove,
    Set(TokenRef, Token, Duration),
}

/// A session that the store has.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) id: SessionId,
    pub(crate) record: Arc<Record>,
    /// Its id is older than its lifetimes allow.
    pub(crate) due: bool,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) held: Option<Held>,
    /// An id that was good until a moment ago. It opens nothing, and the browser may have a newer one.
    pub(crate) late: Option<SessionId>,
    pub(crate) changes: Changes,
    pub(crate) cookie: Cookie,
    /// Whether there was a session at any time of the request: the page may be somebody's, whatever came after.
    pub(crate) personal: bool,
}

impl State {
    pub(crate) const fn held(held: Held, max_bytes: usize) -> Self {
        Self {
            held: Some(held),
            late: None,
            changes: Changes::new(max_bytes),
            cookie: Cookie::Keep,
            personal: true,
        }
    }

    pub(crate) const fn anonymous(cookie: Cookie, max_bytes: usize) -> Self {
        Self {
            held: None,
            late: None,
            changes: Changes::new(max_bytes),
            cookie,
            personal: false,
        }
    }

    pub(crate) fn late(id: SessionId, max_bytes: usize) -> Self {
        Self {
            late: Some(id),
            ..Self::anonymous(Cookie::Keep, max_bytes)
        }
    }

    /// The id to replace at a login: the session's, or one that was the session's until a moment ago.
    pub(crate) fn replaceable(&self) -> Option<SessionId> {
        self.held.as_ref().map(|held| held.id).or(self.late)
    }

    /// The id to replace because it is old, unless that was done in this request.
    pub(crate) fn due(&self) -> Option<SessionId> {
        let held = self.held.as_ref().filter(|held| held.due)?;
        matches!(self.cookie, Cookie::Keep).then_some(held.id)
    }

    /// Whether the store need not be asked before the response.
    #[cfg(feature = "tower")]
    pub(crate) fn is_settled(&self) -> bool {
        self.changes.is_empty() && self.due().is_none()
    }

    pub(crate) fn principal(&self) -> Option<&Principal> {
        self.held.as_ref()?.record.principal()
    }

    /// The JSON of a value, as this request has left it.
    pub(crate) fn value(&self, name: &str) -> Value {
        match (self.changes.get(name), &self.held) {
            (Some(Some(json)), _) => Value::Changed(Arc::clone(json)),
            (None, Some(held)) => Value::Stored(Arc::clone(&held.record)),
            (Some(None), _) | (None, None) => Value::Absent,
        }
    }

    /// Notes a new value; one that is stored already is no change.
    pub(crate) fn set(&mut self, name: &str, json: Arc<[u8]>) -> Result<(), SessionRefused> {
        if self.stored(name) == Some(&*json) {
            self.changes.forget(name);
            return Ok(());
        }
        let before = self.changes.get(name).cloned();
        self.changes.put(name, Some(json));
        let fits = match &self.held {
            Some(held) => held.record.values().fits(&self.changes),
            None => crate::Values::EMPTY.fits(&self.changes),
        };
        if fits.is_err() {
            match before {
                Some(before) => self.changes.put(name, before),
                None => self.changes.forget(name),
            }
        }
        fits.map_err(SessionRefused::from)
    }

    /// Notes that a value goes; one that is not stored just stays away.
    pub(crate) fn remove(&mut self, name: &str) {
        if self.stored(name).is_some() {
            self.changes.put(name, None);
        } else {
            self.changes.forget(name);
        }
    }

    /// The store gave the session a new id; the response tells it.
    pub(crate) fn adopt(&mut self, minted: Minted, record: Arc<Record>) {
        let Minted { id, secret } = minted;
        self.cookie = Cookie::Set(id.reference(), secret, record.lifetimes().absolute());
        self.personal = true;
        self.late = None;
        self.held = Some(Held {
            id,
            record,
            due: false,
        });
    }

    /// The store has a newer record.
    pub(crate) fn replace(&mut self, id: SessionId, record: Arc<Record>) {
        // An id that was given up meanwhile stays given up.
        if let Some(held) = self.held.as_mut().filter(|held| held.id == id) {
            held.record = record;
        }
    }

    /// Somebody else ended the session. The cookie stays as it is: it may be a newer one by now, set by a response to
    /// another request, and an id that is dead does no harm.
    pub(crate) fn ended(&mut self, id: SessionId) -> SessionRefused {
        if self.held.as_ref().is_some_and(|held| held.id == id) {
            self.held = None;
            self.changes.clear();
        }
        SessionRefused::new(SessionRefusedKind::Ended)
    }

    /// Somebody has logged in to the session by another request. What was changed here stays to be told as not stored.
    pub(crate) fn superseded(&mut self, id: SessionId) -> SessionRefused {
        if self.held.take_if(|held| held.id == id).is_some() {
            self.late = Some(id);
        }
        SessionRefused::new(SessionRefusedKind::Superseded)
    }

    /// The holder ended the session. What follows in this request is a new, anonymous one.
    pub(crate) fn logged_out(&mut self) {
        self.held = None;
        self.late = None;
        self.changes.clear();
        self.cookie = Cookie::Remove;
    }

    fn stored(&self, name: &str) -> Option<&[u8]> {
        self.held.as_ref()?.record.values().get(name)
    }
}

/// Where a value is found. It is read after the state is unlocked.
pub(crate) enum Value {
    Absent,
    Changed(Arc<[u8]>),
    Stored(Arc<Record>),
}

impl Value {
    pub(crate) fn json(&self, name: &str) -> Option<&[u8]> {
        match self {
            Self::Absent => None,
            Self::Changed(json) => Some(json),
            Self::Stored(record) => record.values().get(name),
        }
    }
}
