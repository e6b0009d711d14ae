//! The service: everything that can be done with sessions.
mod account;
mod lifecycle;
mod load;
mod save;

use std::fmt;
use std::sync::Arc;

use http::header::{CACHE_CONTROL, SET_COOKIE, VARY};
use http::{HeaderMap, HeaderName, HeaderValue};
use palisade_core::{
    ConfigError, ControlHealth, Event, Purpose, Recorder, SecurityEvent, StoreError, StoreErrorKind,
};

pub use load::LoadFuture;
pub use save::SaveFuture;

use crate::state::{Cookie, State};
use crate::{CookiePolicy, Draft, Lifetimes, MemoryStore, Session, SessionRefused, Store};

/// What the ids of sessions are hashed for.
const SESSION_ID: Purpose = Purpose::new("session id");

/// The name of the store in events.
const STORE: &str = "session store";

/// The bytes that the names and values of one session may have together, unless another limit is given.
const MAX_BYTES: usize = 16 * 1024;

/// Begins, finds, changes and ends sessions. Clones are cheap and share everything; keep one in the application's state.
///
/// See the [crate docs](crate) for the decisions that it makes.
pub struct Sessions<S = MemoryStore>(Arc<Shared<S>>);

#[derive(Clone)]
struct Shared<S> {
    store: S,
    cookie: CookiePolicy,
    lifetimes: Lifetimes,
    recorder: Recorder,
    max_bytes: usize,
    health: Arc<Health>,
}

/// Whether the store works and whether it has room. Full is a state of its own: reading goes on, and every answer to a
/// read would tell of a recovery.
#[derive(Debug)]
struct Health {
    store: ControlHealth,
    room: ControlHealth,
}

impl Health {
    fn new() -> Self {
        Self {
            store: ControlHealth::new(STORE),
            room: ControlHealth::new(STORE),
        }
    }

    const fn of(&self, kind: StoreErrorKind) -> &ControlHealth {
        if matches!(kind, StoreErrorKind::Full) {
            &self.room
        } else {
            &self.store
        }
    }
}

impl Sessions {
    /// Sessions in the memory of this process, in the cookie `__Host-id`.
    #[must_use]
    pub fn in_memory(lifetimes: Lifetimes) -> Self {
        Self::new(MemoryStore::new(), CookiePolicy::default(), lifetimes)
    }
}

impl<S: Store> Sessions<S> {
    /// Sessions in `store`, presented in the `cookie`. The lifetimes hold for all sessions whose login gives no others.
    #[must_use]
    pub fn new(store: S, cookie: CookiePolicy, lifetimes: Lifetimes) -> Self {
        Self(Arc::new(Shared {
            store,
            cookie,
            lifetimes,
            recorder: Recorder::default(),
            max_bytes: MAX_BYTES,
            health: Arc::new(Health::new()),
        }))
    }

    /// Tells events to `recorder`.
    #[must_use]
    pub fn with_recorder(mut self, recorder: Recorder) -> Self {
        Arc::make_mut(&mut self.0).recorder = recorder;
        self
    }

    /// Lets the names and values of a session have so many bytes together: 16 KiB unless another limit is given, 1 MiB at
    /// most.
    ///
    /// # Errors
    /// [`ConfigError`] for more, or for nothing.
    pub fn with_max_bytes(mut self, bytes: usize) -> Result<Self, ConfigError> {
        if bytes == 0 || bytes > 1024 * 1024 {
            let given = format!("{bytes} bytes were given; 1 to 1048576 are allowed");
            return Err(ConfigError::new("session values", given));
        }
        Arc::make_mut(&mut self.0).max_bytes = bytes;
        Ok(self)
    }

    /// The `Set-Cookie` value that the response to this request must carry, whatever its status.
    ///
    /// The layer does this; without it, also send `Cache-Control: no-store` with a value
    /// ([`finish`](Self::finish) does both).
    #[must_use]
    pub fn set_cookie(&self, session: &Session) -> Option<HeaderValue> {
        self.cookie_for(&session.lock())
    }

