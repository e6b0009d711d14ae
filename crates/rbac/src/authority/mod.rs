//! The authority: decides, and can be told new rules.
mod ask;
mod list;
mod snapshot;
mod who;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use palisade_core::{Clock, ConfigError, ControlHealth, Event, Recorder, SecurityEvent, SystemClock};

pub use snapshot::Current;
use snapshot::{Now, Roles, Snapshot};
pub use who::Who;

use crate::Assignments;
use crate::assignments::Table;
use crate::policy::Policy;

/// Decides who may do what. Clones are cheap and share the rules.
///
/// Rules and assignments are replaced as a whole: whoever asks reads them without a lock, the next question after
/// [`reload`](Self::reload) or [`assign`](Self::assign) is answered by the new ones, and one that is wrong changes nothing.
///
/// Where roles come from is chosen once:
///
/// | constructor | roles come from | for |
/// |---|---|---|
/// | [`assigned`](Self::assigned) | a table in memory | staff and merchants; up to some millions of accounts |
/// | [`carried`](Self::carried) | the principal itself | sessions that hold the roles of the account |
/// | [`looked_up`](Self::looked_up) | a look-up before each request | anything else |
///
/// Only one of them counts, so that a role in an old token does not survive what the table says. Beside it everybody has
/// the roles of their [kind](crate::PolicyBuilder::add_kind).
#[derive(Clone)]
pub struct Authority {
    shared: Arc<Shared>,
    recorder: Recorder,
    now: Now,
}

struct Shared {
    current: ArcSwap<Snapshot>,
    /// The list behind the table. Whoever changes something holds this lock; whoever asks does not.
    assignments: Mutex<Assignments>,
    /// Look-ups and conditions: they fail and work again.
    health: ControlHealth,
    /// The program and its data: what is wrong with them stays wrong until the rules change, and is told once.
    faults: ControlHealth,
}

impl Authority {
    /// Roles come from the principal.
    ///
    /// # Security
    /// Whoever makes principals must read roles from the server's own records, and again when they change. For tokens that
    /// live for long, prefer one of the others.
    #[must_use]
    pub fn carried(policy: Policy) -> Self {
        Self::new(policy, Roles::Carried, Assignments::new())
    }

    /// Roles are looked up for each request and come as a [`Found`](crate::Found), see [`FindRoles`](crate::FindRoles).
    #[must_use]
    pub fn looked_up(policy: Policy) -> Self {
        Self::new(policy, Roles::Found, Assignments::new())
    }

    /// Roles come from a table in memory.
    ///
    /// # Errors
    /// [`ConfigError`] for a role that the policy does not know, and for an account that holds two roles in conflict.
    pub fn assigned(policy: Policy, assignments: Assignments) -> Result<Self, ConfigError> {
        let roles = Roles::linked(Arc::new(Table::of(&assignments)?), &policy)?;
        Ok(Self::new(policy, roles, assignments))
    }

    fn new(policy: Policy, roles: Roles, assignments: Assignments) -> Self {
        let clock = SystemClock::new();
        let snapshot = Snapshot {
            version: 1,
            policy: Arc::new(policy),
            roles,
        };
        Self {
            shared: Arc::new(Shared {
                current: ArcSwap::from_pointee(snapshot),
                assignments: Mutex::new(assignments),
                health: ControlHealth::new("authorization"),
                faults: ControlHealth::new("authorization rules"),
            }),
            recorder: Recorder::default(),
            now: Arc::new(move || clock.now()),
        }
    }

    /// Tells of denials, failures and changes through `recorder`.
    #[must_use]
    pub fn with_recorder(mut self, recorder: Recorder) -> Self {
        self.recorder = recorder;
        self
    }

    /// Reads the time from `clock`, where a rule asks how old a proof is.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.now = Arc::new(move || clock.now());
        self
    }

    /// The rules and assignments as they are now.
    #[must_use]
    #[inline]
    pub fn current(&self) -> Current<'_> {
        Current {
            snapshot: self.shared.current.load(),
            now: &self.now,
        }
    }

    /// The version: it grows with every change.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.shared.current.load().version
    }

    /// Replaces the policy. The next question is answered by the new one.
    ///
    /// # Errors
    /// [`ConfigError`] where it is about another vocabulary, or does not fit the assignments; then the old one stays.
    pub fn reload(&self, policy: Policy) -> Result<(), ConfigError> {
        let _writing = self.writing();
        let current = self.shared.current.load_full();
        if !policy.vocabulary().is(current.policy.vocabulary()) {
            return Err(ConfigError::new(
                "policy",
                "it is about another vocabulary than the one in force",
            ));
        }
        let roles = current.roles.under(&policy)?;
        self.replace(&current, Arc::new(policy), roles);
        Ok(())
    }

    /// Replaces all assignments. The next question is answered by the new ones.
    ///
    /// # Errors
    /// As for [`assigned`](Self::assigned), and where roles do not come from a table; then the old ones stay.
    pub fn assign(&self, assignments: Assignments) -> Result<(), ConfigError> {
        self.replace_assignments(&mut self.writing(), assignments)
    }

    /// Changes some assignments: `change` gets a copy, which then replaces all.
    ///
    /// # Errors
    /// As for [`assign`](Self::assign).
    pub fn change(&self, change: impl FnOnce(&mut Assignments)) -> Result<(), ConfigError> {
        let mut writing = self.writing();
        let mut assignments = writing.clone();
        change(&mut assignments);
        self.replace_assignments(&mut writing, assignments)
    }

    fn replace_assignments(&self, kept: &mut Assignments, new: Assignments) -> Result<(), ConfigError> {
        let current = self.shared.current.load_full();
        if !matches!(current.roles, Roles::Table(..)) {
            return Err(ConfigError::new(
                "assignments",
                "the roles of this authority do not come from a table",
            ));
        }
        let roles = Roles::linked(Arc::new(Table::of(&new)?), &current.policy)?;
        *kept = new;
        self.replace(&current, Arc::clone(&current.policy), roles);
        Ok(())
    }

    fn replace(&self, before: &Snapshot, policy: Arc<Policy>, roles: Roles) {
        let version = before.version.saturating_add(1);
        self.shared.current.store(Arc::new(Snapshot {
            version,
            policy,
            roles,
        }));
        self.recorder.record(&Event::new(SecurityEvent::AuthzChange));
        self.shared.faults.works(&self.recorder);
    }

    /// The list is replaced in one step that cannot panic, so a poisoned lock still guards a whole one.
    fn writing(&self) -> MutexGuard<'_, Assignments> {
        self.shared
            .assignments
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority")
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}
