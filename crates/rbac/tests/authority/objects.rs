//! One object, and the answers about it.
use std::time::Duration;

use palisade_core::{Clock, Collected, Factor, FakeClock, Principal, Recorder, Refusal, SecurityEvent};
use palisade_rbac::{
    Action, Allowed, Authority, Columns, Found, Held, Policy, Reason, RefusedKind, RequireFresh, Role,
};

use crate::shop::{
    AddProduct, EditOrder, ListUsers, Order, ReadOrder, RefundOrder, SHOP, ShipOrder, assignments, customer,
    order, plan, shop, staff, subject, tenant,
};

#[test]
fn objects_of_others_do_not_exist() {
    let authority = shop();
    let read =
        |who: &Principal, order: Order| authority.authorize(who, ReadOrder, order).map_err(|no| no.kind());
    assert!(read(&customer("ada"), order("north", "ada")).is_ok());
    assert!(read(&staff("mel"), order("north", "ada")).is_ok());
    assert!(read(&staff("mel"), order("east", "ada")).is_ok());
    assert!(read(&staff("root"), order("south", "ada")).is_ok());
    for (who, of, whose) in [
        (customer("ada"), "north", "bob"),
        (staff("mel"), "south", "ada"),
        (staff("mel").with_tenant(tenant("east")), "north", "ada"),
        (staff("ada"), "north", "bob"),
    ] {
        assert_eq!(
            read(&who, order(of, whose)).unwrap_err(),
            RefusedKind::NotFound,
            "{of} {whose}"
        );
    }
}

#[test]
fn a_row_that_is_missing_and_one_that_is_not_to_be_seen_are_answered_alike() {
    let hidden = shop()
        .authorize(&customer("ada"), ReadOrder, order("north", "bob"))
        .unwrap_err();
    let missing = palisade_rbac::Refused::not_found();
    let body = palisade_core::ProblemDetails::body;
    assert_eq!(body(&hidden), body(&missing));
    assert_eq!(
        (hidden.status(), hidden.code()),
        (missing.status(), missing.code())
    );
    assert_eq!(hidden.to_string(), "Not Found");
}

#[test]
fn who_sees_an_object_is_told_that_it_may_not_be_changed() {
    let policy = plan().disclose("order:*", "order:read").build().unwrap();
    let authority = Authority::assigned(policy, assignments()).unwrap();
    let edit = |who: &Principal| {
        authority
            .authorize(who, EditOrder, order("north", "ada"))
            .unwrap_err()
            .kind()
    };
    assert_eq!(edit(&staff("cleo")), RefusedKind::Forbidden);
    assert_eq!(edit(&customer("ada")), RefusedKind::Forbidden);
    assert_eq!(edit(&customer("bob")), RefusedKind::NotFound);
    assert_eq!(edit(&staff("sam")), RefusedKind::NotFound);
}

#[test]
fn what_is_created_in_a_tenant_is_decided_there() {
    let authority = shop();
    assert!(
        authority
            .authorize(&staff("mel"), AddProduct, tenant("north"))
            .is_ok()
    );
    assert!(
        authority
            .authorize(&staff("mel"), AddProduct, &tenant("south"))
            .is_err()
    );
}

#[test]
fn an_action_without_an_object_takes_a_role_that_is_held_on_the_platform() {
    let authority = shop();
    let allowed: Allowed<ListUsers> = authority.allow(&staff("root")).unwrap();
    assert_eq!(allowed.principal().subject(), &subject("root"));
    let refused = authority.allow::<ListUsers>(&staff("mel")).unwrap_err();
    assert_eq!(refused.kind(), RefusedKind::Forbidden);
}

#[test]
fn a_condition_takes_away_and_never_gives() {
    let authority = shop();
    let ship = |who: &Principal, paid| {
        let order = Order {
            paid,
            ..order("north", "ada")
        };
        authority
            .authorize(who, ShipOrder, order)
            .map(|_| ())
            .map_err(|no| (no.kind(), no.reason().unwrap()))
    };
    assert_eq!(ship(&staff("mel"), Some(true)), Ok(()));
    assert_eq!(
        ship(&staff("mel"), Some(false)),
        Err((RefusedKind::NotFound, Reason::ConditionFails))
    );
    assert_eq!(
        ship(&staff("mel"), None),
        Err((RefusedKind::Undecided, Reason::ConditionUnknown))
    );
    assert_eq!(
        ship(&staff("sam"), None),
        Err((RefusedKind::NotFound, Reason::NoRule))
    );
}

