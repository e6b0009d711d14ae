#![expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]
mod flood;
mod refunds;
mod rooms;
mod several;

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use palisade_core::{FakeClock, StoreErrorKind};
use proptest::prelude::*;

use super::*;
use crate::Quota;
use crate::gcra::Tick;
use crate::store::TakenKind;

fn n(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap()
}

fn key(number: u64) -> RateKey {
    RateKey::of_number(number)
}

fn store(quota: &Quota, bytes: usize) -> (MemoryStore<FakeClock>, FakeClock) {
    let clock = FakeClock::new();
    (
        MemoryStore::sized(*quota, bytes)
            .unwrap()
            .with_clock(clock.clone()),
        clock,
    )
}

fn admits(store: &MemoryStore<FakeClock>, quota: &Quota, number: u64) -> bool {
    store
        .take_now(key(number), &Quotas::of(*quota), 1)
        .unwrap()
        .kind()
        == TakenKind::Admitted
}

fn tick(store: &MemoryStore<FakeClock>) -> Tick {
    let Window::Paced(table) = &store.windows.first else {
        panic!("a quota that has a pace")
    };
    table.tick
}

#[test]
fn used_up_keys_stay_refused_through_a_flood_of_fresh_ones() {
    let quota = Quota::per_hour(n(5));
    let (store, clock) = store(&quota, 256 << 10);
    let used_up = 10_000;
    for number in (0..used_up).flat_map(|number| [number; 6]) {
        let _ = admits(&store, &quota, number);
    }
    // 350 000 keys seen once, through 28 672 places, while a minute passes.
    let mut fresh = 0_u32;
    for number in 0..350_000_u64 {
        fresh += u32::from(admits(&store, &quota, 1_000_000 + number));
        if number % 5_000 == 0 {
            clock.advance(Duration::from_millis(857));
        }
    }
    let forgotten = (0..used_up)
        .filter(|number| admits(&store, &quota, *number))
        .count();
    assert_eq!(forgotten, 0);
    // And the flood does not shut everybody else out.
    assert!(
        fresh > 340_000,
        "{fresh} fresh keys were admitted, {} met a full line",
        store.crowded()
    );
}

#[test]
fn a_table_full_of_used_up_keys_refuses_rather_than_forgets() {
    let quota = Quota::per_hour(n(2));
    let (store, _) = store(&quota, MemoryStore::MIN_BYTES);
    let admitted = (0..20_000_u64)
        .flat_map(|number| [number; 3])
        .filter(|number| admits(&store, &quota, *number))
        .count();
    assert!(
        admitted <= 2 * store.capacity(),
        "{admitted} admitted in {} places",
        store.capacity()
    );
    assert!(store.crowded() > 0);
    assert!((0..20_000).all(|number| !admits(&store, &quota, number)));
}

#[test]
fn sizes_are_checked() {
    let quota = Quota::per_minute(n(5));
    for bytes in [0, 64, 4_095, usize::MAX] {
        assert!(MemoryStore::sized(quota, bytes).is_err(), "{bytes}");
    }
    assert_eq!(MemoryStore::sized(quota, 4_096).unwrap().capacity(), 420);
    assert_eq!(MemoryStore::new(quota).unwrap().capacity(), 860_160);
}

#[test]
fn a_quota_too_long_for_the_table_is_refused_at_start_and_never_answered() {
    let (store, _) = store(&Quota::per_second(n(1)), MemoryStore::MIN_BYTES);
    let long = Quotas::of(Quota::new(n(1), Quota::MAX_PERIOD).unwrap());
    assert!(store.supports(&long).is_err());
    assert_eq!(
        store.take_now(key(1), &long, 1).unwrap_err().kind(),
        StoreErrorKind::Failed
    );
    assert!(store.supports(&Quota::per_second(n(5)).into()).is_ok());
}

/// GCRA in u128 over a map: times do not wrap, nothing is packed, nothing is evicted.
struct Model {
    interval: u128,
    depth: u128,
    paid_at: HashMap<u64, u128>,
}

