use std::num::NonZeroU32;
use std::sync::Barrier;
use std::thread;

use super::{Ask, Line};
use crate::gcra::{MAX_DEBT, Pace, Spend, Tick};
use crate::store::slot::Print;
use crate::{Quota, RateKey};

const BURST: u32 = 5;

/// 60 a minute, five at once, in the ticks it gets.
fn pace() -> (Pace, Tick) {
    let n = |n| NonZeroU32::new(n).unwrap();
    let quota = Quota::per_minute(n(60)).burst(n(BURST));
    let tick = Tick::for_quota(&quota);
    (Pace::new(&quota, tick).unwrap(), tick)
}

fn second(tick: Tick) -> u64 {
    tick.of_nanos(1_000_000_000)
}

fn ask(key: u64, now: u64) -> Ask {
    let key = RateKey::of_number(key);
    Ask {
        print: Print::of(key),
        now,
        pace: pace().0,
        forgettable: pace().0.forgettable(),
        cost: 1,
    }
}

fn passes(line: &Line, key: u64, now: u64) -> bool {
    matches!(line.take(&ask(key, now)).spend, Spend::Fits { .. })
}

fn admitted(line: &Line, key: u64, now: u64) -> usize {
    (0..20).filter(|_| passes(line, key, now)).count()
}

#[test]
fn seven_keys_have_a_place() {
    let line = Line::new();
    for key in 0..7 {
        assert_eq!(admitted(&line, key, 0), 5);
    }
    for key in 0..7 {
        assert_eq!(admitted(&line, key, 0), 0, "key {key} is remembered");
    }
}

#[test]
fn the_least_debt_gives_way() {
    let line = Line::new();
    for key in 0..6 {
        assert_eq!(admitted(&line, key, 0), 5);
    }
    for stranger in 100..1_000 {
        assert!(
            passes(&line, stranger, 0),
            "strangers take the seventh place in turn"
        );
        assert!(!line.peek(&ask(stranger, 0)).crowded);
    }
    for key in 0..6 {
        assert!(!passes(&line, key, 0), "key {key} is remembered");
    }
}

#[test]
fn a_full_line_gives_a_new_key_the_least_debt_and_forgets_nobody_it_refuses() {
    let line = Line::new();
    for key in 0..6 {
        admitted(&line, key, 0);
    }
    for _ in 0..3 {
        assert!(passes(&line, 6, 0), "three of five used");
    }
    // The seventh debt is more than half a burst: a stranger takes it over, and has two left.
    assert_eq!(admitted(&line, 100, 0), 2);
    let refused = line.take(&ask(101, 0));
    assert!(refused.crowded && matches!(refused.spend, Spend::Wait { .. }));
    // Key 6 was pushed out. It comes back to a line of used-up keys.
    for key in 0..1_000 {
        assert!(!passes(&line, key, 0), "key {key}");
    }
}

#[test]
fn a_key_with_one_unit_is_not_forgotten_while_that_is_used() {
    let n = |n| NonZeroU32::new(n).unwrap();
    let quota = Quota::per_minute(n(60)).burst(n(1));
    let tick = Tick::for_quota(&quota);
    let pace = Pace::new(&quota, tick).unwrap();
    let line = Line::new();
    let spend = |key, now| {
        line.take(&Ask {
            pace,
            forgettable: pace.forgettable(),
            ..ask(key, now)
        })
        .spend
    };
    for key in 0..7 {
        assert!(matches!(spend(key, 0), Spend::Fits { .. }));
    }
    // Nine tenths are paid: less than half a burst is owed, but nothing is left yet.
    let later = second(tick) / 10 * 9;
    for key in (100..200).chain(0..7) {
        assert!(matches!(spend(key, later), Spend::Wait { .. }), "key {key}");
    }
    assert!(matches!(spend(100, second(tick) + 1), Spend::Fits { .. }));
}

#[test]
fn an_old_debt_does_not_come_back_when_the_time_wraps() {
    // 40 bits of time come round after four epochs. Each gap is tried with a line that nobody touched in between.
    let epoch = MAX_DEBT;
    for gap in (2..=64).map(|quarters| quarters * epoch / 4) {
        let line = Line::new();
        let start = 3 * epoch;
        assert_eq!(admitted(&line, 1, start), 5);
        assert_eq!(admitted(&line, 1, start + gap), 5, "after {gap} ticks");
        assert_eq!(admitted(&line, 2, start + gap), 5, "after {gap} ticks");
    }
}

#[test]
fn a_line_in_use_stays_right_through_every_wrap() {
    let (_, tick) = pace();
    let line = Line::new();
    let step = MAX_DEBT / 3;
    for now in (0..100).map(|n| n * step) {
        assert!(step > 5 * second(tick), "every step pays all debts");
        assert_eq!(admitted(&line, 1, now), 5, "at {now}");
    }
}

#[test]
fn a_clock_that_goes_back_opens_nothing() {
    let line = Line::new();
    let now = 10 * MAX_DEBT;
    assert_eq!(admitted(&line, 1, now), 5);
    for back in [1, MAX_DEBT / 2, MAX_DEBT, 3 * MAX_DEBT, 9 * MAX_DEBT] {
        assert_eq!(admitted(&line, 1, now - back), 0, "back by {back}");
    }
    assert_eq!(admitted(&line, 1, now), 0);
}

