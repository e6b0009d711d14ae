//! What a request knows of its session, and what it has changed.
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{Principal, Token, TokenHash};

use crate::{Changes, Record, SessionRefused, SessionRefusedKind};

/// What becomes of the browser's cookie with the response.
#[derive(Debug)]
pub(crate) enum Cookie {
    Keep,
    Remove,
    Set(Token, Duration),
}

/// A session that the store has.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) id: TokenHash,
    pub(crate) record: Arc<Record>,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) held: Option<Held>,
    pub(crate) changes: Changes,
    pub(crate) cookie: Cookie,
    /// Whether somebody was logged in at any time of the request: the page may be theirs, whatever came after.
    pub(crate) personal: bool,
}

impl State {
    pub(crate) fn new(held: Option<Held>, cookie: Cookie, max_bytes: usize) -> Self {
        Self {
            personal: held
                .as_ref()
                .is_some_and(|held| held.record.principal().is_some()),
            held,
            changes: Changes::new(max_bytes),
            cookie,
        }
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
    pub(crate) fn adopt(&mut self, token: Token, held: Held) {
        self.cookie = Cookie::Set(token, held.record.lifetimes().absolute());
        self.personal |= held.record.principal().is_some();
        self.held = Some(held);
    }

    /// The store has a newer record.
    pub(crate) fn replace(&mut self, id: TokenHash, record: Arc<Record>) {
        // An id that was given up meanwhile stays given up.
        if let Some(held) = self.held.as_mut().filter(|held| held.id == id) {
            held.record = record;
        }
    }

    /// Somebody else ended the session. The cookie stays as it is: it may be a newer one by now, set by a response to
    /// another request, and an id that is dead does no harm.
    pub(crate) fn ended(&mut self, id: TokenHash) -> SessionRefused {
        if self.held.as_ref().is_some_and(|held| held.id == id) {
            self.held = None;
            self.changes.clear();
        }
        SessionRefused::new(SessionRefusedKind::Ended)
    }

    /// The holder ended the session. What follows in this request is a new, anonymous one.
    pub(crate) fn logged_out(&mut self) {
        self.held = None;
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
