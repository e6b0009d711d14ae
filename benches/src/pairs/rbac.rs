//! Decisions beside casbin's, Cedar's and gatehouse's.
//!
//! The rules are those of the peers' own benchmarks: so many times "role i may read data i". The question is about the
//! eighth rule, allowed or denied: where a peer tries one rule after the other, an answer "yes" is found early. All sides are asked before the clock runs, and must give the same answer.
use std::collections::{HashMap, HashSet};
use std::hint::black_box;
use std::rc::Rc;

use casbin::{CoreApi, DefaultModel, Enforcer, MemoryAdapter, MgmtApi};
use cedar_policy::{Authorizer, Context, Decision, Entities, Entity, EntityUid, PolicySet, Request};
use gatehouse::{EvaluationSession, PermissionChecker, PolicyBuilder, PolicyDomain};
use palisade_core::{Principal, PrincipalKind, Subject};
use palisade_rbac::{
    Assignments, Authority, Permission, Place, Policy, Require, RequireLayer, Role, Rule, Vocabulary,
};
use tower::{Layer, ServiceBuilder};

use crate::requests::{Bare, finish, request, through};
use crate::sample::{Timed, timed};
use crate::{Bar, Pair};

const USERS: u32 = 100;

/// The number of the rule that is asked about.
const ASKED: u32 = 7;

pub(super) fn pairs() -> Vec<Pair> {
    let mut pairs = Vec::new();
    for rules in [10, 1_000] {
        for answer in [Answer::Allowed, Answer::Denied] {
            pairs.extend(decisions(rules, answer));
        }
    }
    pairs.extend([at_hand(), table(1_000), table(100_000), reload(), layer()]);
    pairs
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    Allowed,
    Denied,
}

impl Answer {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Denied => "denied",
        }
    }

    /// Who asks: the account that holds the rule's role, or another one.
    const fn user(self) -> u32 {
        match self {
            Self::Allowed => ASKED,
            Self::Denied => ASKED - 1,
        }
    }
}

impl From<bool> for Answer {
    fn from(allowed: bool) -> Self {
        if allowed { Self::Allowed } else { Self::Denied }
    }
}

/// Asks again and again, after the first answer was seen to be right.
fn asking(want: Answer, mut ask: impl FnMut() -> bool + 'static) -> Timed {
    assert_eq!(Answer::from(ask()), want);
    Box::new(move |iterations| {
        timed(|| {
            for _ in 0..iterations {
                assert_eq!(Answer::from(black_box(ask())), want);
            }
        })
    })
}

fn decisions(rules: u32, answer: Answer) -> [Pair; 3] {
    let pair = |name: &str, peer: Timed, bar: f64| Pair {
        what: format!("decision, {rules} rules, {} / {name}", answer.as_str()),
        ours: palisade(rules, answer),
        peer,
        floor: None,
        bar: Some(Bar::Ratio(bar)),
    };
    [
        pair("gatehouse", by_gatehouse(rules, answer), 1.0 / 50.0),
        pair("casbin", by_casbin(rules, answer), 1.0 / 50.0),
        pair("cedar-policy", by_cedar(rules, answer), 1.0 / 200.0),
    ]
}

/// A vocabulary of so many permissions. It is made of constants in a program; here it lives until the end.
fn vocabulary(rules: u32) -> Vocabulary {
    let name = |rule| &*Box::leak(format!("data-{rule}:read").into_boxed_str());
    let names: Vec<&'static str> = (0..rules).map(name).collect();
    Vocabulary::new(Box::leak(names.into_boxed_slice()))
}

fn subject(user: u32) -> Subject {
    Subject::new(format!("user-{user}")).expect("a subject")
}

fn principal(user: u32) -> Principal {
    Principal::new(subject(user), PrincipalKind::Staff)
}

fn authority(rules: u32, accounts: u32) -> (Authority, Permission) {
    let vocabulary = vocabulary(rules);
    let role = |rule| Role::new(format!("role-{rule}")).allow(format!("data-{rule}:read"));
    let policy = (0..rules).map(role).fold(
        Policy::builder(vocabulary),
        palisade_rbac::PolicyBuilder::add_role,
    );
    let mut assignments = Assignments::new();
    for user in 0..accounts {
        assignments.add(subject(user), format!("role-{}", user % rules.min(USERS)), None);
    }
    let authority = Authority::assigned(policy.build().expect("a policy"), assignments).expect("assignments");
    let permission = vocabulary.permission(&format!("data-{ASKED}:read"));
    (authority, permission.expect("a permission"))
}

