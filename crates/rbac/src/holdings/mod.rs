//! What a principal holds, and what follows from it.
mod carried;
mod decide;
mod spot;

use std::fmt;

use palisade_core::{Principal, Tenant, Timestamp};

pub(crate) use carried::Carried;
pub(crate) use spot::Spot;

use crate::assignments::{Profile, Roster};
use crate::bits::Word;
use crate::policy::{CompiledRole, Policy};
use crate::role_set::{Reaching, RoleSet};

/// What one principal holds under one state of the policy: with this at hand, a decision is a few operations on words.
///
/// Made by [`Current::holdings`](crate::Current::holdings). Do not keep it: what is decided by it is not changed by a reload.
pub struct Holdings<'a> {
    policy: &'a Policy,
    principal: &'a Principal,
    /// What everybody of the kind holds.
    kind: &'a [Reaching],
    /// What the table says is held without a tenant.
    platform: &'a [Reaching],
    sets: Sets<'a>,
    limits: Limits,
    now: &'a (dyn Fn() -> Timestamp + Send + Sync),
}

/// Whether anything but roles limits the principal. Asked once, since for most principals nothing does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limits {
    None,
    /// It acts for a tenant, on behalf of somebody, or within scopes.
    Some,
    /// Its roles exclude each other.
    Conflict,
}

/// Where the roles come from.
pub(crate) enum Sets<'a> {
    /// Nothing beside what everybody of the kind has.
    Nothing,
    /// What the principal carries.
    Carried(Carried),
    /// What the table of assignments says.
    Table(&'a Profile, &'a Roster, &'a [RoleSet]),
    /// What was looked up for this principal.
    Found(Box<(Roster, Box<[RoleSet]>)>),
}

impl<'a> Holdings<'a> {
    #[inline]
    pub(crate) fn new(
        policy: &'a Policy,
        principal: &'a Principal,
        sets: Sets<'a>,
        now: &'a (dyn Fn() -> Timestamp + Send + Sync),
    ) -> Self {
        let conflict = match &sets {
            Sets::Carried(carried) => policy.has_conflicts() && carried.in_conflict(policy),
            Sets::Found(found) => found.0.in_conflict(policy, &found.1),
            // A table with a conflict is refused when it is loaded.
            Sets::Nothing | Sets::Table(..) => false,
        };
        let platform = match &sets {
            Sets::Table(profile, _, sets) => profile.platform(sets).map_or(&[][..], RoleSet::words),
            Sets::Nothing | Sets::Carried(_) | Sets::Found(_) => &[],
        };
        let limited = principal.tenant().is_some() || principal.actor().is_some() || principal.is_scoped();
        Self {
            policy,
            principal,
            kind: policy.kind(principal.kind()).words(),
            platform,
            sets,
            limits: match (conflict, limited) {
                (true, _) => Limits::Conflict,
                (false, true) => Limits::Some,
                (false, false) => Limits::None,
            },
            now,
        }
    }

    /// Whose they are.
    #[must_use]
    pub const fn principal(&self) -> &'a Principal {
        self.principal
    }

    pub(crate) const fn policy(&self) -> &'a Policy {
        self.policy
    }

    /// What all roles that reach the spot say about the permissions of one word.
    #[inline]
    fn word(&self, index: usize, spot: Spot<'_>) -> Word {
        let word = at(self.kind, index, spot).and(at(self.platform, index, spot));
        match (&self.sets, spot) {
            (Sets::Nothing, _) | (Sets::Table(..), Spot::Platform | Spot::Elsewhere) => word,
            (Sets::Table(profile, roster, sets), Spot::Tenant(tenant)) => {
                let here = profile.in_tenant(tenant, roster, sets);
                word.and(here.map_or(Word::default(), |set| at(set.words(), index, Spot::Platform)))
            }
            (Sets::Carried(carried), _) => {
                word.and(carried.word(self.policy, index, self.carried_reach(spot)))
            }
            (Sets::Found(found), _) => word.and(found_word(found, index, spot)),
        }
    }

    /// How what the principal carries reaches a spot: it is held in the principal's tenant, or without one.
    #[inline]
    fn carried_reach(&self, spot: Spot<'_>) -> Reach {
        match (self.principal.tenant(), spot) {
            (None, Spot::Platform) => Reach::Here,
            (None, Spot::Tenant(_) | Spot::Elsewhere) => Reach::Everywhere,
            (Some(held), Spot::Tenant(asked)) if held == asked => Reach::Here,
            (Some(_), _) => Reach::Not,
        }
    }

    /// Whether a principal that acts for a tenant is asked about another one.
    #[inline]
    fn is_bound_elsewhere(&self, spot: Spot<'_>) -> bool {
        match (self.principal.tenant(), spot) {
            (None, _) | (Some(_), Spot::Platform) => false,
            (Some(bound), Spot::Tenant(asked)) => bound != asked,
            (Some(_), Spot::Elsewhere) => true,
        }
    }

    /// All spots that differ for this principal: the platform, every tenant in which it holds something, and all others.
    pub(crate) fn spots(&self) -> impl Iterator<Item = Spot<'_>> {
        let bound = self.principal.tenant();
        let rest = bound.map_or(Spot::Elsewhere, Spot::Tenant);
        let held = self.tenants().filter(move |_| bound.is_none());
        [Spot::Platform, rest].into_iter().chain(held.map(Spot::Tenant))
    }

    fn tenants(&self) -> impl Iterator<Item = &Tenant> {
        let known = match &self.sets {
            Sets::Nothing | Sets::Carried(_) => None,
            Sets::Table(profile, roster, _) => Some((*profile, *roster)),
            Sets::Found(found) => found.0.profile(0).map(|profile| (profile, &found.0)),
        };
        let all = known.map(|(profile, roster)| profile.tenants().filter_map(|number| roster.tenant(number)));
        all.into_iter().flatten()
    }
}

/// How a role reaches a spot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// It is held there.
    Here,
    /// It is held without a tenant: there it counts if it reaches everywhere.
    Everywhere,
    /// Not at all.
    Not,
}

impl Reach {
    /// Whether a role counts.
    #[inline]
    const fn counts(self, role: &CompiledRole) -> bool {
        match self {
            Self::Here => true,
            Self::Everywhere => role.everywhere,
            Self::Not => false,
        }
    }
}

/// What a set that is held without a tenant says at a spot.
#[inline]
fn at(words: &[Reaching], index: usize, spot: Spot<'_>) -> Word {
    words.get(index).map_or(Word::default(), |word| match spot {
        Spot::Platform => word.here,
        Spot::Tenant(_) | Spot::Elsewhere => word.everywhere,
    })
}

fn found_word((roster, sets): &(Roster, Box<[RoleSet]>), index: usize, spot: Spot<'_>) -> Word {
    let Some(profile) = roster.profile(0) else {
        return Word::default();
    };
    let platform = profile
        .platform(sets)
        .map_or(Word::default(), |set| at(set.words(), index, spot));
    let here = match spot {
        Spot::Tenant(tenant) => profile.in_tenant(tenant, roster, sets),
        Spot::Platform | Spot::Elsewhere => None,
    };
    // A set that is held in the tenant says there what one without says on the platform.
    platform.and(here.map_or(Word::default(), |set| at(set.words(), index, Spot::Platform)))
}

impl fmt::Debug for Holdings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Holdings")
            .field("principal", self.principal)
            .finish_non_exhaustive()
    }
}
