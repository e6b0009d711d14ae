//! One state of policy and assignments.
use std::fmt;
use std::sync::Arc;

use arc_swap::Guard;
use palisade_core::{ConfigError, Timestamp};

use super::Who;
use crate::assignments::{Roster, Table};
use crate::decision::Reason;
use crate::holdings::{Carried, Holdings, Sets};
use crate::policy::Policy;
use crate::role_set::RoleSet;

pub(super) type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// A policy, and where roles come from: replaced as a whole, so that no decision sees half of a change.
pub(super) struct Snapshot {
    pub(super) version: u64,
    pub(super) policy: Arc<Policy>,
    pub(super) roles: Roles,
}

/// Where the roles of a principal come from.
#[derive(Clone)]
pub(super) enum Roles {
    /// The principal carries them.
    Carried,
    /// They are looked up for each request.
    Found,
    /// A table in memory, with its sets compiled.
    Table(Arc<Table>, Arc<[RoleSet]>),
}

impl Roles {
    /// The table, compiled against a policy.
    pub(super) fn linked(table: Arc<Table>, policy: &Policy) -> Result<Self, ConfigError> {
        let unknown = |role: &str| policy.known_role("assignments", role).map(|_| ());
        let sets = table.roster.link(policy, unknown)?;
        if table.roster.in_conflict(policy, &sets) {
            let text = "an account holds two roles in one place that are in conflict";
            return Err(ConfigError::new("assignments", text));
        }
        Ok(Self::Table(table, sets.into()))
    }

    /// The same, under another policy.
    pub(super) fn under(&self, policy: &Policy) -> Result<Self, ConfigError> {
        match self {
            Self::Carried => Ok(Self::Carried),
            Self::Found => Ok(Self::Found),
            Self::Table(table, _) => Self::linked(Arc::clone(table), policy),
        }
    }
}

/// The state of an [`Authority`](super::Authority) at one moment: all that is decided with it is decided by one version.
///
/// It is cheap to take and holds no lock. Do not keep it across an await or for longer than a request: a change would not
/// be seen.
pub struct Current<'a> {
    pub(super) snapshot: Guard<Arc<Snapshot>>,
    pub(super) now: &'a Now,
}

impl Current<'_> {
    /// The version: it grows with every change of policy or assignments.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.snapshot.version
    }

    /// The policy.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.snapshot.policy
    }

    /// What a principal holds.
    ///
    /// # Errors
    /// The reason why it cannot be told; its outcome is [`Undecided`](crate::Outcome::Undecided).
    #[inline]
    pub fn holdings<'w>(&'w self, who: impl Into<Who<'w>>) -> Result<Holdings<'w>, Reason> {
        self.snapshot.holdings(who.into(), &**self.now)
    }
}

impl Snapshot {
    #[inline]
    pub(super) fn holdings<'a>(
        &'a self,
        who: Who<'a>,
        now: &'a (dyn Fn() -> Timestamp + Send + Sync),
    ) -> Result<Holdings<'a>, Reason> {
        let sets = match &self.roles {
            Roles::Carried => {
                let carried = Carried::of(who.principal, &self.policy);
                Sets::Carried(carried.ok_or(Reason::TooManyRoles)?)
            }
            Roles::Table(table, sets) => {
                let profile = table.profile(who.principal.subject());
                profile.map_or(Sets::Nothing, |profile| Sets::Table(profile, &table.roster, sets))
            }
            Roles::Found => self.found(who)?,
        };
        Ok(Holdings::new(&self.policy, who.principal, sets, now))
    }

    fn found(&self, who: Who<'_>) -> Result<Sets<'static>, Reason> {
        let found = who.found.ok_or(Reason::LookupMissing)?;
        let held = found.held().ok_or(Reason::LookupFailed)?;
        let roster = Roster::single(held).map_err(|_| Reason::TooManyRoles)?;
        let linked = roster.link(&self.policy, |_| Ok(()));
        let sets = linked.map_err(|_| Reason::TooManyRoles)?;
        Ok(Sets::Found(Box::new((roster, sets))))
    }
}

impl fmt::Debug for Current<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Current")
            .field("version", &self.version())
            .finish_non_exhaustive()
    }
}
