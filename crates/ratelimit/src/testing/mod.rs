//! The contract of [`Store`] as a suite that any store can be held to.
use std::num::NonZeroU32;
use std::time::Duration;

use palisade_core::FakeClock;

use crate::store::{Store, Taken, TakenKind};
use crate::{KeyHasher, Quota, RateKey};

/// Holds a store to its [contract](Store#the-contract), number by number.
///
/// `open` makes an empty store for a quota, whose time is the clock's.
///
/// # Panics
/// When the store breaks the contract; the message names the number.
#[expect(clippy::panic, reason = "a test fails by panicking")]
pub async fn contract<S: Store>(open: impl Fn(&Quota, &FakeClock) -> S) {
    let suite = Suite { open };
    let results = [
        suite.bursts_then_paces().await,
        suite.refusals_cost_nothing().await,
        suite.costs_are_bounded().await,
        suite.waits_are_exact().await,
        suite.keys_are_apart().await,
        suite.peeks_change_nothing().await,
        suite.resets_forget().await,
        suite.dropped_futures_leave_it_whole().await,
    ];
    for result in results {
        if let Err(broken) = result {
            panic!("the contract of Store is broken: {broken}");
        }
    }
}

struct Suite<F> {
    open: F,
}

/// Which clause is broken.
type Held = Result<(), &'static str>;

impl<S: Store, F: Fn(&Quota, &FakeClock) -> S> Suite<F> {
    /// A store for 60 a minute, `burst` at once.
    fn start(&self, burst: u32) -> Bench<S> {
        let clock = FakeClock::new();
        let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_minute(NonZeroU32::MIN.saturating_add(59)).burst(burst);
        Bench {
            store: (self.open)(&quota, &clock),
            quota,
            clock,
        }
    }

    async fn bursts_then_paces(&self) -> Held {
        let bench = self.start(5);
        held(
            bench.admitted(1, 20).await == 5,
            "1: a burst passes at once, and no more",
        )?;
        bench.clock.advance(Duration::from_millis(999));
        held(bench.admitted(1, 1).await == 0, "1: nothing before its interval")?;
        bench.clock.advance(Duration::from_millis(1));
        held(bench.admitted(1, 5).await == 1, "1: one after its interval")?;
        bench.clock.advance(Duration::from_secs(3));
        held(bench.admitted(1, 5).await == 3, "1: three after three")?;
        bench.clock.advance(Duration::from_secs(86_400));
        held(
            bench.admitted(1, 20).await == 5,
            "2: never more than the burst at once",
        )?;
        bench.clock.advance(Duration::from_secs(40 * 86_400));
        held(bench.admitted(1, 20).await == 5, "11: nor after forty days")
    }

    async fn refusals_cost_nothing(&self) -> Held {
        let bench = self.start(3);
        bench.admitted(1, 1_000).await;
        bench.clock.advance(Duration::from_secs(1));
        held(bench.admitted(1, 1).await == 1, "3: a refusal adds no debt")?;
        bench.clock.advance(Duration::from_secs(2));
        held(
            bench.kind(1, 3).await == Some(TakenKind::Refused),
            "1: three do not fit on top of one",
        )?;
        held(bench.admitted(1, 9).await == 2, "3: a refused cost adds no debt")
    }

    async fn costs_are_bounded(&self) -> Held {
        let bench = self.start(5);
        for cost in [
            6,
            7_118,
            213_505,
            51_240_957,
            1 << 32,
            (1 << 32) | 1,
            u64::from(u32::MAX),
            u64::MAX / 2,
            u64::MAX,
        ] {
            let never = bench.kind(1, cost).await == Some(TakenKind::NeverFits);
            held(never, "5: a cost over the burst never fits")?;
        }
        held(
            bench.kind(1, 0).await == Some(TakenKind::Admitted),
            "6: a cost of zero is admitted",
        )?;
        held(
            bench.kind(1, 5).await == Some(TakenKind::Refused),
            "6: and counts as one",
        )?;
        held(
            bench.kind(1, 4).await == Some(TakenKind::Admitted),
            "1: four fit on top of one",
        )?;
        held(
            bench.kind(1, 6).await == Some(TakenKind::NeverFits),
            "5: whatever the debt",
        )
    }

