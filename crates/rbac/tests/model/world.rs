//! Policies and questions, drawn at random.
use std::time::Duration;

use palisade_core::{Clock, ConfigError, Factor, FakeClock, Principal, PrincipalKind, Subject, Tenant};
use palisade_rbac::{Assignments, Authority, Found, Held, Policy, RequireFresh, Resource, Vocabulary};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

pub(crate) const SHOP: Vocabulary = Vocabulary::new(&["order:read", "order:edit", "user:read", "user:edit"]);
pub(crate) const PATTERNS: [&str; 9] = [
    "order:read",
    "order:edit",
    "user:read",
    "user:edit",
    "order:*",
    "user:*",
    "*:read",
    "*:edit",
    "*:*",
];
pub(crate) const TENANTS: [&str; 3] = ["north", "south", "west"];
pub(crate) const PEOPLE: [&str; 3] = ["ada", "bob", "mel"];
pub(crate) const ROLES: usize = 5;
pub(crate) const MINUTE: Duration = Duration::from_secs(60);

#[derive(Clone, Debug, Default)]
pub(crate) struct Role {
    pub(crate) everywhere: bool,
    /// Roles with a higher number only, so that there is no circle.
    pub(crate) inherits: Vec<usize>,
    pub(crate) allow: Vec<String>,
    pub(crate) own: Vec<String>,
    pub(crate) deny: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(crate) roles: Vec<Role>,
    pub(crate) kind: Vec<usize>,
    pub(crate) conflicts: Vec<Vec<usize>>,
    pub(crate) scopes: Vec<Vec<String>>,
    pub(crate) impersonation: Vec<String>,
    pub(crate) four_eyes: Vec<String>,
    pub(crate) fresh: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) subject: &'static str,
    pub(crate) actor: Option<&'static str>,
    pub(crate) bound: Option<&'static str>,
    pub(crate) held: Vec<(usize, Option<&'static str>)>,
    pub(crate) scopes: Option<Vec<usize>>,
    pub(crate) is_fresh: bool,
    pub(crate) permission: &'static str,
    pub(crate) tenant: Option<&'static str>,
    pub(crate) owner: Option<&'static str>,
    pub(crate) proposer: Option<&'static str>,
}

/// A thing somewhere.
#[derive(Clone, Debug)]
pub(crate) struct Thing {
    pub(crate) tenant: Option<Tenant>,
    pub(crate) owner: Option<Subject>,
    pub(crate) proposer: Option<Subject>,
}

impl Resource for Thing {
    const KIND: &'static str = "thing";

    fn tenant(&self) -> Option<&Tenant> {
        self.tenant.as_ref()
    }

    fn owner(&self) -> Option<&Subject> {
        self.owner.as_ref()
    }

    fn proposer(&self) -> Option<&Subject> {
        self.proposer.as_ref()
    }
}

pub(crate) fn tenant(name: &str) -> Tenant {
    Tenant::new(name).unwrap()
}

pub(crate) fn subject(name: &str) -> Subject {
    Subject::new(name).unwrap()
}

pub(crate) fn name(role: usize) -> String {
    format!("role-{role}")
}

impl World {
    /// A role and all that it inherits.
    pub(crate) fn with_inherited(&self, role: usize) -> Vec<usize> {
        let parents = self.roles[role].inherits.iter();
        let inherited = parents.flat_map(|parent| self.with_inherited(*parent));
        [role].into_iter().chain(inherited).collect()
    }

    pub(crate) fn policy(&self) -> Result<Policy, ConfigError> {
        let mut plan = Policy::builder(SHOP);
        for (index, role) in self.roles.iter().enumerate() {
            plan = plan.add_role(role.built(index));
        }
        for role in &self.kind {
            plan = plan.add_kind(PrincipalKind::Staff, name(*role));
        }
        for group in &self.conflicts {
            plan = plan.add_conflict(group.iter().map(|role| name(*role)));
        }
        for (index, patterns) in self.scopes.iter().enumerate() {
            plan = plan.add_scope(
                format!("scope-{index}"),
                patterns.iter().map(|pattern| &**pattern),
            );
        }
        plan = self
            .impersonation
            .iter()
            .fold(plan, |plan, pattern| plan.allow_impersonated(&**pattern));
        plan = self
            .four_eyes
            .iter()
            .fold(plan, |plan, pattern| plan.require_four_eyes(&**pattern));
        let fresh = RequireFresh::factor(Factor::Totp, MINUTE);
        plan = self.fresh.iter().fold(plan, |plan, pattern| {
            plan.require_fresh(&**pattern, fresh.clone())
        });
        plan.build()
    }
}

impl Role {
    fn built(&self, index: usize) -> palisade_rbac::Role {
        let mut built = palisade_rbac::Role::new(name(index));
        built = if self.everywhere {
            built.everywhere()
        } else {
            built
        };
        built = self
            .inherits
            .iter()
            .fold(built, |role, parent| role.inherit(name(*parent)));
        built = self
            .allow
            .iter()
            .fold(built, |role, pattern| role.allow(&**pattern));
        built = self
            .own
            .iter()
            .fold(built, |role, pattern| role.allow_own(&**pattern));
        self.deny
            .iter()
            .fold(built, |role, pattern| role.deny(&**pattern))
    }
}

