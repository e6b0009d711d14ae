#![expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]

use std::num::NonZeroU32;

use super::super::terms::{HOLD, Terms};
use super::*;

const NOW: Duration = Duration::from_secs(1_000);

fn entry() -> Entry {
    let quota = Quota::per_second(NonZeroU32::new(1_000).unwrap());
    Entry::new(Terms::new(NonZeroU32::MIN).leasable(&quota.into()).unwrap(), NOW)
}

fn lease(units: u32) -> Lease {
    Lease {
        units,
        spent: 0,
        epoch: 7,
        born: 1,
        others: 500,
        since: NOW,
        valid: NOW + millis(600),
    }
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn report(step: Step) -> Option<Lease> {
    let Step::Ask(ask) = step else { panic!("{step:?}") };
    ask.report
}

/// As a call does it: at once, or else in a future.
fn put(entry: &mut Entry, cost: u64, now: Duration) -> Step {
    entry
        .at_once(cost, now)
        .unwrap_or_else(|| entry.decide(cost, now))
}

#[test]
fn one_asks_and_the_others_wait() {
    let mut entry = entry();
    assert!(matches!(put(&mut entry, 1, NOW), Step::Ask(_)));
    assert_eq!(put(&mut entry, 1, NOW), Step::Wait);
    entry.asked();
    assert!(
        matches!(put(&mut entry, 1, NOW), Step::Ask(_)),
        "where nothing came of it, the next asks"
    );
}

/// A future that is dropped before it is polled must not keep the turn.
#[test]
fn what_is_not_answered_at_once_begins_nothing() {
    let mut entry = entry();
    assert_eq!([(); 3].map(|()| entry.at_once(1, NOW)), [None; 3]);
    assert!(matches!(entry.decide(1, NOW), Step::Ask(_)));
    assert_eq!(entry.at_once(1, NOW), None);
}

#[test]
fn no_more_is_spent_than_was_given() {
    let mut entry = entry();
    entry.take_lease(lease(3));
    let steps = [2, 2, 1].map(|cost| put(&mut entry, cost, NOW));
    assert_eq!(steps[0], Step::Spent { left: 501 });
    let reported = report(steps[1]).unwrap();
    assert_eq!((reported.units, reported.spent), (3, 2));
    assert_eq!(steps[2], Step::Wait, "what was given back is not spent any more");
}

#[test]
fn nothing_is_spent_once_a_lease_may_have_been_settled() {
    let mut entry = entry();
    entry.take_lease(lease(3));
    assert!(matches!(
        put(&mut entry, 1, NOW + millis(599)),
        Step::Spent { .. }
    ));
    assert_eq!(
        report(put(&mut entry, 1, NOW + millis(600))),
        None,
        "nor reported: it counts as spent"
    );
}

#[test]
fn unused_leases_are_given_back_in_time() {
    let mut entry = entry();
    entry.take_lease(lease(3));
    let hold = HOLD;
    assert_eq!(entry.give_back(NOW + millis(374), hold), None);
    assert_eq!(entry.give_back(NOW + hold, hold), Some(lease(3)));
    assert_eq!(entry.give_back(NOW + hold, hold), None, "once");
}

#[test]
fn a_refusal_is_repeated_for_its_cost_and_more() {
    let mut entry = entry();
    let refused = Refused {
        cost: 5,
        left: 4,
        wait: millis(900),
        pause: millis(800),
        now: NOW,
        blocked: false,
    };
    entry.refuse(&refused);
    let later = NOW + millis(100);
    let expected = Step::Refused {
        left: 4,
        wait: millis(800),
    };
    assert_eq!([5, 6].map(|cost| put(&mut entry, cost, later)), [expected; 2]);
    assert!(matches!(put(&mut entry, 1, later), Step::Ask(_)));
    entry.asked();
    assert!(
        matches!(put(&mut entry, 5, NOW + millis(800)), Step::Ask(_)),
        "until it is time to ask again"
    );
}

#[test]
fn the_blocked_spend_nothing() {
    let mut entry = entry();
    entry.take_lease(lease(3));
    let blocked = Refused {
        cost: 1,
        left: 0,
        wait: millis(60_000),
        pause: millis(60_000),
        now: NOW,
        blocked: true,
    };
    entry.refuse(&blocked);
    assert_eq!(put(&mut entry, 1, NOW), Step::Blocked { wait: millis(60_000) });
    assert!(
        matches!(put(&mut entry, 1, NOW + millis(1_000)), Step::Ask(_)),
        "a second later it asks"
    );
}

#[test]
fn only_charges_of_this_lease_go_back_to_it() {
    let mut entry = entry();
    entry.take_lease(lease(3));
    assert!(!entry.refund(1, NOW), "nothing is spent yet");
    assert!(matches!(put(&mut entry, 2, NOW), Step::Spent { .. }));
    assert!(!entry.refund(1, millis(999_999)), "that was another lease's");
    assert!(!entry.refund(3, NOW));
    assert!(entry.refund(2, NOW));
    assert_eq!(entry.unspent(NOW), 3);
}

#[test]
fn the_demand_decides_how_much_is_wanted() {
    let mut entry = entry();
    let mut now = NOW;
    let mut want = 0;
    for _ in 0..200 {
        now += millis(5);
        if let Step::Ask(ask) = put(&mut entry, 1, now) {
            want = ask.want;
            entry.asked();
        }
    }
    assert!(
        (78..=82).contains(&want),
        "two hundred a second for 400 ms: {want}"
    );
}