impl Model {
    fn new(quota: &Quota, tick: Tick) -> Self {
        // How long a tick is, in 2^-32 ns.
        let tick = u128::from(tick.nanos(1 << 20)) << 12;
        let interval = quota.interval().div_ceil(tick);
        let depth = interval * u128::from(quota.max_burst().get());
        Self {
            interval,
            depth,
            paid_at: HashMap::new(),
        }
    }

    fn take(&mut self, key: u64, now: u128, cost: u64) -> TakenKind {
        let needed = u128::from(cost.max(1)) * self.interval;
        let paid_at = self.paid_at.entry(key).or_insert(0);
        let after = (*paid_at).max(now) + needed;
        if needed > self.depth {
            TakenKind::NeverFits
        } else if after - now > self.depth {
            TakenKind::Refused
        } else {
            *paid_at = after;
            TakenKind::Admitted
        }
    }
}

/// A quota of every length, and a clock that stands, creeps, paces, or leaps over whole wraps of the packed time.
fn quotas() -> impl Strategy<Value = Quota> {
    let rate = prop_oneof![1_u32..10, 1_u32..5_000, Just(u32::MAX)];
    let millis = prop_oneof![1_u64..5_000, 60_000..3_600_000_u64, Just(2_592_000_000)];
    let burst = prop_oneof![1_u32..20, 1_u32..5_000, Just(u32::MAX)];
    (rate, millis, burst).prop_map(|(rate, millis, burst)| {
        Quota::new(n(rate), Duration::from_millis(millis))
            .unwrap()
            .burst(n(burst))
    })
}

