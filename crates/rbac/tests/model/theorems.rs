//! What must hold for every policy and every question.
use palisade_core::{FakeClock, PrincipalKind};
use palisade_rbac::{Authority, Decision, Extent, Outcome, Place, Policy, Reason, Who};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::naive;
use crate::world::{Question, SHOP, World, authority, question, tenant, world};

/// What the authority says.
fn ask<'a>(authority: &Authority, who: impl Into<Who<'a>>, question: &Question) -> (Outcome, Reason) {
    let current = authority.current();
    let who = who.into();
    let thing = question.thing();
    let holdings = match current.holdings(who) {
        Ok(holdings) => holdings,
        Err(reason) => return (reason.outcome(), reason),
    };
    let permission = SHOP.permission(question.permission).unwrap();
    let decision: Decision<'_> = holdings.decide(permission, &Place::of(&thing));
    (decision.outcome(), decision.reason())
}

/// The answers of all three sources that can answer the question.
fn answers(world: &World, question: &Question) -> Option<Vec<Outcome>> {
    let clock = FakeClock::new();
    // Policies that cannot be built are no policies; why they cannot is tested elsewhere.
    let build = || world.policy().ok();
    let (principal, found) = (question.principal(&clock), question.found());
    let looked_up = authority(Authority::looked_up(build()?), &clock);
    let mut outcomes = vec![ask(&looked_up, (&principal, &found), question).0];
    if let Ok(assigned) = Authority::assigned(build()?, question.assignments()) {
        outcomes.push(ask(&authority(assigned, &clock), &principal, question).0);
    }
    if let Some(carrying) = question.carrying(&clock) {
        let carried = authority(Authority::carried(build()?), &clock);
        outcomes.push(ask(&carried, &carrying, question).0);
    }
    Some(outcomes)
}

