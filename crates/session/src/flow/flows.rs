//! Steps in order, by values that are signed and work once.
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{
    Clock, ConfigError, KeyRing, Secret, SystemClock, Timestamp, TokenHash, TokenRef, random_bytes,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::signed::{Payload, sign, verify};
use super::{FlowRefused, FlowRefusedKind};
use crate::{MemoryStore, Session, Store};

/// The longest time that a flow may take.
const MAX_LIFETIME: Duration = Duration::from_secs(86_400);

/// Leads through the steps of something that takes several requests (a reset of the password, a payment, an enrolment) by
/// values that the client carries: signed, each good for one step, once, for a limited time, and, where a session is given,
/// in that session only.
///
/// The client can read the state, and cannot change it: put nothing secret into it. The whole text has at most 4 KiB.
///
/// ```
/// use std::time::Duration;
/// use palisade_core::{KeyId, KeyRing, Purpose, RootSecret};
/// use palisade_session::{FlowRefusedKind, Flows, MemoryStore};
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let ring = KeyRing::new(Purpose::new("flows"), KeyId::parse("1")?, &RootSecret::generate()?);
/// let resets = Flows::new(MemoryStore::new(), ring, "password reset", Duration::from_secs(900))?;
///
/// let first = resets.begin(&"ada@shop.example", None)?;
/// let flow = resets.open::<String>(first.expose().as_bytes(), 0, None).await?;
/// assert_eq!(flow.state(), "ada@shop.example");
/// let second = resets.next(flow, &"ada@shop.example, code sent", None)?;
///
/// // Not twice, and not a step too early or too late.
/// let again = resets.open::<String>(first.expose().as_bytes(), 0, None).await.unwrap_err();
/// assert_eq!(again.kind(), FlowRefusedKind::Used);
/// let skipped = resets.open::<String>(second.expose().as_bytes(), 2, None).await.unwrap_err();
/// assert_eq!(skipped.kind(), FlowRefusedKind::OtherStep);
/// # Ok(()) }
/// ```
pub struct Flows<S = MemoryStore, C = SystemClock>(Arc<Inner<S, C>>);

struct Inner<S, C> {
    store: S,
    ring: KeyRing,
    name: &'static str,
    lifetime: Duration,
    clock: C,
}

impl<S: Store> Flows<S> {
    /// Flows of that name, each of which takes `lifetime` at most in all. A value of one name is nothing under another.
    ///
    /// # Errors
    /// [`ConfigError`] for an empty name, and for a lifetime under a second or over a day.
    pub fn new(store: S, ring: KeyRing, name: &'static str, lifetime: Duration) -> Result<Self, ConfigError> {
        if name.is_empty() {
            return Err(ConfigError::new("flow name", "it must not be empty"));
        }
        if lifetime < Duration::from_secs(1) || lifetime > MAX_LIFETIME {
            let given = format!("{} s were given; 1 s to a day is allowed", lifetime.as_secs());
            return Err(ConfigError::new("flow lifetime", given));
        }
        Ok(Self::of(store, ring, name, lifetime))
    }

    pub(super) fn of(store: S, ring: KeyRing, name: &'static str, lifetime: Duration) -> Self {
        Self(Arc::new(Inner {
            store,
            ring,
            name,
            lifetime,
            clock: SystemClock::new(),
        }))
    }
}

impl<S: Store, C: Clock> Flows<S, C> {
    /// The same flows, by another clock. Values carry the time at which they run out, so the clocks of nodes must agree.
    #[must_use]
    pub fn with_clock<C2: Clock>(self, clock: C2) -> Flows<S, C2> {
        Flows(Arc::new(Inner {
            store: self.0.store.clone(),
            ring: self.0.ring.clone(),
            name: self.0.name,
            lifetime: self.0.lifetime,
            clock,
        }))
    }

    /// The value that leads to step 0.
    ///
    /// # Errors
    /// [`FlowRefused`] of kind [`Internal`](FlowRefusedKind::Internal).
    pub fn begin<T: Serialize + ?Sized>(
        &self,
        state: &T,
        session: Option<&Session>,
    ) -> Result<Secret<String>, FlowRefused> {
        let place = Place {
            step: 0,
            expires: self.0.clock.now().saturating_add(self.0.lifetime),
            belongs_to: session.and_then(Session::reference),
        };
        self.issue(place, state)
    }

    /// Takes the value that leads to `step`, so that nobody can take it again.
    ///
    /// # Errors
    /// [`FlowRefused`] where it does not count, and where the store cannot tell whether it was used.
    pub async fn open<T: DeserializeOwned>(
        &self,
        text: &[u8],
        step: u16,
        session: Option<&Session>,
    ) -> Result<Flow<T>, FlowRefused> {
        let now = self.0.clock.now();
        let refused = FlowRefused::new;
        let payload = verify(&self.0.ring, self.0.name, text, now).map_err(refused)?;
        let belongs_to = payload.session.map(TokenRef::from_bytes);
        let expires = Timestamp::from_micros(payload.expires);
        if expires <= now {
            return Err(refused(FlowRefusedKind::Expired));
        }
        if payload.step != step {
            return Err(refused(FlowRefusedKind::OtherStep));
        }
        if belongs_to.is_some() && belongs_to != session.and_then(Session::reference) {
            return Err(refused(FlowRefusedKind::OtherSession));
        }
        let state = serde_json::from_str(&payload.state).map_err(|_| refused(FlowRefusedKind::Invalid))?;
        // As long as any clock that is behind could take it for alive.
        let keep = self.0.lifetime.saturating_mul(2);
        if !self
            .0
            .store
            .claim(TokenHash::from_bytes(payload.nonce), keep)
            .await?
        {
            return Err(refused(FlowRefusedKind::Used));
        }
        let place = Place {
            step,
            expires,
            belongs_to,
        };
        Ok(Flow { place, state })
    }

    /// The value that leads from this step to the next, which is good for as long as the first one was.
    ///
    /// # Errors
    /// [`FlowRefused`] of kind [`Internal`](FlowRefusedKind::Internal).
    #[expect(clippy::needless_pass_by_value, reason = "the step is used up")]
    pub fn next<T, N: Serialize + ?Sized>(
        &self,
        flow: Flow<T>,
        state: &N,
        session: Option<&Session>,
    ) -> Result<Secret<String>, FlowRefused> {
        let place = flow.place;
        let step = place.step.checked_add(1);
        let place = Place {
            step: step.ok_or(FlowRefused::new(FlowRefusedKind::Internal))?,
            belongs_to: session.and_then(Session::reference).or(place.belongs_to),
            ..place
        };
        self.issue(place, state)
    }

    fn issue<T: Serialize + ?Sized>(&self, place: Place, state: &T) -> Result<Secret<String>, FlowRefused> {
        let internal = || FlowRefused::new(FlowRefusedKind::Internal);
        let payload = Payload {
            step: place.step,
            expires: place.expires.as_micros(),
            nonce: random_bytes().map_err(|_| internal())?,
            session: place.belongs_to.map(|session| *session.as_bytes()),
            state: serde_json::to_string(state).map_err(|_| internal())?,
        };
        sign(&self.0.ring, self.0.name, &payload, self.0.clock.now()).map_err(FlowRefused::new)
    }

    pub(super) fn store(&self) -> &S {
        &self.0.store
    }
}

impl<S, C> Clone for Flows<S, C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S, C> fmt::Debug for Flows<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flows")
            .field("name", &self.0.name)
            .field("lifetime", &self.0.lifetime)
            .finish_non_exhaustive()
    }
}

/// A step that was reached: the value that led here is used up. Only [`Flows::open`] makes one.
#[derive(Debug)]
#[must_use]
pub struct Flow<T> {
    place: Place,
    state: T,
}

/// Where in a flow somebody is.
#[derive(Clone, Copy, Debug)]
struct Place {
    step: u16,
    expires: Timestamp,
    belongs_to: Option<TokenRef>,
}

impl<T> Flow<T> {
    /// Which step it is, from 0.
    #[must_use]
    pub const fn step(&self) -> u16 {
        self.place.step
    }

    /// When the flow runs out.
    #[must_use]
    pub const fn expires(&self) -> Timestamp {
        self.place.expires
    }

    /// What the step before left.
    #[must_use]
    pub const fn state(&self) -> &T {
        &self.state
    }
}
