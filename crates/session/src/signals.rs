//! Whether a session is used from where it was begun: a signal, never a proof.
use palisade_core::{ClientAddr, Headers};
use sha2::{Digest, Sha256};

use crate::Record;

/// The name of a client program, shortened to 64 bits of a hash: enough to see that it changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Agent(pub(crate) [u8; 8]);

impl Agent {
    pub(crate) fn of(headers: &impl Headers) -> Option<Self> {
        let text = headers.values("user-agent").next()?;
        let mut short = [0; 8];
        short
            .iter_mut()
            .zip(Sha256::digest(text))
            .for_each(|(to, from)| *to = from);
        Some(Self(short))
    }
}

/// What differs between the request that logged in and this one.
///
/// Networks change when a telephone leaves the house, and programs when they are updated; whoever steals a cookie can copy
/// both. So this is a reason to ask for a factor again before something that matters, and no reason to let anybody in
/// or out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Signals {
    agent_changed: bool,
    network_changed: bool,
}

impl Signals {
    pub(crate) fn of(record: &Record, client: Option<ClientAddr>, headers: &impl Headers) -> Self {
        let network = client.map(|client| client.network());
        Self {
            agent_changed: record
                .agent()
                .is_some_and(|agent| Agent::of(headers) != Some(agent)),
            network_changed: record
                .network()
                .is_some_and(|known| network.is_some_and(|now| now != known)),
        }
    }

    /// Nothing to compare, or nothing that differs.
    pub(crate) const NONE: Self = Self {
        agent_changed: false,
        network_changed: false,
    };

    /// Another program presents the session than the one that logged in (OWASP `AppSensor` SE6).
    #[must_use]
    pub const fn agent_changed(self) -> bool {
        self.agent_changed
    }

    /// The session is presented from another network than at login (OWASP `AppSensor` SE5).
    #[must_use]
    pub const fn network_changed(self) -> bool {
        self.network_changed
    }

    /// Whether anything differs.
    #[must_use]
    pub const fn changed(self) -> bool {
        self.agent_changed || self.network_changed
    }

    /// The reason of the event.
    pub(crate) const fn reason(self) -> Option<&'static str> {
        match (self.agent_changed, self.network_changed) {
            (true, true) => Some("user_agent_and_network"),
            (true, false) => Some("user_agent"),
            (false, true) => Some("network"),
            (false, false) => None,
        }
    }
}