#[test]
fn a_reset_empties_one_slot() {
    let line = Line::new();
    admitted(&line, 1, 0);
    admitted(&line, 2, 0);
    line.reset(ask(1, 0).print);
    line.reset(ask(3, 0).print);
    assert_eq!((admitted(&line, 1, 0), admitted(&line, 2, 0)), (5, 0));
}

#[test]
fn a_thread_that_stops_with_the_lock_stops_no_key_that_has_a_slot() {
    let line = Line::new();
    assert!(passes(&line, 1, 0));
    (2..7).for_each(|key| assert_eq!(admitted(&line, key, 0), 5));
    let header = line.enter(0);
    assert!(line.lock(header));
    assert_eq!(admitted(&line, 1, 0), 4, "known keys are charged");
    assert!(!passes(&line, 2, 0), "and refused");
    assert!(matches!(line.peek(&ask(100, 0)).spend, Spend::Fits { .. }));
    line.reset(ask(2, 0).print);
    thread::scope(|scope| {
        let new = scope.spawn(|| admitted(&line, 100, 0));
        line.unlock(header);
        assert_eq!(new.join().unwrap(), 5, "a new key waits for the lock");
    });
}

/// Two keys that take turns for the last place of a line full of larger debts: what clause 8 of the contract allows.
#[test]
fn a_light_debt_can_be_forgotten_again_and_again_and_a_heavy_one_not_once() {
    let line = Line::new();
    (0..6).for_each(|key| assert_eq!(admitted(&line, key, 0), 5));
    let turns = |spent: usize| {
        let mut through = 0;
        for _ in 0..100 {
            through += (0..spent).filter(|_| passes(&line, 100, 0)).count();
            through += (0..spent).filter(|_| passes(&line, 101, 0)).count();
        }
        through
    };
    assert_eq!(turns(2), 400, "two of five are at most half a burst");
    assert!(turns(3) <= 5, "three are not");
}

/// Runs `threads` at once, over and over with a fresh line, and gives what each round admitted.
fn race(rounds: usize, threads: usize, run: impl Fn(&Line, usize) -> usize + Sync) -> Vec<usize> {
    let lines: Vec<Line> = (0..rounds).map(|_| Line::new()).collect();
    race_in(&lines, threads, run)
}

/// As [`race`], with these lines.
fn race_in(lines: &[Line], threads: usize, run: impl Fn(&Line, usize) -> usize + Sync) -> Vec<usize> {
    let barrier = Barrier::new(threads);
    let one = |thread: usize| -> Vec<usize> {
        let round = |line| {
            barrier.wait();
            run(line, thread)
        };
        lines.iter().map(round).collect()
    };
    let per_thread: Vec<Vec<usize>> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|thread| scope.spawn(move || one(thread)))
            .collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    (0..lines.len())
        .map(|round| per_thread.iter().map(|all| all[round]).sum())
        .collect()
}

#[test]
fn a_new_key_that_races_with_itself_has_one_quota() {
    let admitted = race(3_000, 4, |line, _| {
        (0..BURST).filter(|_| passes(line, 1, 0)).count()
    });
    assert!(
        admitted.iter().all(|sum| *sum == 5),
        "{:?}",
        admitted.iter().max()
    );
}

#[test]
fn new_keys_that_race_for_places_have_one_quota_each() {
    // Six keys, each put in by every thread, in another order; places are taken and looked for all the time.
    let run = |line: &Line, thread: usize| {
        let keys = (0..6_usize).map(|n| u64::try_from((n + thread) % 6).unwrap());
        keys.map(|key| (0..BURST).filter(|_| passes(line, key, 0)).count())
            .sum()
    };
    let admitted = race(2_000, 4, run);
    assert!(
        admitted.iter().all(|sum| *sum == 30),
        "{:?} {:?}",
        admitted.iter().min(),
        admitted.iter().max()
    );
}

#[test]
fn keys_that_are_used_up_stay_so_while_strangers_race_for_their_places() {
    let full = || {
        let line = Line::new();
        (0..7).for_each(|key| assert_eq!(admitted(&line, key, 0), 5));
        line
    };
    let run = |line: &Line, thread: usize| {
        let strangers = (100..140_u64).map(|n| n * 8 + u64::try_from(thread).unwrap());
        strangers.chain(0..7).filter(|key| passes(line, *key, 0)).count()
    };
    let lines: Vec<Line> = (0..500).map(|_| full()).collect();
    let admitted = race_in(&lines, 4, run);
    assert_eq!(admitted.iter().sum::<usize>(), 0);
}

#[test]
fn an_epoch_that_begins_during_a_race_doubles_no_quota() {
    // The line is first touched in an epoch by all threads at once, with a live debt in it.
    let before = 5 * MAX_DEBT - 1;
    let run = |line: &Line, thread: usize| {
        let early = if thread == 0 { admitted(line, 1, before) } else { 0 };
        let late = (0..10).filter(|_| passes(line, 1, before + 2)).count();
        early + late
    };
    let admitted = race(2_000, 4, run);
    assert!(
        admitted.iter().all(|sum| *sum == 5),
        "{:?}",
        admitted.iter().max()
    );
}