#[test]
fn a_stale_proof_is_challenged_and_a_fresh_one_passes() {
    let clock = FakeClock::new();
    let fresh = RequireFresh::multi_factor(Duration::from_secs(300))
        .with_acr("urn:shop:mfa")
        .unwrap();
    let policy = plan()
        .require_fresh("order:refund", fresh.clone())
        .build()
        .unwrap();
    let authority = Authority::assigned(policy, assignments())
        .unwrap()
        .with_clock(clock.clone());
    let mel = staff("mel")
        .with_factor(Factor::Password, clock.now())
        .with_factor(Factor::Totp, clock.now());
    let refund = |who: &Principal, of| authority.authorize(who, RefundOrder, order(of, "ada"));
    assert!(refund(&mel, "north").is_ok());
    clock.advance(Duration::from_secs(301));
    let challenge = refund(&mel, "north").unwrap_err();
    assert_eq!(
        (challenge.kind(), challenge.status().as_u16()),
        (RefusedKind::StepUp, 401)
    );
    assert_eq!(challenge.code(), "insufficient_user_authentication");
    assert_eq!(challenge.required(), Some(&fresh));
    let mut headers = http::HeaderMap::new();
    challenge.extend_headers(&mut headers);
    let want =
        "Bearer error=\"insufficient_user_authentication\", max_age=\"300\", acr_values=\"urn:shop:mfa\"";
    assert_eq!(headers["www-authenticate"], want);
    // Who may not do it at all is not told what would be asked for.
    let denied = refund(&mel, "south").unwrap_err();
    assert_eq!((denied.kind(), denied.required()), (RefusedKind::NotFound, None));
}

#[test]
fn both_actors_are_known_and_neither_approves_its_own_proposal() {
    let policy = plan()
        .allow_impersonated("order:refund")
        .require_four_eyes("order:refund")
        .build()
        .unwrap();
    let authority = Authority::assigned(policy, assignments()).unwrap();
    let support = staff("mel").acted_by(subject("tess"));
    let proposed = |by: Option<&str>| Order {
        proposer: by.map(subject),
        ..order("north", "ada")
    };
    let refund = |by| {
        authority
            .authorize(&support, RefundOrder, proposed(by))
            .map_err(|no| no.reason().unwrap())
    };
    let allowed = refund(Some("sam")).unwrap();
    let principal = allowed.principal();
    assert_eq!(
        (principal.subject(), principal.actor()),
        (&subject("mel"), Some(&subject("tess")))
    );
    assert_eq!(refund(Some("mel")).unwrap_err(), Reason::OwnProposal);
    assert_eq!(refund(Some("tess")).unwrap_err(), Reason::OwnProposal);
    assert_eq!(refund(None).unwrap_err(), Reason::ProposerUnknown);
    // What is not listed is not done on behalf of somebody.
    let read = authority
        .authorize(&support, ReadOrder, order("north", "ada"))
        .unwrap_err();
    assert_eq!(read.reason(), Some(Reason::Impersonated));
}

#[test]
fn why_names_the_rule_and_the_assignment() {
    let policy = plan()
        .add_role(Role::new("suspended").deny("order:*"))
        .build()
        .unwrap();
    let mut held = assignments();
    held.add(subject("sam"), "suspended", Some(tenant("south")));
    let authority = Authority::assigned(policy, held).unwrap();
    let current = authority.current();
    let cases = [
        (
            staff("mel"),
            "north",
            "bob",
            "order:read: granted by role `merchant` in the tenant",
        ),
        (
            staff("sam"),
            "south",
            "bob",
            "order:read: explicit_deny by role `suspended` in the tenant",
        ),
        (
            staff("root"),
            "south",
            "bob",
            "order:read: granted by role `administrator`",
        ),
        (
            customer("ada"),
            "south",
            "ada",
            "order:read: granted_to_owner by role `customer` of the principal's kind",
        ),
        (
            customer("ada"),
            "south",
            "bob",
            "order:read: not_owner by role `customer` of the principal's kind",
        ),
        (staff("ada"), "south", "bob", "order:read: no_rule"),
    ];
    for (who, of, whose, want) in cases {
        let (holdings, order) = (current.holdings(&who).unwrap(), order(of, whose));
        let decision = holdings.decide(ReadOrder::PERMISSION, &palisade_rbac::Place::of(&order));
        assert_eq!(decision.why().to_string(), want);
    }
    let refused = authority
        .authorize(&staff("sam"), ReadOrder, order("south", "bob"))
        .unwrap_err();
    assert_eq!(refused.rule(), "order:read by suspended");
}

