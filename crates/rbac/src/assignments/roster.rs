//! Assignments, each different one once.
use std::collections::HashMap;

use palisade_core::{ConfigError, Tenant};

use super::Held;
use crate::bits::RoleBits;
use crate::policy::Policy;
use crate::role_set::RoleSet;

/// What accounts hold, without saying which accounts: each different combination once. It knows names and no policy, so it
/// stays when the policy is replaced.
#[derive(Debug, Default)]
pub(crate) struct Roster {
    tenants: Vec<Tenant>,
    sets: Vec<Box<[Box<str>]>>,
    profiles: Vec<Profile>,
}

/// What an account holds: a set of roles without a tenant, and one in each of some tenants, in the order of their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Profile {
    platform: Option<u32>,
    tenants: Box<[(u32, u32)]>,
}

/// Fills a roster.
#[derive(Default)]
pub(super) struct RosterBuilder {
    roster: Roster,
    tenants: HashMap<Tenant, u32>,
    sets: HashMap<Box<[Box<str>]>, u32>,
    profiles: HashMap<Profile, u32>,
}

impl RosterBuilder {
    /// The number of the profile of who holds this.
    pub(super) fn profile(&mut self, held: &Held) -> Result<u32, ConfigError> {
        let mut profile = Profile::default();
        let mut tenants = Vec::new();
        for here in held.0.chunk_by(|(one, _), (other, _)| one == other) {
            let set = self.set(here)?;
            match here.first() {
                Some((Some(tenant), _)) => tenants.push((self.tenant(tenant)?, set)),
                _ => profile.platform = Some(set),
            }
        }
        profile.tenants = tenants.into();
        intern(&mut self.profiles, &mut self.roster.profiles, profile)
    }

    pub(super) fn finish(self) -> Roster {
        self.roster
    }

    fn set(&mut self, held: &[(Option<Tenant>, Box<str>)]) -> Result<u32, ConfigError> {
        let roles: Box<[Box<str>]> = held.iter().map(|(_, role)| role.clone()).collect();
        intern(&mut self.sets, &mut self.roster.sets, roles)
    }

    fn tenant(&mut self, tenant: &Tenant) -> Result<u32, ConfigError> {
        intern(&mut self.tenants, &mut self.roster.tenants, tenant.clone())
    }
}

/// The number of a value, which is its place in the list.
fn intern<T: Clone + Eq + std::hash::Hash>(
    known: &mut HashMap<T, u32>,
    list: &mut Vec<T>,
    value: T,
) -> Result<u32, ConfigError> {
    if let Some(number) = known.get(&value) {
        return Ok(*number);
    }
    let many = |_| ConfigError::new("assignments", "too many different assignments");
    let number = u32::try_from(list.len()).map_err(many)?;
    list.push(value.clone());
    known.insert(value, number);
    Ok(number)
}

impl Roster {
    /// The roster of one account, with its only profile.
    pub(crate) fn single(held: &Held) -> Result<Self, ConfigError> {
        let mut builder = RosterBuilder::default();
        builder.profile(held)?;
        Ok(builder.finish())
    }

    pub(crate) fn profile(&self, number: u32) -> Option<&Profile> {
        self.profiles.get(usize::try_from(number).ok()?)
    }

    /// Compiles the sets against a policy. Roles that it does not know are handed to `unknown`, which may refuse them.
    pub(crate) fn link(
        &self,
        policy: &Policy,
        unknown: impl Fn(&str) -> Result<(), ConfigError>,
    ) -> Result<Box<[RoleSet]>, ConfigError> {
        let mut sets = Vec::with_capacity(self.sets.len());
        for names in &self.sets {
            let mut indices = Vec::with_capacity(names.len());
            for name in names {
                match policy.role(name) {
                    Some(index) => indices.push(index),
                    None => unknown(name)?,
                }
            }
            sets.push(RoleSet::of(indices, policy.compiled_roles()));
        }
        Ok(sets.into())
    }

    /// Whether somebody holds two roles in one place that are in conflict.
    pub(crate) fn in_conflict(&self, policy: &Policy, sets: &[RoleSet]) -> bool {
        policy.has_conflicts()
            && self
                .profiles
                .iter()
                .any(|profile| profile.in_conflict(policy, sets))
    }

    #[inline]
    pub(crate) fn tenant(&self, number: u32) -> Option<&Tenant> {
        self.tenants.get(usize::try_from(number).ok()?)
    }
}

impl Profile {
    /// The set that is held without a tenant.
    #[inline]
    pub(crate) fn platform<'s>(&self, sets: &'s [RoleSet]) -> Option<&'s RoleSet> {
        set(sets, self.platform?)
    }

    /// The set that is held in a tenant.
    #[inline]
    pub(crate) fn in_tenant<'s>(
        &self,
        tenant: &Tenant,
        roster: &Roster,
        sets: &'s [RoleSet],
    ) -> Option<&'s RoleSet> {
        let by_name = |(number, _): &(u32, u32)| roster.tenant(*number).cmp(&Some(tenant));
        let found = self.tenants.binary_search_by(by_name).ok()?;
        set(sets, self.tenants.get(found)?.1)
    }

    /// The numbers of all tenants in which something is held.
    pub(crate) fn tenants(&self) -> impl Iterator<Item = u32> {
        self.tenants.iter().map(|(tenant, _)| *tenant)
    }

    fn in_conflict(&self, policy: &Policy, sets: &[RoleSet]) -> bool {
        let platform = self.platform(sets);
        let everywhere = platform.map_or(RoleBits::default(), |set| set.everywhere);
        let together = |(_, number): &(u32, u32)| {
            let mut held = set(sets, *number).map_or(RoleBits::default(), |set| set.here);
            held.add_all(&everywhere);
            policy.in_conflict(&held)
        };
        platform.is_some_and(|set| policy.in_conflict(&set.here)) || self.tenants.iter().any(together)
    }
}

#[inline]
fn set(sets: &[RoleSet], number: u32) -> Option<&RoleSet> {
    sets.get(usize::try_from(number).ok()?)
}