fn ask(authority: &Authority, principal: &Principal, permission: Permission) -> bool {
    let current = authority.current();
    let holdings = current.holdings(principal).expect("a table answers");
    holdings.decide(permission, &Place::platform()).is_allowed()
}

fn palisade(rules: u32, answer: Answer) -> Timed {
    let (authority, permission) = authority(rules, USERS);
    let principal = principal(answer.user());
    asking(answer, move || ask(&authority, &principal, permission))
}

struct Data;

struct DataId(u32);

struct User {
    roles: HashSet<u32>,
}

struct Read;

impl PolicyDomain for Data {
    type Subject = User;
    type Action = Read;
    type Resource = DataId;
    type Context = ();
}

fn by_gatehouse(rules: u32, answer: Answer) -> Timed {
    asking(answer, gatehouse(rules, answer))
}

fn gatehouse(rules: u32, answer: Answer) -> impl Fn() -> bool + 'static {
    let mut checker = PermissionChecker::<Data>::new();
    for rule in 0..rules {
        let policy = PolicyBuilder::<Data>::new(format!("rule-{rule}"))
            .when(move |user: &User, _, data: &DataId, ()| data.0 == rule && user.roles.contains(&rule))
            .build();
        checker.add_policy(policy);
    }
    let user = User {
        roles: HashSet::from([answer.user()]),
    };
    let data = DataId(ASKED);
    let session = EvaluationSession::empty();
    move || {
        let bound = checker.bind(&session, &user, &Read, &());
        finish(bound.authorize(&data)).is_ok()
    }
}

