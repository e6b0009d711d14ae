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
use crate::role_set::RoleSet;

/// What one principal holds under one state of the policy: with this at hand, a decision is a few operations on words.
///
/// Made by [`Current::holdings`](crate::Current::holdings). Do not keep it: what is decided by it is not changed by a reload.
pub struct Holdings<'a> {
    policy: &'a Policy,
    principal: &'a Principal,
    sets: Sets<'a>,
    conflict: bool,
    now: &'a (dyn Fn() -> Timestamp + Send + Sync),
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
        Self {
            policy,
            principal,
            sets,
            conflict,
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
        let kind = self.policy.kind(self.principal.kind());
        let word = match spot {
            Spot::Platform => kind.here(index),
            Spot::Tenant(_) | Spot::Elsewhere => kind.everywhere(index),
        };
        match &self.sets {
            Sets::Nothing => word,
            Sets::Carried(carried) => word.and(carried.word(self.policy, index, self.carried_reach(spot))),
            Sets::Table(profile, roster, sets) => {
                word.and(profile_word(profile, roster, sets, (index, spot)))
            }
            Sets::Found(found) => {
                let (roster, sets) = &**found;
                let profile = roster.profile(0);
                profile.map_or(word, |profile| {
                    word.and(profile_word(profile, roster, sets, (index, spot)))
                })
            }
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

#[inline]
fn profile_word(
    profile: &Profile,
    roster: &Roster,
    sets: &[RoleSet],
    (index, spot): (usize, Spot<'_>),
) -> Word {
    let platform = profile.platform(sets);
    let here = |set: Option<&RoleSet>| set.map_or(Word::default(), |set| set.here(index));
    let everywhere = |set: Option<&RoleSet>| set.map_or(Word::default(), |set| set.everywhere(index));
    match spot {
        Spot::Platform => here(platform),
        Spot::Elsewhere => everywhere(platform),
        Spot::Tenant(tenant) => everywhere(platform).and(here(profile.in_tenant(tenant, roster, sets))),
    }
}

impl fmt::Debug for Holdings<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Holdings")
            .field("principal", self.principal)
            .finish_non_exhaustive()
    }
}
