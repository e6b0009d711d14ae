//! What a store keeps of a session.
use std::sync::Arc;

use palisade_core::{Network, Principal, Timestamp, TokenHash, TokenRef};

use crate::seed::Seed;
use crate::signals::Agent;
use crate::{Changes, Concurrent, Lifetimes, SessionId, TooLarge, Values};

/// A session as it is stored. It does not change: a store replaces it by its successor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub(crate) reference: TokenRef,
    pub(crate) version: u64,
    pub(crate) created: Timestamp,
    pub(crate) seed: Seed,
    pub(crate) draft: Draft,
}

impl Record {
    /// The first record of a session.
    #[must_use]
    pub fn begin(id: SessionId, draft: Draft, now: Timestamp) -> Self {
        Self {
            reference: id.reference(),
            version: 0,
            created: now,
            seed: Seed::of(id.hash()),
            draft,
        }
    }

    /// The record with its values changed.
    ///
    /// # Errors
    /// [`TooLarge`] where they would become larger than the changes allow.
    pub fn changed(&self, changes: &Changes) -> Result<Self, TooLarge> {
        let values = self.draft.values.changed(changes)?;
        let draft = Draft {
            values,
            ..self.draft.clone()
        };
        Ok(self.successor(draft))
    }

    /// The record as it goes on under a new id, whose secret has the hash `new`.
    #[must_use]
    pub fn rotated(&self, new: TokenHash, rotation: Rotation, now: Timestamp) -> Self {
        match rotation {
            Rotation::Login(draft) => Self {
                created: now,
                seed: Seed::of(new),
                ..self.successor(self.logged_in(draft))
            },
            Rotation::Renew(None) => self.successor(self.draft.clone()),
            Rotation::Renew(principal) => self.successor(Draft {
                principal,
                ..self.draft.clone()
            }),
        }
    }

    /// The draft of a login, with the values of before unless they are another account's.
    fn logged_in(&self, draft: Draft) -> Draft {
        let values = if self.is_open_to(&draft) {
            self.draft.values.clone()
        } else {
            Values::EMPTY
        };
        Draft { values, ..draft }
    }

    /// Whether what is in the session may go on in a login by `draft`: nobody is logged in, or the same account.
    #[must_use]
    pub fn is_open_to(&self, draft: &Draft) -> bool {
        match (self.principal(), &draft.principal) {
            (Some(before), Some(now)) => before.subject() == now.subject(),
            (None, _) => true,
            (Some(_), None) => false,
        }
    }

    /// The record as an old id sees it: with what its holder was then.
    #[must_use]
    pub fn seen_as(&self, principal: Option<Principal>) -> Self {
        let draft = Draft {
            principal,
            ..self.draft.clone()
        };
        Self {
            draft,
            ..self.clone()
        }
    }

    /// What the session is called in lists and logs, from its beginning to its end. It grants nothing.
    #[must_use]
    pub const fn reference(&self) -> TokenRef {
        self.reference
    }

    /// How often the record was replaced.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// When the session began: at its login or, before that, when the first value was stored.
    #[must_use]
    pub const fn created(&self) -> Timestamp {
        self.created
    }

    /// Who is logged in; nobody in an anonymous session.
    #[must_use]
    pub const fn principal(&self) -> Option<&Principal> {
        self.draft.principal.as_ref()
    }

    /// The values.
    #[must_use]
    pub const fn values(&self) -> &Values {
        &self.draft.values
    }

    /// How long it lives.
    #[must_use]
    pub const fn lifetimes(&self) -> Lifetimes {
        self.draft.lifetimes
    }

    /// The device's name, as given at login.
    #[must_use]
    pub fn device(&self) -> Option<&str> {
        self.draft.device.as_deref()
    }

    /// The network that the session was begun from.
    #[must_use]
    pub const fn network(&self) -> Option<Network> {
        self.draft.network
    }

    pub(crate) const fn agent(&self) -> Option<Agent> {
        self.draft.agent
    }

    pub(crate) const fn seed(&self) -> &Seed {
        &self.seed
    }

    fn successor(&self, draft: Draft) -> Self {
        Self {
            version: self.version.saturating_add(1),
            draft,
            ..self.clone()
        }
    }
}

/// What is put into a session when it begins, before the store adds its times.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Draft {
    pub(crate) principal: Option<Principal>,
    pub(crate) values: Values,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) device: Option<Arc<str>>,
    pub(crate) network: Option<Network>,
    pub(crate) agent: Option<Agent>,
    pub(crate) concurrent: Concurrent,
}

impl Draft {
    /// An anonymous session without values.
    pub const fn new(lifetimes: Lifetimes) -> Self {
        Self {
            principal: None,
            values: Values::EMPTY,
            lifetimes,
            device: None,
            network: None,
            agent: None,
            concurrent: Concurrent::DEFAULT,
        }
    }

    /// The session of somebody who is logged in.
    pub fn with_principal(mut self, principal: Principal) -> Self {
        self.principal = Some(principal);
        self
    }

    /// With these values.
    pub fn with_values(mut self, values: Values) -> Self {
        self.values = values;
        self
    }

    /// Of an account that may have so many sessions at the same time.
    pub const fn with_concurrent(mut self, concurrent: Concurrent) -> Self {
        self.concurrent = concurrent;
        self
    }

    /// Who is logged in.
    #[must_use]
    pub const fn principal(&self) -> Option<&Principal> {
        self.principal.as_ref()
    }

    /// How many sessions the account may have.
    #[must_use]
    pub const fn concurrent(&self) -> Concurrent {
        self.concurrent
    }
}

/// Why a session gets a new id, and what changes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rotation {
    /// Somebody logs in: the draft replaces all but the values, and the session's time begins anew. Values of another
    /// account do not come along. The old id opens nothing any more.
    Login(Draft),
    /// The holder may do more or less than before: with another principal of the same account, or with the one there is.
    /// Values and times stay. For a moment, the old id opens the session with the rights of before.
    Renew(Option<Principal>),
}

/// One entry of an account's list of sessions.
#[derive(Clone, Debug)]
pub struct Listed {
    record: Arc<Record>,
    last_seen: Timestamp,
}

impl Listed {
    /// A session that was last used at `last_seen`.
    #[must_use]
    pub const fn new(record: Arc<Record>, last_seen: Timestamp) -> Self {
        Self { record, last_seen }
    }

    /// What to call the session, and what to end it by. It grants nothing.
    #[must_use]
    pub fn reference(&self) -> TokenRef {
        self.record.reference()
    }

    /// When it logged in.
    #[must_use]
    pub fn created(&self) -> Timestamp {
        self.record.created()
    }

    /// When it was last used, at most [`touch_after`](Lifetimes::touch_after) before the truth.
    #[must_use]
    pub const fn last_seen(&self) -> Timestamp {
        self.last_seen
    }

    /// The device's name, as given at login.
    #[must_use]
    pub fn device(&self) -> Option<&str> {
        self.record.device()
    }

    /// The network that it logged in from.
    #[must_use]
    pub fn network(&self) -> Option<Network> {
        self.record.network()
    }

    /// Everything that is stored of it.
    #[must_use]
    pub const fn record(&self) -> &Arc<Record> {
        &self.record
    }
}
