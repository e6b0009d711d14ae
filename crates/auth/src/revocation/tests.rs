//! Bounds of the lists.
use palisade_core::{FakeClock, PrincipalKind};

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

fn principal(subject: &str) -> Principal {
    Principal::new(Subject::new(subject).unwrap(), PrincipalKind::Customer)
}

fn voids(revocations: &Revocations, subject: &str, issued: Timestamp) -> bool {
    let principal = principal(subject);
    revocations.voids(&Presented {
        principal: &principal,
        issued,
        session: None,
        token: None,
    })
}

#[test]
fn a_full_list_voids_more_and_never_less() {
    let clock = FakeClock::new();
    let revocations = Revocations::build(HOUR, AnyClock::new(clock.clone()), 10).unwrap();
    let issued = clock.now();
    clock.advance(Duration::from_secs(1));
    for subject in 0..10 {
        revocations.revoke_subject(principal(&subject.to_string()).subject());
    }
    assert!(!voids(&revocations, "ada", issued));
    revocations.revoke_subject(principal("eve").subject());
    for subject in ["0", "9", "eve", "ada"] {
        assert!(voids(&revocations, subject, issued), "{subject}");
    }
    clock.advance(Duration::from_micros(1));
    assert!(
        !voids(&revocations, "0", clock.now()),
        "and what is issued later is good"
    );
}

#[test]
fn what_has_served_its_time_makes_room() {
    let clock = FakeClock::new();
    let revocations = Revocations::build(HOUR, AnyClock::new(clock.clone()), 10).unwrap();
    for subject in 0..1_000 {
        clock.advance(HOUR / 9);
        revocations.revoke_subject(principal(&subject.to_string()).subject());
    }
    assert!(
        !voids(&revocations, "ada", Timestamp::from_micros(1)),
        "nobody else was touched"
    );
    assert!(voids(&revocations, "999", clock.now()));
}

#[test]
fn a_second_revocation_does_not_shorten_the_first() {
    let clock = FakeClock::new();
    let revocations = Revocations::with_clock(HOUR, clock.clone()).unwrap();
    let ada = principal("ada");
    revocations.revoke_subject(ada.subject());
    let first = clock.now();
    clock.set_wall(Timestamp::from_secs(1));
    revocations.revoke_subject(ada.subject());
    revocations.revoke_all();
    assert!(
        voids(&revocations, "ada", first),
        "although the clock was turned back"
    );
}

#[test]
fn a_horizon_has_bounds() {
    for horizon in [
        Duration::ZERO,
        Duration::from_secs(59),
        Duration::from_secs(401 * 86_400),
    ] {
        assert!(Revocations::new(horizon).is_err(), "{horizon:?}");
    }
}
