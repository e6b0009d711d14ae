//! The slots of a line under a model checker: loom runs every interleaving of a few calls, with every value that a load may see by
//! the orderings that the code names.
//!
//! The file `slots.rs` is compiled a second time here, with loom's atomics and two slots in place of seven.
use loom::model::Builder;
use loom::sync::Arc;
use loom::thread;

use self::slots::{Ask, Line};
use super::header;
use crate::gcra::{MAX_DEBT, Pace, Spend, Tick};
use crate::store::slot::Print;
use crate::{Quota, RateKey};

mod sync {
    pub(super) use loom::hint::spin_loop;
    pub(super) use loom::sync::atomic::{AtomicU64, Ordering};
    pub(super) use loom::thread::yield_now;

    pub(super) const SLOTS: usize = 2;
}

#[path = "slots.rs"]
#[expect(
    clippy::duplicate_mod,
    dead_code,
    reason = "the same code with other atomics; not every call is modelled"
)]
mod slots;

/// Two at once.
fn ask(key: u64, now: u64) -> Ask {
    ask_of(2, key, now)
}

fn ask_of(burst: u32, key: u64, now: u64) -> Ask {
    let quota = Quota::per_minute(burst.try_into().unwrap());
    let pace = Pace::new(&quota, Tick::for_quota(&quota)).unwrap();
    Ask {
        print: Print::of(RateKey::of_number(key)),
        now,
        pace,
        forgettable: pace.forgettable(),
        cost: 1,
    }
}

fn passes(line: &Line, key: u64, now: u64) -> bool {
    matches!(line.take(&ask(key, now)).spend, Spend::Fits { .. })
}

fn admitted(line: &Line, key: u64, now: u64, tries: u32) -> u32 {
    (0..tries).map(|_| u32::from(passes(line, key, now))).sum()
}

/// Runs `one` and `other` at once in every way, on a line that `before` has filled, and shows `after` what they answered.
fn all_ways<T: 'static + Send>(
    before: impl Fn(&Line) + Send + Sync + 'static,
    one: impl Fn(&Line) -> T + Send + Sync + Copy + 'static,
    other: impl Fn(&Line) -> T + Send + Sync + Copy + 'static,
    after: impl Fn(&Line, T, T) + Send + Sync + 'static,
) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(move || {
        let line = Arc::new(Line::new());
        before(&line);
        let there = line.clone();
        let running = thread::spawn(move || other(&there));
        let here = one(&line);
        let there = running.join().unwrap();
        after(&line, here, there);
    });
}

#[test]
fn a_new_key_that_races_with_itself_has_one_quota() {
    all_ways(
        |_| (),
        |line| admitted(line, 1, 0, 2),
        |line| admitted(line, 1, 0, 2),
        |line, here, there| {
            assert_eq!(here + there, 2);
            assert!(!passes(line, 1, 0));
        },
    );
}

#[test]
fn two_new_keys_that_race_for_the_last_place_do_not_push_out_one_that_has_nothing_left() {
    all_ways(
        |line| assert_eq!(admitted(line, 9, 0, 2), 2),
        |line| admitted(line, 1, 0, 1),
        |line| admitted(line, 2, 0, 1),
        |line, here, there| {
            assert_eq!(
                here + there,
                2,
                "one takes the place of the other, whose debt is light"
            );
            assert!(!passes(line, 9, 0));
        },
    );
}

#[test]
fn a_hit_is_not_lost_while_a_stranger_looks_for_a_place() {
    all_ways(
        |line| assert_eq!(admitted(line, 1, 0, 1) + admitted(line, 9, 0, 2), 3),
        |line| admitted(line, 1, 0, 2),
        |line| admitted(line, 2, 0, 1),
        |line, hit, stranger| {
            assert!(!passes(line, 9, 0));
            match (hit, stranger) {
                // The stranger was late: both places were used up.
                (1, 0) => assert!(!passes(line, 1, 0) && !passes(line, 2, 0)),
                // It was early: key 1 lost a light debt, and comes back as a new key in place of a light one, or is judged by that.
                (0..=2, 1) => {}
                other => panic!("{other:?}"),
            }
        },
    );
}

#[test]
fn a_charge_that_is_undone_leaves_what_others_charged() {
    let takes = |line: &Line| u32::from(matches!(line.take(&ask_of(3, 1, 0)).spend, Spend::Fits { .. }));
    all_ways(
        move |line| assert_eq!(takes(line), 1),
        move |line| {
            let passed = takes(line);
            line.refund(&ask_of(3, 1, 0), 0);
            passed
        },
        takes,
        move |line, undone, kept| {
            assert_eq!((undone, kept), (1, 1), "there is room for both");
            assert_eq!(
                (0..3).map(|_| takes(line)).sum::<u32>(),
                1,
                "of three, the first and the kept one are used"
            );
        },
    );
}

#[test]
fn a_reset_and_a_hit_leave_one_slot() {
    all_ways(
        |line| assert_eq!(admitted(line, 1, 0, 2), 2),
        |line| {
            line.reset(ask(1, 0).print);
            0
        },
        |line| admitted(line, 1, 0, 2),
        |line, _, there| {
            assert_eq!(
                admitted(line, 1, 0, 4),
                2 - there,
                "never more than one quota after it"
            );
        },
    );
}

#[test]
fn an_epoch_that_begins_twice_at_once_keeps_a_live_debt_and_drops_a_paid_one() {
    let late = 3 * MAX_DEBT;
    all_ways(
        move |line| {
            assert!(passes(line, 1, 0));
            assert_eq!(admitted(line, 2, late - 1, 2), 2);
        },
        move |line| admitted(line, 2, late, 1),
        move |line| admitted(line, 1, late, 1),
        move |line, live, fresh| {
            assert_eq!((live, fresh), (0, 1));
            assert!(!passes(line, 2, late));
        },
    );
}
