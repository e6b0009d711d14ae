//! Assignments, each different one once.
use std::collections::HashMap;
use std::mem;

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
#[derive(Debug)]
pub(crate) struct Profile {
    platform: Option<u32>,
    tenants: Box<[(u32, u32)]>,
}

/// Fills a roster. Nothing is allocated for an account that holds what another one holds.
#[derive(Default)]
pub(super) struct RosterBuilder {
    roster: Roster,
    roles: HashMap<Box<str>, u32>,
    tenants: HashMap<Tenant, u32>,
    /// Sets, as the numbers of their roles.
    sets: HashMap<Box<[u32]>, u32>,
    /// Profiles: the set without a tenant (from 1, or 0), then tenants and sets in turn.
    profiles: HashMap<Box<[u32]>, u32>,
    /// Room for the set and the profile in hand.
    hand: (Vec<u32>, Vec<u32>),
}

impl RosterBuilder {
    /// The number of the profile of who holds this.
    pub(super) fn profile(&mut self, held: &Held) -> Result<u32, ConfigError> {
        let mut profile = mem::take(&mut self.hand.1);
        profile.clear();
        profile.push(0);
        for here in held.0.chunk_by(|(one, _), (other, _)| one == other) {
            let set = self.set(here)?;
            match here.first() {
                Some((Some(tenant), _)) => profile.extend([self.tenant(tenant)?, set]),
                _ => profile
                    .iter_mut()
                    .take(1)
                    .for_each(|first| *first = set.saturating_add(1)),
            }
        }
        let known = self.profiles.get(&*profile).copied();
        let number = known.map_or_else(|| self.new_profile(&profile), Ok);
        self.hand.1 = profile;
        number
    }

    fn new_profile(&mut self, profile: &[u32]) -> Result<u32, ConfigError> {
        self.roster.profiles.push(Profile::of(profile));
        let number = count(self.roster.profiles.len())?;
        self.profiles.insert(profile.into(), number);
        Ok(number)
    }

    pub(super) fn finish(self) -> Roster {
        self.roster
    }

    fn set(&mut self, held: &[(Option<Tenant>, Box<str>)]) -> Result<u32, ConfigError> {
        let mut set = mem::take(&mut self.hand.0);
        set.clear();
        for (_, role) in held {
            set.push(self.role(role)?);
        }
        let known = self.sets.get(&*set).copied();
        let number = known.map_or_else(|| self.new_set(&set, held), Ok);
        self.hand.0 = set;
        number
    }

    fn new_set(&mut self, set: &[u32], held: &[(Option<Tenant>, Box<str>)]) -> Result<u32, ConfigError> {
        let names = held.iter().map(|(_, role)| role.clone());
        self.roster.sets.push(names.collect());
        let number = count(self.roster.sets.len())?;
        self.sets.insert(set.into(), number);
        Ok(number)
    }

    fn role(&mut self, role: &str) -> Result<u32, ConfigError> {
        if let Some(number) = self.roles.get(role) {
            return Ok(*number);
        }
        let number = count(self.roles.len().saturating_add(1))?;
        self.roles.insert(role.into(), number);
        Ok(number)
    }

    fn tenant(&mut self, tenant: &Tenant) -> Result<u32, ConfigError> {
        if let Some(number) = self.tenants.get(tenant) {
            return Ok(*number);
        }
        self.roster.tenants.push(tenant.clone());
        let number = count(self.roster.tenants.len())?;
        self.tenants.insert(tenant.clone(), number);
        Ok(number)
    }
}

/// The number of the last of so many: its place in the list.
fn count(len: usize) -> Result<u32, ConfigError> {
    let number = u32::try_from(len).ok().and_then(|len| len.checked_sub(1));
    number.ok_or_else(|| ConfigError::new("assignments", "too many different assignments"))
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
    /// From the numbers in hand.
    fn of(hand: &[u32]) -> Self {
        let (platform, tenants) = hand.split_first().unwrap_or((&0, &[]));
        let (pairs, _) = tenants.as_chunks::<2>();
        Self {
            platform: platform.checked_sub(1),
            tenants: pairs.iter().map(|[tenant, set]| (*tenant, *set)).collect(),
        }
    }

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