impl Question {
    pub(crate) fn principal(&self, clock: &FakeClock) -> Principal {
        let mut principal = Principal::new(subject(self.subject), PrincipalKind::Staff);
        if let Some(actor) = self.actor {
            principal = principal.acted_by(subject(actor));
        }
        if let Some(bound) = self.bound {
            principal = principal.with_tenant(tenant(bound));
        }
        if let Some(scopes) = &self.scopes {
            principal = principal.with_scopes(scopes.iter().map(|scope| format!("scope-{scope}")));
        }
        if self.is_fresh {
            principal = principal.with_factor(Factor::Totp, clock.now());
        }
        principal
    }

    /// The principal with its roles, where all are held where it acts.
    pub(crate) fn carrying(&self, clock: &FakeClock) -> Option<Principal> {
        let all_here = self.held.iter().all(|(_, at)| *at == self.bound);
        let principal = self.principal(clock);
        let add = |principal: Principal, role: &(usize, _)| principal.add_role(name(role.0));
        all_here.then(|| self.held.iter().fold(principal, add))
    }

    pub(crate) fn thing(&self) -> Thing {
        Thing {
            tenant: self.tenant.map(tenant),
            owner: self.owner.map(subject),
            proposer: self.proposer.map(subject),
        }
    }

    pub(crate) fn found(&self) -> Found {
        let add = |held: Held, (role, at): &(usize, Option<&str>)| held.add(name(*role), at.map(tenant));
        Found::new(self.held.iter().fold(Held::new(), add))
    }

    pub(crate) fn assignments(&self) -> Assignments {
        let mut assignments = Assignments::new();
        for (role, at) in &self.held {
            assignments.add(subject(self.subject), name(*role), at.map(tenant));
        }
        // Somebody else who holds something, so that a mixed-up look-up shows.
        assignments.add(subject("eve"), name(0), None);
        assignments
    }
}

pub(crate) fn authority(authority: Authority, clock: &FakeClock) -> Authority {
    authority.with_clock(clock.clone())
}

fn patterns() -> impl Strategy<Value = Vec<String>> {
    vec(select(&PATTERNS[..]).prop_map(str::to_owned), 0..3)
}

fn few_patterns() -> impl Strategy<Value = Vec<String>> {
    prop_oneof![3 => Just(Vec::new()), 1 => patterns()]
}

fn role(index: usize) -> impl Strategy<Value = Role> {
    let later: Vec<usize> = (index + 1..ROLES).collect();
    let most = later.len().min(2);
    let rules = (patterns(), patterns(), few_patterns());
    (any::<bool>(), subsequence(later, 0..=most), rules).prop_map(
        |(everywhere, inherits, (allow, own, deny))| Role {
            everywhere,
            inherits,
            allow,
            own,
            deny,
        },
    )
}

prop_compose! {
    pub(crate) fn world()(
        roles in [role(0), role(1), role(2), role(3), role(4)],
        kind in subsequence((0..ROLES).collect::<Vec<_>>(), 0..=1),
        conflicts in prop_oneof![
            2 => Just(Vec::new()),
            1 => vec(subsequence((0..ROLES).collect::<Vec<_>>(), 2..=3), 1..2),
        ],
        scopes in [patterns(), patterns()],
        impersonation in patterns(),
        four_eyes in few_patterns(),
        fresh in prop_oneof![3 => Just(Vec::new()), 1 => select(&PATTERNS[..]).prop_map(|one| vec![one.to_owned()])],
    ) -> World {
        World { roles: roles.into(), kind, conflicts, scopes: scopes.into(), impersonation, four_eyes, fresh }
    }
}

prop_compose! {
    pub(crate) fn question()(
        subject in select(&PEOPLE[..]),
        actor in prop_oneof![3 => Just(None), 1 => select(&PEOPLE[..]).prop_map(Some)],
        bound in option::of(select(&TENANTS[..])),
        held in vec((0..ROLES, option::of(select(&TENANTS[..]))), 0..5),
        scopes in prop_oneof![3 => Just(None), 1 => subsequence(vec![0, 1], 0..=2).prop_map(Some)],
        is_fresh in any::<bool>(),
        permission in select(SHOP.names()),
        tenant in option::of(select(&TENANTS[..])),
        (owner, proposer) in (option::of(select(&PEOPLE[..])), option::of(select(&PEOPLE[..]))),
        here in any::<bool>(),
    ) -> Question {
        // Half of the time all roles are held where the principal acts, so that carried roles are compared as well.
        let held = held.into_iter().map(|(role, at)| (role, if here { bound } else { at })).collect();
        Question { subject, actor, bound, held, scopes, is_fresh, permission, tenant, owner, proposer }
    }
}
