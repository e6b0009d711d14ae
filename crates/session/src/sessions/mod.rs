//! The service: everything that can be done with sessions.
mod account;
mod finish;
mod lifecycle;
mod load;
mod save;

use std::fmt;
use std::sync::Arc;

use palisade_core::{
    ConfigError, ControlHealth, Event, Headers, Recorder, SecurityEvent, StoreError, StoreErrorKind,
};

pub use load::LoadFuture;
#[cfg(feature = "tower")]
pub(crate) use load::{Asked, Start};
pub use save::SaveFuture;

use crate::{
    Concurrent, CookiePolicy, Draft, Lifetimes, MemoryStore, Session, SessionRefused, Signals, Store,
};

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
    concurrent: Concurrent,
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
            concurrent: Concurrent::DEFAULT,
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

    /// Lets one account have so many sessions at the same time.
    #[must_use]
    pub fn with_concurrent(mut self, concurrent: Concurrent) -> Self {
        Arc::make_mut(&mut self.0).concurrent = concurrent;
        self
    }

    /// Whether the request comes from the program and the network that logged in, and tells the event
    /// `session_binding_changed` where not. Ask before something that matters, and ask for a factor again where something
    /// changed. The program is known where [`Login::with_agent`](crate::Login::with_agent) was given, the network where
    /// an earlier layer left the client's address.
    pub fn signals(&self, session: &Session, headers: &impl Headers) -> Signals {
        let Some(held) = session.held() else {
            return Signals::NONE;
        };
        let signals = Signals::of(&held.record, session.client(), headers);
        if signals.changed() {
            self.tell(session, SecurityEvent::SessionBindingChanged, signals.reason());
        }
        signals
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
            concurrent: self.0.concurrent,
            ..Draft::new(self.0.lifetimes)
        }
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