fn some_allow(world: &World, question: &Question) -> bool {
    answers(world, question).is_some_and(|outcomes| outcomes.contains(&Outcome::Allowed))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_source_decides_as_the_naive_evaluator((world, question) in (world(), question())) {
        let want = naive::decide(&world, &question);
        for outcome in answers(&world, &question).into_iter().flatten() {
            prop_assert_eq!(outcome, want);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn deny_wins((mut world, mut question) in (world(), question()), role in 0..5_usize) {
        world.roles[role].deny.push("*:*".to_owned());
        question.held.push((role, question.tenant));
        prop_assert!(!some_allow(&world, &question));
    }

    #[test]
    fn nothing_is_allowed_without_a_rule((mut world, question) in (world(), question())) {
        for role in &mut world.roles {
            role.allow.clear();
            role.own.clear();
        }
        prop_assert!(!some_allow(&world, &question));
    }

    #[test]
    fn nothing_is_allowed_without_a_role((mut world, mut question) in (world(), question())) {
        world.kind.clear();
        question.held.clear();
        prop_assert!(!some_allow(&world, &question));
    }

    #[test]
    fn a_tenant_never_sees_another((world, mut question) in (world(), question())) {
        // Whatever was drawn: the principal acts for one tenant, and the object belongs to another.
        question.bound = Some("north");
        question.tenant = question.tenant.filter(|tenant| *tenant != "north").or(Some("south"));
        prop_assert!(!some_allow(&world, &question));
    }

    #[test]
    fn a_role_of_one_tenant_gives_nothing_in_another((mut world, mut question) in (world(), question())) {
        world.kind.clear();
        question.held.retain(|(_, at)| at.is_some() && *at != question.tenant);
        prop_assert!(!some_allow(&world, &question));
    }

    #[test]
    fn scopes_only_take_away((world, question) in (world(), question())) {
        let unlimited = Question { scopes: None, ..question.clone() };
        prop_assert!(!some_allow(&world, &question) || some_allow(&world, &unlimited));
    }

    #[test]
    fn who_acts_for_an_account_can_never_do_more((world, question) in (world(), question())) {
        let alone = Question { actor: None, ..question.clone() };
        prop_assert!(!some_allow(&world, &question) || some_allow(&world, &alone));
    }

    #[test]
    fn nobody_approves_their_own_proposal((mut world, mut question) in (world(), question())) {
        world.four_eyes.push("*:*".to_owned());
        question.proposer = question.actor.or(Some(question.subject));
        prop_assert!(!some_allow(&world, &question));
        question.proposer = Some(question.subject);
        prop_assert!(!some_allow(&world, &question));
    }

    #[test]
    fn what_is_stale_is_challenged_and_never_allowed((mut world, mut question) in (world(), question())) {
        world.fresh = vec!["*:*".to_owned()];
        question.is_fresh = false;
        prop_assert!(!some_allow(&world, &question));
    }

    #[test]
    fn an_added_denial_never_allows_more((world, question) in (world(), question()), role in 0..5_usize) {
        let mut stricter = world.clone();
        stricter.roles[role].deny.push(question.permission.to_owned());
        prop_assert!(!some_allow(&stricter, &question) || some_allow(&world, &question));
    }

    #[test]
    fn a_route_is_open_exactly_where_some_object_is((world, question) in (world(), question())) {
        let clock = FakeClock::new();
        let Ok(policy) = world.policy() else { return Ok(()) };
        let authority = authority(Authority::looked_up(policy), &clock);
        let (principal, found) = (question.principal(&clock), question.found());
        let permission = SHOP.permission(question.permission).unwrap();
        let open = authority.permits((&principal, &found), permission).is_ok();
        let places = [None, Some("north"), Some("south"), Some("west"), Some("nowhere")];
        let some = places.into_iter().any(|tenant| {
            let owner = Some(question.subject);
            // Somebody whom no question names has proposed it, so that dual control does not stand in the way.
            let best = Question { tenant, owner, proposer: Some("zoe"), ..question.clone() };
            ask(&authority, (&principal, &found), &best).0 == Outcome::Allowed
        });
        prop_assert_eq!(open, some);
    }

    #[test]
    fn reach_says_what_decisions_say((world, question) in (world(), question())) {
        let clock = FakeClock::new();
        let Ok(policy) = world.policy() else { return Ok(()) };
        let authority = authority(Authority::looked_up(policy), &clock);
        let (principal, found) = (question.principal(&clock), question.found());
        let permission = SHOP.permission(question.permission).unwrap();
        let Ok(reach) = authority.reach((&principal, &found), permission) else { return Ok(()) };
        let extent = match question.tenant {
            None => reach.platform(),
            Some(name) => {
                let mut named = reach.tenants().filter(|(found, _)| **found == tenant(name));
                named.next().map_or(reach.elsewhere(), |(_, extent)| extent)
            }
        };
        let owned = question.owner == Some(question.subject);
        let mut barred = reach.not_proposed_by();
        let proposed = match question.proposer {
            None => barred.next().is_none(),
            Some(proposer) => !barred.any(|one| one.as_str() == proposer),
        };
        let within = extent == Extent::All || (extent == Extent::Own && owned);
        let decided = ask(&authority, (&principal, &found), &question).0;
        prop_assert_eq!(decided == Outcome::Allowed, within && proposed);
    }
}

/// The theorems above say "never allowed" of questions that would be allowed without the control: that this happens often
/// enough is seen here.
#[test]
fn the_questions_that_are_drawn_have_every_answer() {
    let mut runner = TestRunner::deterministic();
    let mut counts = std::collections::HashMap::new();
    for _ in 0..2_000 {
        let drawn = (world(), question()).new_tree(&mut runner).unwrap().current();
        *counts.entry(naive::decide(&drawn.0, &drawn.1)).or_insert(0) += 1;
    }
    for (outcome, least) in [
        (Outcome::Allowed, 200),
        (Outcome::Denied, 200),
        (Outcome::StepUp, 10),
        (Outcome::Undecided, 10),
    ] {
        assert!(counts[&outcome] >= least, "{counts:?}");
    }
}

#[test]
fn a_permission_of_another_vocabulary_is_never_allowed() {
    const OTHER: palisade_rbac::Vocabulary = palisade_rbac::Vocabulary::new(&["order:read", "order:sell"]);
    let policy = Policy::builder(SHOP)
        .add_role(palisade_rbac::Role::new("root").everywhere().allow("*:*"))
        .add_kind(PrincipalKind::Staff, "root")
        .build()
        .unwrap();
    let authority = Authority::carried(policy);
    let root = palisade_core::Principal::new(crate::world::subject("root"), PrincipalKind::Staff);
    assert!(
        authority
            .permits(&root, SHOP.permission("order:read").unwrap())
            .is_ok()
    );
    let refused = authority
        .permits(&root, OTHER.permission("order:read").unwrap())
        .unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::UnknownPermission));
}
