//! Rules and assignments that change.
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};

use palisade_core::{Collected, Recorder, SecurityEvent};
use palisade_rbac::{Action, Assignments, Authority, Policy, PolicyBuilder, Reason, Role, Vocabulary};

use crate::shop::{
    EditOrder, ListUsers, ReadOrder, SHOP, assignments, order, plan, shop, staff, subject, tenant,
};

#[test]
fn a_change_applies_to_the_next_question() {
    let authority = shop();
    let mel = staff("mel");
    let reads = || {
        authority
            .authorize(&mel, ReadOrder, order("north", "ada"))
            .is_ok()
    };
    let old = authority.current();
    assert!(reads());
    authority
        .change(|all| assert!(all.remove(&subject("mel"), "merchant", Some(&tenant("north")))))
        .unwrap();
    assert!(!reads(), "an assignment was taken away");
    assert_eq!((old.version(), authority.version()), (1, 2));
    authority.assign(assignments()).unwrap();
    assert!(reads());
    authority
        .reload(plan().add_role(Role::new("x")).build().unwrap())
        .unwrap();
    assert!(reads(), "assignments outlive a policy");
    let mut stricter = Policy::builder(SHOP);
    for role in ["customer", "clerk", "merchant", "administrator"] {
        stricter = stricter.add_role(Role::new(role));
    }
    authority.reload(stricter.build().unwrap()).unwrap();
    assert!(!reads(), "the policy became stricter");
    assert_eq!(authority.version(), 5);
}

const OTHER: Vocabulary = Vocabulary::new(&["order:read"]);

#[test]
fn a_change_that_is_wrong_changes_nothing() {
    let sink = Collected::new();
    let authority = shop().with_recorder(Recorder::default().add_sink(sink.clone()));
    let error = authority
        .reload(
            Policy::builder(SHOP)
                .add_role(Role::new("clerc"))
                .build()
                .unwrap(),
        )
        .unwrap_err();
    assert!(error.to_string().contains("is no role"), "{error}");
    let error = authority
        .change(|all| all.add(subject("eve"), "merchent", None))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "assignments: `merchent` is no role; did you mean `merchant`?"
    );
    assert!(
        Authority::carried(plan().build().unwrap())
            .assign(assignments())
            .is_err()
    );
    assert!(authority.reload(Policy::builder(OTHER).build().unwrap()).is_err());
    assert_eq!((authority.version(), sink.kinds().len()), (1, 0));
    assert!(
        authority
            .authorize(&staff("mel"), ReadOrder, order("north", "ada"))
            .is_ok()
    );
    // The list behind the table is the old one too.
    authority
        .change(|all| all.add(subject("eve"), "clerk", None))
        .unwrap();
    assert_eq!(sink.kinds(), [SecurityEvent::AuthzChange]);
}

#[test]
fn nobody_is_assigned_two_roles_that_exclude_each_other() {
    let policy = || {
        let roles = [
            Role::new("payer"),
            Role::new("auditor"),
            Role::new("root").everywhere().inherit("payer"),
        ];
        let plan = roles
            .into_iter()
            .fold(Policy::builder(SHOP), PolicyBuilder::add_role);
        plan.add_conflict(["payer", "auditor"]).build().unwrap()
    };
    let assigned = |held: &[(&str, Option<&str>)]| {
        let mut assignments = Assignments::new();
        for (role, at) in held {
            assignments.add(subject("mel"), *role, at.map(tenant));
        }
        Authority::assigned(policy(), assignments).is_ok()
    };
    assert!(!assigned(&[("payer", Some("north")), ("auditor", Some("north"))]));
    assert!(!assigned(&[("payer", None), ("auditor", None)]));
    assert!(!assigned(&[("root", None), ("auditor", Some("north"))]));
    assert!(assigned(&[("payer", Some("north")), ("auditor", Some("south"))]));
    assert!(assigned(&[("payer", None), ("auditor", Some("north"))]));
    let carried = Authority::carried(policy());
    let mel = staff("mel").add_role("payer").add_role("auditor");
    let refused = carried.permits(&mel, ListUsers::PERMISSION).unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::Conflict));
}

/// Readers ask while rules change. Under each state exactly one of two permissions is allowed: an answer with both, or with
/// none, would be half of a change.
#[test]
fn no_decision_sees_half_of_a_change() {
    let policy = |allowed: &str| {
        Policy::builder(SHOP)
            .add_role(Role::new("clerk").allow(allowed))
            .build()
            .unwrap()
    };
    let mut held = Assignments::new();
    held.add(subject("cleo"), "clerk", None);
    let authority = Authority::assigned(policy("order:read"), held).unwrap();
    let (start, stop) = (Barrier::new(4), AtomicBool::new(false));
    std::thread::scope(|threads| {
        for _ in 0..3 {
            threads.spawn(|| {
                start.wait();
                let cleo = staff("cleo");
                while !stop.load(Ordering::Relaxed) {
                    let current = authority.current();
                    let holdings = current.holdings(&cleo).unwrap();
                    let place = palisade_rbac::Place::platform();
                    let read = holdings.decide(ReadOrder::PERMISSION, &place).is_allowed();
                    let edit = holdings.decide(EditOrder::PERMISSION, &place).is_allowed();
                    assert!(read ^ edit);
                }
            });
        }
        start.wait();
        for round in 0..200 {
            let allowed = if round % 2 == 0 {
                "order:edit"
            } else {
                "order:read"
            };
            authority.reload(policy(allowed)).unwrap();
            authority
                .change(|all| all.add(subject(&format!("new-{round}")), "clerk", None))
                .unwrap();
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(authority.version(), 401);
}

#[test]
fn changes_at_the_same_time_do_not_undo_each_other() {
    let authority = shop();
    let start = Barrier::new(8);
    std::thread::scope(|threads| {
        for one in 0..8 {
            let (authority, start) = (&authority, &start);
            threads.spawn(move || {
                start.wait();
                for turn in 0..10 {
                    let name = subject(&format!("{one}-{turn}"));
                    authority
                        .change(|all| all.add(name, "administrator", None))
                        .unwrap();
                }
            });
        }
    });
    for one in 0..8 {
        for turn in 0..10 {
            assert!(
                authority
                    .allow::<ListUsers>(&staff(&format!("{one}-{turn}")))
                    .is_ok()
            );
        }
    }
}
