//! The decision. The numbers are those of the README's list.
use palisade_core::Tenant;

use super::{Holdings, Limits, Reach, Sets, Spot};
use crate::assignments::Roster;
use crate::bits::{Bit, Word};
use crate::decision::{Decision, HeldAs, Reason};
use crate::policy::CompiledRole;
use crate::role_set::RoleSet;
use crate::{Permission, Place, Verdict};

impl<'a> Holdings<'a> {
    /// Decides about one permission in one place. Conditions of an action are not part of it.
    #[inline]
    pub fn decide(&'a self, permission: Permission, place: &Place<'a>) -> Decision<'a> {
        let reason = self.settle(permission, place, || Verdict::Holds);
        Decision::new(reason, permission, *place, self)
    }

    /// All steps, with the action's condition between the rules and the proof.
    #[inline]
    pub(crate) fn settle(
        &self,
        permission: Permission,
        place: &Place<'_>,
        condition: impl FnOnce() -> Verdict,
    ) -> Reason {
        let reason = self.granted(permission, place);
        if !reason.allows() {
            return reason;
        }
        match condition() {
            Verdict::Holds => self.fresh(permission, reason),
            Verdict::Fails => Reason::ConditionFails,
            Verdict::Unknown => Reason::ConditionUnknown,
        }
    }

    /// Steps 1 to 10, for an object.
    #[inline]
    pub(crate) fn granted(&self, permission: Permission, place: &Place<'_>) -> Reason {
        let Some(bit) = self.policy.bit(permission) else {
            return Reason::UnknownPermission;
        };
        let (word, refused) = self.limits(bit, Spot::of(place.tenant));
        if let Some(refused) = refused {
            return refused;
        }
        let reason = if word.all & bit.mask != 0 {
            Reason::Granted
        } else if word.own & bit.mask == 0 {
            return Reason::NoRule;
        } else if place.owner == Some(self.principal.subject()) {
            Reason::GrantedToOwner
        } else {
            return Reason::NotOwner;
        };
        if self.policy.needs_four_eyes(bit) {
            return self.four_eyes(place, reason);
        }
        reason
    }

    /// What the roles say at a spot, and a refusal that no grant changes: steps 3 to 8.
    #[inline]
    fn limits(&self, bit: Bit, spot: Spot<'_>) -> (Word, Option<Reason>) {
        let word = self.word(bit.word, spot);
        let refused = match self.limits {
            Limits::None if word.deny & bit.mask == 0 => None,
            Limits::None => Some(Reason::ExplicitDeny),
            Limits::Some | Limits::Conflict => self.refused(bit, spot, word),
        };
        (word, refused)
    }

    fn refused(&self, bit: Bit, spot: Spot<'_>, word: Word) -> Option<Reason> {
        if self.is_bound_elsewhere(spot) {
            Some(Reason::OtherTenant)
        } else if self.has_conflict() {
            Some(Reason::Conflict)
        } else if word.deny & bit.mask != 0 {
            Some(Reason::ExplicitDeny)
        } else if self.principal.actor().is_some() && !self.policy.may_be_impersonated(bit) {
            Some(Reason::Impersonated)
        } else if self.principal.is_scoped() && !self.is_in_scope(bit) {
            Some(Reason::OutOfScope)
        } else {
            None
        }
    }

    fn is_in_scope(&self, bit: Bit) -> bool {
        self.principal
            .scopes()
            .any(|scope| self.policy.scope_covers(scope, bit))
    }

    /// Step 10: neither the account nor whoever acts for it has proposed it.
    fn four_eyes(&self, place: &Place<'_>, granted: Reason) -> Reason {
        let own = |proposer| {
            let principal = self.principal;
            proposer == principal.subject() || principal.actor() == Some(proposer)
        };
        match place.proposer {
            None => Reason::ProposerUnknown,
            Some(proposer) if own(proposer) => Reason::OwnProposal,
            Some(_) => granted,
        }
    }

    /// Step 12: the clock is read only where a rule asks for it.
    #[inline]
    fn fresh(&self, permission: Permission, granted: Reason) -> Reason {
        if self.policy.needs_fresh(Bit::of(permission.index())) {
            return self.proof(permission, granted);
        }
        granted
    }

    fn proof(&self, permission: Permission, granted: Reason) -> Reason {
        let rule = self.policy.fresh(permission);
        if rule.is_some_and(|rule| rule.is_met(self.principal, (self.now)())) {
            granted
        } else {
            Reason::NotFresh
        }
    }

    /// Whether the permission can be used on anything at all, or on anything in `tenant`: the question of a route, which
    /// does not know its object yet.
    pub(crate) fn anywhere(&self, permission: Permission, tenant: Option<&Tenant>) -> Reason {
        let Some(bit) = self.policy.bit(permission) else {
            return Reason::UnknownPermission;
        };
        let reason = match tenant {
            Some(tenant) => self.somehow(bit, Spot::Tenant(tenant)),
            None => self.best(bit),
        };
        if reason.allows() {
            self.fresh(permission, reason)
        } else {
            reason
        }
    }

    fn best(&self, bit: Bit) -> Reason {
        let mut best = Reason::NoRule;
        for spot in self.spots() {
            let reason = self.somehow(bit, spot);
            if reason.allows() {
                return reason;
            }
            best = if reason == Reason::NoRule { best } else { reason };
        }
        best
    }

    /// Whether something at this spot can be reached, be it only one's own.
    pub(crate) fn somehow(&self, bit: Bit, spot: Spot<'_>) -> Reason {
        let (word, refused) = self.limits(bit, spot);
        match refused {
            Some(refused) => refused,
            None if word.all & bit.mask != 0 => Reason::Granted,
            None if word.own & bit.mask != 0 => Reason::GrantedToOwner,
            None => Reason::NoRule,
        }
    }

    /// Whether a role is held at a spot, by itself or through another.
    pub(crate) fn has_role(&self, role: u16, spot: Spot<'_>) -> bool {
        let has = |(held, _): (&CompiledRole, HeldAs)| held.closure.has(role);
        !self.is_bound_elsewhere(spot) && self.roles_at(spot).any(has)
    }

    /// Whether any role is held at a spot.
    pub(crate) fn holds_any(&self, spot: Spot<'_>) -> bool {
        !self.is_bound_elsewhere(spot) && self.roles_at(spot).next().is_some()
    }

    /// Whether the roles that are held exclude each other.
    pub(crate) const fn has_conflict(&self) -> bool {
        matches!(self.limits, Limits::Conflict)
    }

    /// The role that decided, as it was assigned.
    pub(crate) fn deciding_role(
        &self,
        reason: Reason,
        permission: Permission,
        place: &Place<'_>,
    ) -> Option<(&'a str, HeldAs)> {
        let part: fn(&Word) -> u64 = if reason == Reason::ExplicitDeny {
            |word| word.deny
        } else if reason == Reason::Granted {
            |word| word.all
        } else if matches!(reason, Reason::GrantedToOwner | Reason::NotOwner) {
            |word| word.own
        } else {
            return None;
        };
        let bit = self.policy.bit(permission)?;
        let says = |role: &CompiledRole| {
            role.words
                .get(bit.word)
                .is_some_and(|word| part(word) & bit.mask != 0)
        };
        let mut roles = self.roles_at(Spot::of(place.tenant));
        let (role, held) = roles.find(|(role, _)| says(role))?;
        Some((&role.name, held))
    }

    /// The roles that reach a spot, as they were assigned.
    fn roles_at<'s>(
        &'s self,
        spot: Spot<'s>,
    ) -> impl Iterator<Item = (&'a CompiledRole, HeldAs)> + use<'a, 's> {
        let without_tenant = match spot {
            Spot::Platform => Reach::Here,
            Spot::Tenant(_) | Spot::Elsewhere => Reach::Everywhere,
        };
        let kind = self.policy.kind(self.principal.kind()).direct();
        let (platform, tenant) = self.profile_roles(spot);
        let carried_as = self
            .principal
            .tenant()
            .map_or(HeldAs::Platform, |_| HeldAs::Tenant);
        let all = [
            (kind, without_tenant, HeldAs::Kind),
            (platform, without_tenant, HeldAs::Platform),
            (tenant, Reach::Here, HeldAs::Tenant),
            (self.carried_roles(), self.carried_reach(spot), carried_as),
        ];
        let policy = self.policy;
        all.into_iter().flat_map(move |(indices, reach, held)| {
            let roles = indices.iter().filter_map(move |index| policy.role_at(*index));
            roles
                .filter(move |role| reach.counts(role))
                .map(move |role| (role, held))
        })
    }

    fn carried_roles(&self) -> &[u16] {
        match &self.sets {
            Sets::Carried(carried) => carried.indices(),
            Sets::Nothing | Sets::Table(..) | Sets::Found(_) => &[],
        }
    }

    /// The roles of a profile without a tenant, and those in the spot's tenant.
    fn profile_roles(&self, spot: Spot<'_>) -> (&[u16], &[u16]) {
        let (profile, roster, sets): (_, &Roster, &[RoleSet]) = match &self.sets {
            Sets::Nothing | Sets::Carried(_) => return (&[], &[]),
            Sets::Table(profile, roster, sets) => (Some(*profile), roster, sets),
            Sets::Found(found) => (found.0.profile(0), &found.0, &found.1),
        };
        let platform = profile.and_then(|profile| profile.platform(sets));
        let tenant = match spot {
            Spot::Tenant(tenant) => profile.and_then(|profile| profile.in_tenant(tenant, roster, sets)),
            Spot::Platform | Spot::Elsewhere => None,
        };
        (
            platform.map_or(&[], RoleSet::direct),
            tenant.map_or(&[], RoleSet::direct),
        )
    }
}
