//! Tickets that let a WebSocket in.
use std::time::Duration;

use palisade_core::{Clock, KeyRing, Principal, Secret, SystemClock, TokenRef};

use super::{FlowRefused, FlowRefusedKind, Flows};
use crate::{MemoryStore, Session, Store};

/// How long a ticket is good: long enough to open a socket.
const LIFETIME: Duration = Duration::from_secs(30);

/// Lets a WebSocket, or whatever cannot send the cookie, in on behalf of a session: a page asks for a ticket, and presents
/// it once within 30 seconds. It does not matter who reads it afterwards, in a log of addresses for instance.
#[derive(Clone, Debug)]
pub struct Tickets<S = MemoryStore, C = SystemClock>(Flows<S, C>);

impl<S: Store> Tickets<S> {
    /// Tickets for the sessions of that store.
    #[must_use]
    pub fn new(store: S, ring: KeyRing) -> Self {
        Self(Flows::of(store, ring, "palisade ticket", LIFETIME))
    }
}

impl<S: Store, C: Clock> Tickets<S, C> {
    /// The same tickets, by another clock.
    #[must_use]
    pub fn with_clock<C2: Clock>(self, clock: C2) -> Tickets<S, C2> {
        Tickets(self.0.with_clock(clock))
    }

    /// A ticket of the session, to be handed to its page.
    ///
    /// # Errors
    /// [`FlowRefused`] of kind [`SessionEnded`](FlowRefusedKind::SessionEnded) where there is no session, and
    /// [`Internal`](FlowRefusedKind::Internal).
    pub fn issue(&self, session: &Session) -> Result<Secret<String>, FlowRefused> {
        let reference = session.reference();
        let reference = reference.ok_or(FlowRefused::new(FlowRefusedKind::SessionEnded))?;
        self.0.begin(reference.as_bytes(), None)
    }

    /// Takes a ticket, and tells whom it lets in: the holder of the session as it is now.
    ///
    /// # Errors
    /// [`FlowRefused`] where it does not count, where the session has ended meanwhile, and where the store cannot tell.
    pub async fn redeem(&self, text: &[u8]) -> Result<Admitted, FlowRefused> {
        let flow = self.0.open::<[u8; 9]>(text, 0, None).await?;
        let session = TokenRef::from_bytes(*flow.state());
        let record = self.0.store().peek(session).await?;
        let record = record.ok_or(FlowRefused::new(FlowRefusedKind::SessionEnded))?;
        Ok(Admitted {
            session,
            principal: record.principal().cloned(),
        })
    }
}

/// Whom a ticket let in. Only [`Tickets::redeem`] makes one.
///
/// A socket outlives its session: ask [`Sessions::holder`](crate::Sessions::holder) now and then.
#[derive(Clone, Debug)]
#[must_use]
pub struct Admitted {
    session: TokenRef,
    principal: Option<Principal>,
}

impl Admitted {
    /// The session, by its name.
    #[must_use]
    pub const fn session(&self) -> TokenRef {
        self.session
    }

    /// Who is logged in; nobody in an anonymous session.
    #[must_use]
    pub const fn principal(&self) -> Option<&Principal> {
        self.principal.as_ref()
    }
}