#[test]
fn a_denial_is_told_with_its_reason_and_a_success_is_not() {
    let sink = Collected::new();
    let authority = shop().with_recorder(Recorder::default().add_sink(sink.clone()));
    let _allowed = authority
        .authorize(&customer("ada"), ReadOrder, order("north", "ada"))
        .unwrap();
    assert_eq!(sink.entries(), []);
    let _refused = authority
        .authorize(&customer("ada"), ReadOrder, order("north", "bob"))
        .unwrap_err();
    assert_eq!(sink.entries(), [(SecurityEvent::AuthzFail, Some("not_owner"))]);
}

#[test]
fn a_failed_look_up_is_no_denial_and_never_a_yes() {
    let sink = Collected::new();
    let policy = plan().build().unwrap();
    let authority = Authority::looked_up(policy).with_recorder(Recorder::default().add_sink(sink.clone()));
    let ada = customer("ada");
    // Not even what everybody of the kind may do: a role that denies it may be among those that were not found.
    for found in [Found::failed(), Found::failed()] {
        let refused = authority
            .authorize((&ada, &found), ReadOrder, order("north", "ada"))
            .unwrap_err();
        assert_eq!(
            (refused.kind(), refused.status().as_u16()),
            (RefusedKind::Undecided, 503)
        );
    }
    assert_eq!(
        sink.entries(),
        [(SecurityEvent::ControlFailed, Some("lookup_failed"))]
    );
    let refused = authority
        .authorize(&ada, ReadOrder, order("north", "ada"))
        .unwrap_err();
    assert_eq!(
        (refused.kind(), refused.reason()),
        (RefusedKind::Internal, Some(Reason::LookupMissing))
    );
}

#[test]
fn a_fault_of_the_program_is_told_once_and_not_with_every_request() {
    let sink = Collected::new();
    let policy = || plan().build().unwrap();
    let authority = Authority::looked_up(policy()).with_recorder(Recorder::default().add_sink(sink.clone()));
    let (ada, found) = (customer("ada"), Found::new(Held::new()));
    for _ in 0..3 {
        assert!(
            authority
                .authorize(&ada, ReadOrder, order("north", "ada"))
                .is_err(),
            "nobody looked up"
        );
        assert!(
            authority
                .authorize((&ada, &found), ReadOrder, order("north", "ada"))
                .is_ok()
        );
    }
    assert_eq!(
        sink.entries(),
        [(SecurityEvent::ControlFailed, Some("lookup_missing"))]
    );
    authority.reload(policy()).unwrap();
    assert_eq!(sink.kinds().last(), Some(&SecurityEvent::ControlRecovered));
}

#[test]
fn roles_in_a_token_do_not_count_beside_a_table() {
    let stale = staff("fired")
        .add_role("administrator")
        .with_tenant(tenant("north"));
    assert!(
        shop()
            .authorize(&stale, ReadOrder, order("north", "ada"))
            .is_err()
    );
}

#[test]
fn more_roles_than_can_be_looked_at_are_not_looked_at() {
    let mut plan = Policy::builder(SHOP).add_role(Role::new("z-blocked").deny("*:*"));
    for role in 0..33 {
        plan = plan.add_role(Role::new(format!("r{role}")).allow("user:list"));
    }
    let authority = Authority::carried(plan.build().unwrap());
    let with = |count: usize| (0..count).fold(staff("sam"), |who, role| who.add_role(format!("r{role}")));
    assert!(authority.allow::<ListUsers>(&with(32)).is_ok());
    // The one that denies comes last in the alphabet.
    let refused = authority
        .allow::<ListUsers>(&with(32).add_role("z-blocked"))
        .unwrap_err();
    assert_eq!(refused.reason(), Some(Reason::TooManyRoles));
    let unknown = (0..100).fold(with(3), |who, role| who.add_role(format!("unknown{role}")));
    assert!(
        authority.allow::<ListUsers>(&unknown).is_ok(),
        "roles of others do no harm"
    );
}

#[test]
fn nothing_about_people_is_printed() {
    let authority = shop();
    let mel = staff("secret-mel");
    let current = authority.current();
    let holdings = current.holdings(&mel).unwrap();
    let reach = authority
        .reach(&customer("secret-ada"), ReadOrder::PERMISSION)
        .unwrap();
    let sql = reach.sql(&Columns::new("tenant", "customer")).unwrap();
    let printed = format!(
        "{authority:?} {current:?} {holdings:?} {reach:?} {sql:?} {:?}",
        assignments()
    );
    assert!(
        !printed.contains("secret") && !printed.contains("north"),
        "{printed}"
    );
}