    async fn waits_are_exact(&self) -> Held {
        for cost in 1..=4 {
            let bench = self.start(4);
            bench.admitted(1, 4).await;
            bench.clock.advance(Duration::from_millis(333));
            let refused = bench.take(1, cost).await.and_then(|taken| taken.retry_after());
            let wait = refused.ok_or("7: a refusal says when")?;
            held(!wait.is_zero(), "7: the wait is not zero")?;
            bench.clock.advance(Duration::from_micros(ceil_micros(wait)));
            let then = bench.kind(1, cost).await;
            held(
                then == Some(TakenKind::Admitted),
                "7: after the wait it is admitted",
            )?;
        }
        Ok(())
    }

    async fn keys_are_apart(&self) -> Held {
        let bench = self.start(2);
        for key in 0..50 {
            held(bench.admitted(key, 5).await == 2, "8: a key has its own debt")?;
        }
        Ok(())
    }

    async fn peeks_change_nothing(&self) -> Held {
        let bench = self.start(2);
        for left in [1, 0] {
            for _ in 0..3 {
                let peeked = bench.store.peek(key(1), &bench.quota).await.ok();
                let seen = peeked.filter(|taken| taken.kind() == TakenKind::Admitted);
                held(
                    seen.map(|taken| taken.remaining()) == Some(left),
                    "9: a peek answers as a take would",
                )?;
            }
            let taken = bench.take(1, 1).await.map(|taken| taken.remaining());
            held(taken == Some(left), "9: and takes nothing")?;
        }
        let peeked = bench.store.peek(key(1), &bench.quota).await.ok();
        let refused = peeked.and_then(|taken| taken.retry_after());
        held(refused == Some(Duration::from_secs(1)), "9: a peek says when")
    }

    async fn resets_forget(&self) -> Held {
        let bench = self.start(3);
        bench.admitted(1, 9).await;
        bench.admitted(2, 9).await;
        held(bench.store.reset(key(1)).await.is_ok(), "10: a reset succeeds")?;
        held(
            bench.admitted(1, 9).await == 3,
            "10: after a reset there is no debt",
        )?;
        held(bench.admitted(2, 9).await == 0, "10: for that key only")?;
        held(
            bench.store.reset(key(3)).await.is_ok(),
            "10: an unknown key can be reset",
        )
    }

    async fn dropped_futures_leave_it_whole(&self) -> Held {
        let bench = self.start(10);
        for _ in 0..5 {
            drop(bench.store.take(key(1), &bench.quota, 1));
        }
        let admitted = bench.admitted(1, 20).await;
        held((5..=10).contains(&admitted), "13: done or not begun")
    }
}

struct Bench<S> {
    store: S,
    quota: Quota,
    clock: FakeClock,
}

impl<S: Store> Bench<S> {
    async fn take(&self, key: u64, cost: u64) -> Option<Taken> {
        self.store.take(self::key(key), &self.quota, cost).await.ok()
    }

    async fn kind(&self, key: u64, cost: u64) -> Option<TakenKind> {
        self.take(key, cost).await.map(|taken| taken.kind())
    }

    /// How many of `tries` attempts of cost one are admitted.
    async fn admitted(&self, key: u64, tries: u32) -> u32 {
        let mut admitted = 0_u32;
        for _ in 0..tries {
            let passed = self.kind(key, 1).await == Some(TakenKind::Admitted);
            admitted = admitted.saturating_add(u32::from(passed));
        }
        admitted
    }
}

/// Keys need no secret here.
fn key(number: u64) -> RateKey {
    KeyHasher::from_secret([b's'; 16]).key().number(number).finish()
}

#[expect(clippy::fn_params_excessive_bools, reason = "an assertion")]
fn held(holds: bool, clause: &'static str) -> Held {
    if holds { Ok(()) } else { Err(clause) }
}

/// The test clock counts microseconds.
fn ceil_micros(span: Duration) -> u64 {
    u64::try_from(span.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX)
}
