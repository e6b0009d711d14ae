//! Every small policy and every question about it: nothing is left to chance.
use palisade_core::FakeClock;
use palisade_rbac::{Authority, Outcome, Place};

use crate::naive;
use crate::world::{Question, Role, SHOP, World};

const PLACES: [Option<&str>; 3] = [None, Some("north"), Some("south")];

/// What a role says to one permission, by three bits: allow, allow on one's own, deny.
fn rules(says: usize) -> Role {
    let rule = |bit: usize| {
        if says & bit == 0 {
            Vec::new()
        } else {
            vec!["order:read".to_owned()]
        }
    };
    Role {
        allow: rule(1),
        own: rule(2),
        deny: rule(4),
        ..Role::default()
    }
}

/// All pairs of roles: what each says, whether each reaches everywhere, and whether the first inherits the second.
fn worlds() -> Vec<World> {
    let mut worlds = Vec::new();
    for says in 0..64 {
        for shape in 0..8 {
            let first = Role {
                everywhere: shape & 1 != 0,
                inherits: if shape & 4 == 0 { Vec::new() } else { vec![1] },
                ..rules(says % 8)
            };
            let second = Role {
                everywhere: shape & 2 != 0,
                ..rules(says / 8)
            };
            worlds.push(World {
                roles: vec![first, second],
                ..World::default()
            });
        }
    }
    worlds
}

fn holdings() -> Vec<Vec<(usize, Option<&'static str>)>> {
    let places: Vec<Option<Option<&'static str>>> = [None].into_iter().chain(PLACES.map(Some)).collect();
    let mut all = Vec::new();
    for first in &places {
        for second in &places {
            let held = [(0, first), (1, second)];
            all.push(
                held.iter()
                    .filter_map(|(role, place)| Some((*role, (**place)?)))
                    .collect(),
            );
        }
    }
    all
}

fn questions(held: &[(usize, Option<&'static str>)]) -> Vec<Question> {
    let mut all = Vec::new();
    for bound in PLACES {
        for tenant in PLACES {
            for owner in ["ada", "bob"] {
                all.push(Question {
                    subject: "ada",
                    actor: None,
                    bound,
                    held: held.to_vec(),
                    scopes: None,
                    is_fresh: true,
                    permission: "order:read",
                    tenant,
                    owner: Some(owner),
                    proposer: None,
                });
            }
        }
    }
    all
}

#[test]
fn every_policy_of_two_roles_decides_every_question_as_the_naive_evaluator() {
    let (clock, permission) = (FakeClock::new(), SHOP.permission("order:read").unwrap());
    let (mut asked, mut allowed) = (0, 0);
    for world in worlds() {
        for held in holdings() {
            let questions = questions(&held);
            let assignments = questions[0].assignments();
            let authority = Authority::assigned(world.policy().unwrap(), assignments).unwrap();
            let current = authority.current();
            for question in &questions {
                let (principal, thing) = (question.principal(&clock), question.thing());
                let holdings = current.holdings(&principal).unwrap();
                let outcome = holdings.decide(permission, &Place::of(&thing)).outcome();
                assert_eq!(
                    outcome,
                    naive::decide(&world, question),
                    "{world:?}\n{question:?}"
                );
                asked += 1;
                allowed += usize::from(outcome == Outcome::Allowed);
            }
        }
    }
    assert_eq!(asked, 512 * 16 * 18);
    assert!(
        allowed > 10_000,
        "only {allowed} were allowed: the questions are too easy"
    );
}
