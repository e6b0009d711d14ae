//! The session of one request.
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use palisade_core::{ClientAddr, Principal, Secret, Timestamp, TokenRef};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::csrf::token;
use crate::seed::Seed;
use crate::state::{Cookie, Held, State};
use crate::{SessionRefused, SessionRefusedKind};

/// The session of one request: anonymous, or of somebody who is logged in. Clones are the same session.
///
/// Reading never waits: the layer has loaded the record already. Changed values are stored with the response, or by
/// [`Sessions::save`](crate::Sessions::save); [`login`](crate::Sessions::login), [`renew`](crate::Sessions::renew) and
/// [`logout`](crate::Sessions::logout) act on the store at once.
///
/// ```
/// # use palisade_session::{Lifetimes, Sessions, SessionRefused};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), SessionRefused> {
/// let sessions = Sessions::in_memory(Lifetimes::customer());
/// let session = sessions.load(&http::HeaderMap::new()).await?;
/// session.insert("cart", &vec!["tea", "cups"])?;
/// assert_eq!(session.get::<Vec<String>>("cart")?.unwrap().len(), 2);
/// assert!(session.principal().is_none());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Session(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    client: Option<ClientAddr>,
}

impl Session {
    pub(crate) fn new(state: State, client: Option<ClientAddr>) -> Self {
        Self(Arc::new(Inner {
            state: Mutex::new(state),
            client,
        }))
    }

    /// Who is logged in; nobody in an anonymous session.
    #[must_use]
    pub fn principal(&self) -> Option<Principal> {
        self.lock().principal().cloned()
    }

    /// What the session is called in lists and logs; nothing before it is stored. It grants nothing.
    #[must_use]
    pub fn reference(&self) -> Option<TokenRef> {
        self.lock().held.as_ref().map(|held| held.record.reference())
    }

    /// When the session began: at its login or, before that, when the first value was stored.
    #[must_use]
    pub fn created(&self) -> Option<Timestamp> {
        self.lock().held.as_ref().map(|held| held.record.created())
    }

    /// One value, as this request has left it. Only this one is deserialised.
    ///
    /// # Errors
    /// Kind [`ValueUnreadable`](SessionRefusedKind::ValueUnreadable) where a value is stored that is no `T`: another
    /// version of the program may have written it.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, SessionRefused> {
        let value = self.lock().value(name);
        let read = value.json(name).map(serde_json::from_slice).transpose();
        read.map_err(|_| SessionRefused::new(SessionRefusedKind::ValueUnreadable))
    }

    /// Sets a value. Two requests that set the same name leave the value of the one that is stored last; to change what
    /// is there, use [`Sessions::modify`](crate::Sessions::modify).
    ///
    /// A value that is stored already causes no write.
    ///
    /// # Errors
    /// Kind [`ValueTooLarge`](SessionRefusedKind::ValueTooLarge) where the session would become larger than allowed or
    /// have more than 256 values, and [`ValueUnwritable`](SessionRefusedKind::ValueUnwritable) where the value has no JSON
    /// form. Nothing has changed then.
    pub fn insert<T: Serialize + ?Sized>(&self, name: &str, value: &T) -> Result<(), SessionRefused> {
        let json = json(value)?;
        self.lock().set(name, json.into())
    }

    /// Removes a value.
    pub fn remove(&self, name: &str) {
        self.lock().remove(name);
    }

    /// A token for the forms and scripts of a page, by which [`Csrf`](crate::Csrf) knows that the page was ours where the
    /// browser does not tell: another text each time, good until the next login. Forms send it in the field
    /// [`CSRF_FIELD`](crate::CSRF_FIELD), scripts in the header field [`CSRF_HEADER`](crate::CSRF_HEADER). Nothing before
    /// the session is stored: there is nothing yet to act with.
    ///
    /// # Errors
    /// Kind [`Internal`](SessionRefusedKind::Internal) where the operating system gives no random bytes.
    pub fn csrf_token(&self) -> Result<Option<Secret<String>>, SessionRefused> {
        let token = self.seed().as_ref().map(token::issue).transpose();
        token.map_err(|_| SessionRefused::new(SessionRefusedKind::Internal))
    }

    pub(crate) fn seed(&self) -> Option<Seed> {
        self.lock().held.as_ref().map(|held| *held.record.seed())
    }

    pub(crate) fn client(&self) -> Option<ClientAddr> {
        self.0.client
    }

    pub(crate) fn held(&self) -> Option<Held> {
        self.lock().held.clone()
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, SessionRefused> {
    serde_json::to_vec(value).map_err(|_| SessionRefused::new(SessionRefusedKind::ValueUnwritable))
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Session")
            .field("authenticated", &state.principal().is_some())
            .field("stored", &state.held.is_some())
            .field("changed", &!state.changes.is_empty())
            .field("keeps_cookie", &matches!(state.cookie, Cookie::Keep))
            .finish()
    }
}