    fn cookie_for(&self, state: &State) -> Option<HeaderValue> {
        match &state.cookie {
            Cookie::Keep => None,
            Cookie::Remove => Some(self.0.cookie.removal()),
            Cookie::Set(token, lifetime) => Some(self.0.cookie.set(token, *lifetime)),
        }
    }

    /// Adds to a response's fields what the session asks for: the layer's last step.
    ///
    /// With a cookie come `Cache-Control: no-store`, which replaces what the handler set, and `Vary: Cookie`, for a cache
    /// that stored a session id would hand it to others. Fields that outrank `Cache-Control` at some caches are removed
    /// (RFC 9213, `Surrogate-Control`). A response to somebody who is logged in, or was when the request began, is not
    /// stored either, unless the handler has set `Cache-Control` itself.
    pub fn finish(&self, session: &Session, headers: &mut HeaderMap) {
        let (cookie, personal) = {
            let state = session.lock();
            (self.cookie_for(&state), state.personal)
        };
        if let Some(cookie) = cookie {
            headers.append(SET_COOKIE, cookie);
            drop_targeted(headers);
            headers.insert(CACHE_CONTROL, NO_STORE);
            vary_by_cookie(headers);
        } else if personal && !headers.contains_key(CACHE_CONTROL) {
            headers.insert(CACHE_CONTROL, NO_STORE);
        }
    }

    /// Takes the store's answer, and notes whether the store works.
    fn heed<T>(&self, answer: Result<T, StoreError>) -> Result<T, SessionRefused> {
        match answer {
            Ok(answer) => {
                self.0.health.store.works(&self.0.recorder);
                Ok(answer)
            }
            Err(error) => {
                self.0
                    .health
                    .of(error.kind())
                    .failed(&self.0.recorder, error.kind().reason());
                Err(SessionRefused::from(error))
            }
        }
    }

    /// Tells an event of this session.
    fn tell(&self, session: &Session, kind: SecurityEvent, reason: Option<&'static str>) {
        let held = session.held();
        let mut event = Event::new(kind);
        if let Some(held) = &held {
            event = event.with_session(held.record.reference());
        }
        if let Some(principal) = held.as_ref().and_then(|held| held.record.principal()) {
            event = event.with_principal(principal);
        }
        if let Some(client) = session.client() {
            event = event.with_client(client);
        }
        if let Some(reason) = reason {
            event = event.with_reason(reason);
        }
        self.0.recorder.record(&event);
    }

    /// A session as it begins for this request's client.
    fn draft(&self, session: &Session) -> Draft {
        Draft {
            network: session.client().map(|client| client.network()),
            ..Draft::new(self.0.lifetimes)
        }
    }
}

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// Removes the fields by which some caches are told otherwise: theirs come before `Cache-Control` (RFC 9213 section 2.2).
fn drop_targeted(headers: &mut HeaderMap) {
    let targeted = |name: &&HeaderName| {
        name.as_str().ends_with("-cache-control") || name.as_str() == "surrogate-control"
    };
    let found: Vec<_> = headers.keys().filter(targeted).cloned().collect();
    for name in found {
        headers.remove(name);
    }
}

fn vary_by_cookie(headers: &mut HeaderMap) {
    let says_so = |name: &str| name == "*" || name.eq_ignore_ascii_case("cookie");
    let fields = headers
        .get_all(VARY)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    if !fields
        .flat_map(|field| field.split(','))
        .any(|name| says_so(name.trim()))
    {
        headers.append(VARY, HeaderValue::from_static("cookie"));
    }
}

impl<S> Clone for Sessions<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> fmt::Debug for Sessions<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("cookie", &self.0.cookie)
            .field("lifetimes", &self.0.lifetimes)
            .finish_non_exhaustive()
    }
}
