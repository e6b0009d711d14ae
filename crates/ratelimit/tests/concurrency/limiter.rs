use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use http::HeaderMap;
use palisade_core::{ClientAddr, Collected, FakeClock, Recorder, Refusal, RootSecret, SecurityEvent};
use palisade_ratelimit::{ConcurrencyLimiter, ConcurrencyRefusedKind, InFlight};

fn n(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap()
}

fn limiter(per_key: u32, total: u32) -> Arc<ConcurrencyLimiter> {
    Arc::new(
        ConcurrencyLimiter::new("export", n(per_key))
            .unwrap()
            .with_total(n(total)),
    )
}

fn enter(limiter: &Arc<ConcurrencyLimiter>, key: u64) -> Result<InFlight, ConcurrencyRefusedKind> {
    limiter
        .enter(limiter.key().number(key))
        .map_err(|refused| refused.kind())
}

#[test]
fn a_key_and_all_keys_together_have_a_bound() {
    let limiter = limiter(2, 3);
    let first = enter(&limiter, 1).unwrap();
    let _second = enter(&limiter, 1).unwrap();
    for _ in 0..99 {
        assert_eq!(enter(&limiter, 1).unwrap_err(), ConcurrencyRefusedKind::PerKey);
    }
    let third = enter(&limiter, 2).unwrap();
    for _ in 0..99 {
        assert_eq!(enter(&limiter, 3).unwrap_err(), ConcurrencyRefusedKind::Total);
    }
    assert_eq!(
        (limiter.in_flight(), limiter.in_flight_of(limiter.key().number(1))),
        (3, 2)
    );
    drop(third);
    assert_eq!(
        enter(&limiter, 1).unwrap_err(),
        ConcurrencyRefusedKind::PerKey,
        "refusals took no place"
    );
    drop(first);
    assert!(enter(&limiter, 1).is_ok());
}

#[test]
fn only_what_is_under_way_is_kept() {
    let limiter = limiter(1, 10_000);
    let all: Vec<_> = (0..10_000).map(|key| enter(&limiter, key).unwrap()).collect();
    assert!(format!("{limiter:?}").contains("in_flight: 10000, keys: 10000"));
    drop(all);
    assert!(format!("{limiter:?}").contains("in_flight: 0, keys: 0"));
    for key in 0..100_000 {
        drop(enter(&limiter, key).unwrap());
    }
    assert!(format!("{limiter:?}").contains("in_flight: 0, keys: 0"));
}

#[test]
fn under_threads_there_are_never_more_than_may_be() {
    let limiter = limiter(3, 5);
    let (inside, most, admitted) = (AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0));
    let start = Barrier::new(8);
    let work = |thread: u64| {
        start.wait();
        for turn in 0..2_000 {
            // Two keys, so that both bounds are met.
            let Ok(guard) = enter(&limiter, (thread + turn) % 2) else {
                continue;
            };
            most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            thread::yield_now();
            assert!(limiter.in_flight_of(limiter.key().number((thread + turn) % 2)) <= 3);
            inside.fetch_sub(1, Ordering::SeqCst);
            admitted.fetch_add(1, Ordering::SeqCst);
            drop(guard);
        }
    };
    thread::scope(|scope| (0..8).for_each(|thread| drop(scope.spawn(move || work(thread)))));
    assert!(most.into_inner() <= 5);
    assert!(admitted.into_inner() > 0);
    assert!(
        format!("{limiter:?}").contains("in_flight: 0, keys: 0"),
        "{limiter:?}"
    );
}

#[test]
fn of_a_hundred_at_once_as_many_enter_as_may() {
    let limiter = limiter(7, 1_000);
    let start = Barrier::new(100);
    let entered = thread::scope(|scope| {
        let threads: Vec<_> = (0..100)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    enter(&limiter, 1)
                })
            })
            .collect();
        let results = threads.into_iter().map(|thread| thread.join().unwrap());
        results.filter_map(Result::ok).collect::<Vec<_>>()
    });
    assert_eq!(entered.len(), 7);
}

#[test]
fn a_panic_gives_the_place_back() {
    let limiter = limiter(1, 1);
    let inner = Arc::clone(&limiter);
    let panicked = thread::spawn(move || {
        let _guard = enter(&inner, 1).unwrap();
        panic!("in the middle of it")
    });
    assert!(panicked.join().is_err());
    assert!(enter(&limiter, 1).is_ok());
}

#[test]
fn refusals_say_whose_fault_it_is_and_come_with_a_time() {
    let limiter = limiter(1, 2);
    let _first = enter(&limiter, 1).unwrap();
    let per_key = limiter.enter(limiter.key().number(1)).unwrap_err();
    let _second = enter(&limiter, 2).unwrap();
    let total = limiter.enter(limiter.key().number(1)).unwrap_err();
    let missing = limiter.refuse_without_key();
    let cases = [
        (per_key, 429, "concurrency_exceeded", Some("1")),
        (total, 503, "capacity_exceeded", Some("1")),
        (missing, 500, "concurrency_key_missing", None),
    ];
    for (refused, status, code, wait) in cases {
        let mut headers = HeaderMap::new();
        refused.extend_headers(&mut headers);
        assert_eq!((refused.status().as_u16(), refused.code()), (status, code));
        assert_eq!(
            headers.get("retry-after").map(|value| value.to_str().unwrap()),
            wait
        );
    }
}

#[test]
fn an_attack_does_not_fill_the_log() {
    let (events, clock) = (Collected::new(), FakeClock::new());
    let recorder = Recorder::default().add_sink(events.clone());
    let limiter = ConcurrencyLimiter::new("export", n(1))
        .unwrap()
        .with_recorder(recorder)
        .with_clock(clock.clone());
    let limiter = Arc::new(limiter);
    let _guard = enter(&limiter, 1).unwrap();
    let client = ClientAddr::from_peer([192, 0, 2, 7].into());
    let refused = || limiter.enter_from(limiter.key().number(1), Some(client)).is_err();
    assert!((0..10_000).all(|_| refused()));
    assert_eq!(
        events.entries(),
        [(SecurityEvent::ExcessRateLimitExceeded, Some("in_flight")); 10]
    );
    clock.advance(Duration::from_secs(1));
    assert!(refused() && refused());
    assert_eq!(events.entries().len(), 11);
}

#[test]
fn names_are_checked_and_secrets_shared_at_start() {
    assert!(ConcurrencyLimiter::new("a b", n(1)).is_err());
    let secret = RootSecret::generate().unwrap();
    let key = || {
        let limiter = ConcurrencyLimiter::new("export", n(1))
            .unwrap()
            .with_key_secret(&secret);
        limiter.key().number(1).finish()
    };
    assert_eq!(key(), key());
}