const MODEL: &str = "
[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act
";

fn by_casbin(rules: u32, answer: Answer) -> Timed {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let enforcer = runtime.block_on(async {
        let model = DefaultModel::from_str(MODEL).await.expect("a model");
        let mut enforcer = Enforcer::new(model, MemoryAdapter::default())
            .await
            .expect("an enforcer");
        let line = |rule| [format!("role-{rule}"), format!("data-{rule}"), "read".to_owned()].to_vec();
        let policies = (0..rules).map(line).collect();
        assert!(enforcer.add_policies(policies).await.expect("policies"));
        let line = |user| {
            [
                format!("user-{user}"),
                format!("role-{}", user % rules.min(USERS)),
            ]
            .to_vec()
        };
        let groups = (0..USERS).map(line).collect();
        assert!(enforcer.add_grouping_policies(groups).await.expect("groups"));
        enforcer
    });
    let (user, data) = (format!("user-{}", answer.user()), format!("data-{ASKED}"));
    asking(answer, move || {
        enforcer.enforce((&*user, &*data, "read")).expect("an answer")
    })
}

fn uid(kind: &str, name: &str) -> EntityUid {
    format!("{kind}::\"{name}\"").parse().expect("an id")
}

fn by_cedar(rules: u32, answer: Answer) -> Timed {
    let text = |rule| {
        format!(
            "permit(principal in Role::\"{rule}\", action == Action::\"read\", resource == Data::\"{rule}\");"
        )
    };
    let policies: PolicySet = (0..rules)
        .map(text)
        .collect::<String>()
        .parse()
        .expect("policies");
    let user = |number: u32| {
        let role = uid("Role", &(number % rules.min(USERS)).to_string());
        Entity::new_no_attrs(uid("User", &number.to_string()), HashSet::from([role]))
    };
    let entities = Entities::from_entities((0..USERS).map(user), None).expect("entities");
    let authorizer = Authorizer::new();
    let who = uid("User", &answer.user().to_string());
    let what = uid("Data", &ASKED.to_string());
    let request = Request::new(who, uid("Action", "read"), what, Context::empty(), None).expect("a request");
    asking(answer, move || {
        authorizer
            .is_authorized(&request, &policies, &entities)
            .decision()
            == Decision::Allow
    })
}

/// A decision with the roles at hand, beside a look-up of one number in a map: what a cache of answers would cost.
fn at_hand() -> Pair {
    let (authority, permission) = authority(256, USERS);
    let principal = principal(ASKED);
    let cache = HashMap::from([((ASKED, permission.name()), true)]);
    let key = (ASKED, permission.name());
    Pair {
        what: "decision, roles at hand / a cache of answers".to_owned(),
        ours: Box::new(move |iterations| {
            let current = authority.current();
            let holdings = current.holdings(&principal).expect("a table answers");
            timed(|| {
                for _ in 0..iterations {
                    let decision = holdings.decide(black_box(permission), &Place::platform());
                    assert!(black_box(decision.is_allowed()));
                }
            })
        }),
        peer: asking(Answer::Allowed, move || {
            cache.get(black_box(&key)).copied().unwrap_or_default()
        }),
        floor: None,
        bar: Some(Bar::Most(10.0)),
    }
}

/// A thousand accounts in turn, out of so many, beside the same out of ten: the price of a large table.
fn table(accounts: u32) -> Pair {
    let in_turn = |accounts: u32| -> Timed {
        let (authority, permission) = authority(10, accounts);
        let step = (accounts / 1_000).max(1);
        let people: Vec<_> = (0..1_000).map(|turn| principal(turn * step % accounts)).collect();
        let mut at = 0;
        Box::new(move |iterations| {
            timed(|| {
                for _ in 0..iterations {
                    at = if at + 1 < people.len() { at + 1 } else { 0 };
                    black_box(ask(&authority, &people[at], permission));
                }
            })
        })
    };
    Pair {
        what: format!("decision with look-up, {accounts} accounts / 10 accounts"),
        ours: in_turn(accounts),
        peer: in_turn(10),
        floor: None,
        bar: Some(Bar::Most(50.0)),
    }
}

/// A new table of 100 000 assignments takes the place of the old one, which answers until then; beside a map of them alone.
fn reload() -> Pair {
    const ACCOUNTS: u32 = 100_000;
    let (authority, _) = authority(10, 1);
    let mut assignments = Assignments::new();
    for user in 0..ACCOUNTS {
        assignments.add(subject(user), format!("role-{}", user % 10), None);
    }
    let many =
        move |iterations: u64, mut each: Box<dyn FnMut()>| timed(|| (0..iterations).for_each(|_| each()));
    let again = assignments.clone();
    let people: Vec<_> = (0..ACCOUNTS).map(subject).collect();
    Pair {
        what: "reload of 100 000 assignments / a map of as many accounts".to_owned(),
        ours: Box::new(move |iterations| {
            let (authority, assignments) = (authority.clone(), assignments.clone());
            let each = move || authority.assign(assignments.clone()).expect("they fit");
            many(iterations, Box::new(each))
        }),
        peer: Box::new(move |iterations| {
            let people = people.clone();
            let each = move || {
                let map: HashMap<_, _> = people.iter().cloned().zip(0_u32..).collect();
                drop(black_box(map));
            };
            many(iterations, Box::new(each))
        }),
        floor: Some(Box::new(move |iterations| {
            let again = again.clone();
            many(iterations, Box::new(move || drop(black_box(again.clone()))))
        })),
        bar: Some(Bar::Most(200e6)),
    }
}

/// The layer, beside gatehouse's decision before the same service: it has no layer.
fn layer() -> Pair {
    let (authority, permission) = authority(10, USERS);
    let require = Require::new(&authority, Rule::permission(permission)).expect("a rule");
    let asked_by = |user: u32| {
        move || {
            let mut request = request();
            request.extensions_mut().insert(principal(user));
            request
        }
    };
    let decide = Rc::new(gatehouse(10, Answer::Allowed));
    let peer = ServiceBuilder::new().map_request(move |request| {
        assert!(decide());
        request
    });
    Pair {
        what: "permission layer, allowed / gatehouse's decision alone".to_owned(),
        ours: through(RequireLayer::new(require).layer(Bare), asked_by(ASKED)),
        peer: through(peer.service(Bare), asked_by(ASKED)),
        floor: Some(through(Bare, asked_by(ASKED))),
        bar: Some(Bar::Most(80.0)),
    }
}

#[cfg(test)]
mod tests {
    /// Each side is asked when its pair is made, and must give the answer that the pair is about.
    #[test]
    fn all_sides_give_the_same_answers() {
        assert_eq!(super::pairs().len(), 17);
    }
}
