//! Roles, inheritance, tenants, owners and denials, beside Cedar: the same policy written for both, the same questions.
//!
//! It stands here and not in `crates/rbac` because Cedar takes longer to build than everything else together.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityUid, PolicySet, Request, RestrictedExpression,
};
use palisade_core::FakeClock;
use palisade_rbac::{Authority, Outcome, Place};
use proptest::prelude::*;
use world::{Question, SHOP, TENANTS, World};

#[path = "../../crates/rbac/tests/model/world.rs"]
#[expect(dead_code, reason = "the model's own tests use the rest")]
mod world;

/// Where a role can be held: in a tenant, or on the platform, whose name no tenant has.
const PLATFORM: &str = "-";

fn uid(kind: &str, name: &str) -> EntityUid {
    format!("{kind}::\"{name}\"").parse().unwrap()
}

fn actions(patterns: &[String]) -> String {
    let fits = |permission: &&&str| {
        let (of, act) = permission.split_once(':').unwrap();
        let one = |pattern: &String| {
            let (o, a) = pattern.split_once(':').unwrap();
            (o == "*" || o == of) && (a == "*" || a == act)
        };
        patterns.iter().any(one)
    };
    let names = SHOP
        .names()
        .iter()
        .filter(fits)
        .map(|name| format!("Action::\"{name}\""));
    names.collect::<Vec<_>>().join(", ")
}

/// The rules in Cedar. A role is a group; held at a place it is the group `Here::"role@place"`, and held without a tenant, if
/// it reaches everywhere, the group `Everywhere::"role"` too.
fn policies(world: &World) -> PolicySet {
    let mut text = String::from(
        "forbid(principal, action, resource) when {
            principal.bound != \"-\" && resource.tenant != \"-\" && principal.bound != resource.tenant };",
    );
    let owns = "resource has owner && resource.owner == principal";
    for (index, role) in world.roles.iter().enumerate() {
        let places = TENANTS.iter().chain([&PLATFORM]);
        let here = places.map(|place| {
            (
                format!("Here::\"{index}@{place}\""),
                format!("resource.tenant == \"{place}\""),
            )
        });
        let groups = here.chain([(format!("Everywhere::\"{index}\""), "true".to_owned())]);
        for (group, reach) in groups {
            let mut rule = |effect: &str, patterns: &[String], when: &str| {
                let head = format!(
                    "principal in {group}, action in [{}], resource",
                    actions(patterns)
                );
                writeln!(text, "{effect}({head}) when {{ {reach} && ({when}) }};").unwrap();
            };
            rule("permit", &role.allow, "true");
            rule("permit", &role.own, owns);
            rule("forbid", &role.deny, "true");
        }
    }
    text.parse().unwrap()
}

fn entities(world: &World, ask: &Question) -> Entities {
    let mut all = Vec::new();
    for (index, role) in world.roles.iter().enumerate() {
        for place in TENANTS.iter().chain([&PLATFORM]) {
            let parents = role
                .inherits
                .iter()
                .map(|parent| uid("Here", &format!("{parent}@{place}")));
            let group = uid("Here", &format!("{index}@{place}"));
            all.push(Entity::new_no_attrs(group, parents.collect()));
        }
        let parents = role
            .inherits
            .iter()
            .map(|parent| uid("Everywhere", &parent.to_string()));
        all.push(Entity::new_no_attrs(
            uid("Everywhere", &index.to_string()),
            parents.collect(),
        ));
    }
    let kind = world.kind.iter().map(|role| (*role, None));
    let held = kind.chain(ask.held.iter().copied()).flat_map(|(role, at)| {
        let here = uid("Here", &format!("{role}@{}", at.unwrap_or(PLATFORM)));
        let everywhere = world.roles[role].everywhere && at.is_none();
        [
            Some(here),
            everywhere.then(|| uid("Everywhere", &role.to_string())),
        ]
        .into_iter()
        .flatten()
    });
    let name = |name: Option<&str>| RestrictedExpression::new_string(name.unwrap_or(PLATFORM).to_owned());
    let bound = HashMap::from([("bound".to_owned(), name(ask.bound))]);
    let user = Entity::new(uid("User", ask.subject), bound, held.collect::<HashSet<_>>()).unwrap();
    let mut about = HashMap::from([("tenant".to_owned(), name(ask.tenant))]);
    if let Some(owner) = ask.owner {
        about.insert(
            "owner".to_owned(),
            RestrictedExpression::new_entity_uid(uid("User", owner)),
        );
    }
    let thing = Entity::new(uid("Thing", "it"), about, HashSet::new()).unwrap();
    all.extend([user, thing]);
    Entities::from_entities(all, None).unwrap()
}

fn cedar(world: &World, ask: &Question) -> Decision {
    let (user, action) = (uid("User", ask.subject), uid("Action", ask.permission));
    let request = Request::new(user, action, uid("Thing", "it"), Context::empty(), None).unwrap();
    let response = Authorizer::new().is_authorized(&request, &policies(world), &entities(world, ask));
    assert_eq!(response.diagnostics().errors().count(), 0);
    response.decision()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn cedar_decides_the_same((mut world, ask) in (world::world(), world::question())) {
        // What Cedar has no word for, and the model tests instead.
        world.conflicts.clear();
        world.four_eyes.clear();
        world.fresh.clear();
        let ask = Question { actor: None, scopes: None, ..ask };

        let clock = FakeClock::new();
        let (principal, thing) = (ask.principal(&clock), ask.thing());
        let authority = Authority::assigned(world.policy().unwrap(), ask.assignments()).unwrap();
        let current = authority.current();
        let holdings = current.holdings(&principal).unwrap();
        let permission = SHOP.permission(ask.permission).unwrap();
        let ours = holdings.decide(permission, &Place::of(&thing)).outcome();
        prop_assert_eq!(ours == Outcome::Allowed, cedar(&world, &ask) == Decision::Allow);
    }
}