#[derive(Clone, Debug)]
enum Step {
    Take { key: u64, cost: u64 },
    Intervals(f64),
    Leap(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let cost =
        prop_oneof![8 => 0_u64..4, 2 => 0_u64..100, 1 => any::<u32>().prop_map(u64::from), 1 => any::<u64>()];
    let step = prop_oneof![
        6 => (0_u64..3, cost).prop_map(|(key, cost)| Step::Take { key, cost }),
        3 => (0.0..4.0_f64).prop_map(Step::Intervals),
        1 => (1_u64..12).prop_map(Step::Leap),
    ];
    proptest::collection::vec(step, 1..200)
}

fn span(quota: &Quota, intervals: f64) -> Duration {
    quota.period().mul_f64(intervals / f64::from(quota.rate().get()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_table_answers_as_the_model_does(quota in quotas(), steps in steps()) {
        let (store, clock) = store(&quota, MemoryStore::MIN_BYTES);
        let mut model = Model::new(&quota, tick(&store));
        for step in steps {
            match step {
                Step::Take { key: number, cost } => {
                    let nanos = u64::try_from(clock.monotonic().as_nanos()).unwrap();
                    let now = u128::from(tick(&store).of_nanos(nanos));
                    let want = model.take(number, now, cost);
                    let taken = store.take_now(key(number), &quota.into(), cost).unwrap();
                    prop_assert_eq!(taken.kind(), want, "key {} cost {}", number, cost);
                }
                Step::Intervals(intervals) => clock.advance(span(&quota, intervals)),
                // Quarters of an epoch: four epochs are a wrap.
                Step::Leap(quarters) => {
                    let nanos = tick(&store).nanos(quarters << 36);
                    clock.advance(Duration::from_nanos(nanos.min(1 << 55)));
                }
            }
        }
    }

    /// No window sees more than `burst + w * rate / period`, by exact fractions: the TAT of what was admitted, kept in units
    /// of `ns * rate`, never runs more than a burst ahead.
    #[test]
    fn no_window_sees_more_than_the_quota(quota in quotas(), steps in steps()) {
        let (store, clock) = store(&quota, MemoryStore::MIN_BYTES);
        let (rate, period) = (u128::from(quota.rate().get()), quota.period().as_nanos());
        let allowed = u128::from(quota.max_burst().get()) * period;
        // A tick of time, for `now` is rounded down to one.
        let slack = u128::from(tick(&store).nanos(1)) * rate;
        let mut exact = 0_u128;
        for step in steps {
            match step {
                Step::Take { cost, .. } => {
                    let now = clock.monotonic().as_nanos() * rate;
                    if store.take_now(key(0), &quota.into(), cost).unwrap().kind() == TakenKind::Admitted {
                        exact = exact.max(now) + u128::from(cost.max(1)) * period;
                        prop_assert!(exact - now <= allowed + slack, "{} ahead of {}", exact - now, allowed);
                    }
                }
                Step::Intervals(intervals) => clock.advance(span(&quota, intervals)),
                Step::Leap(quarters) => clock.advance(Duration::from_secs(quarters)),
            }
        }
    }
}

/// What the documentation says of a table that an attacker fills: how many of a hundred new keys meet a full line.
#[test]
fn so_many_used_up_keys_crowd_out_so_many_new_ones() {
    let quota = Quota::per_hour(n(3));
    for (share, at_least, at_most) in [
        (0.25, 0.0, 0.01),
        (0.5, 0.04, 0.10),
        (1.0, 0.48, 0.60),
        (2.0, 0.97, 1.0),
    ] {
        let (store, _clock) = store(&quota, 1 << 20);
        #[expect(
            clippy::as_conversions,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a share of a small number"
        )]
        let used_up = (store.capacity() as f64 * share) as u64;
        for key in 0..used_up {
            for _ in 0..3 {
                let _ = admits(&store, &quota, key);
            }
        }
        let new = 10_000_u32;
        let refused = (0..new)
            .filter(|key| !admits(&store, &quota, (1 << 40) | u64::from(*key)))
            .count();
        let refused = f64::from(u32::try_from(refused).unwrap()) / f64::from(new);
        assert!((at_least..=at_most).contains(&refused), "{share}: {refused}");
    }
}

#[test]
fn seven_a_minute_are_seven_a_minute_after_a_fortnight() {
    // governor rounds an interval to nanoseconds, others go through floating point.
    let quota = Quota::per_minute(n(7)).burst(n(2));
    let (store, clock) = store(&quota, MemoryStore::MIN_BYTES);
    let minutes = 14 * 24 * 60_u64;
    let mut admitted = 0_u64;
    for _ in 0..minutes * 20 {
        admitted += u64::from(admits(&store, &quota, 1));
        clock.advance(Duration::from_secs(3));
    }
    assert_eq!(
        admitted,
        minutes * 7 + 1,
        "what came back, and the second of the burst"
    );
}

#[test]
fn threads_admit_no_more_than_the_quota_in_any_window() {
    const THREADS: usize = 4;
    let quota = Quota::per_second(n(10)).burst(n(7));
    let (store, clock) = store(&quota, MemoryStore::MIN_BYTES);
    let barrier = Barrier::new(THREADS);
    let steps: Vec<u64> = (0..1_500_u64).map(|step| step * 7_919 % 400).collect();
    // Every thread asks for one hot key and for many others of the same few lines, then the clock moves for all.
    let one = |thread: usize| -> Vec<u32> {
        let step = |(round, millis): (usize, &u64)| {
            barrier.wait();
            if thread == 0 {
                clock.advance(Duration::from_millis(*millis));
            }
            barrier.wait();
            let mut hot = 0_u32;
            for other in 0..4_u64 {
                hot += u32::from(admits(&store, &quota, 0));
                let stranger = 1 + u64::try_from(round % 50 * THREADS + thread).unwrap() * 4 + other;
                let _ = admits(&store, &quota, stranger);
            }
            hot
        };
        steps.iter().enumerate().map(step).collect()
    };
    let all: Vec<Vec<u32>> = thread::scope(|scope| {
        let running: Vec<_> = (0..THREADS)
            .map(|thread| scope.spawn(move || one(thread)))
            .collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    // In units of a tenth of a millisecond; an interval is 1000 of them.
    let (mut now, mut paid_at, mut total) = (0_u64, 0_u64, 0_u64);
    for (round, millis) in steps.iter().enumerate() {
        now += millis * 10;
        let admitted: u32 = all.iter().map(|rounds| rounds[round]).sum();
        paid_at = paid_at.max(now) + u64::from(admitted) * 1_000;
        total += u64::from(admitted);
        assert!(
            paid_at - now <= 7_000,
            "round {round}: {} tenths of a millisecond ahead",
            paid_at - now
        );
    }
    assert!(
        total * 1_000 >= now / 2,
        "and the limit lets through what it should: {total}"
    );
}
