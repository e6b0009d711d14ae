//! The scripts do what the store in memory does, call by call.
#![expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]
use std::time::Duration;

use palisade_core::FakeClock;
use palisade_ratelimit::store::{Block, Charge, RedisStore, Store, Taken, TakenKind, Told};
use palisade_ratelimit::{MemoryStore, Quota, Quotas};
use palisade_redis::Redis;
use palisade_testkit::RedisServer;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{key, n};

#[derive(Clone, Debug)]
enum Step {
    Take(u64),
    Peek,
    Refund(prop::sample::Index, bool),
    Penalize(u64),
    Block(u64),
    Pass(u64),
    Reset,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => prop_oneof![Just(1), 0_u64..6, any::<u64>()].prop_map(Step::Take),
        2 => Just(Step::Peek),
        3 => (any::<prop::sample::Index>(), any::<bool>()).prop_map(|(which, all)| Step::Refund(which, all)),
        1 => prop_oneof![0_u64..4, any::<u64>()].prop_map(Step::Penalize),
        1 => (1_u64..5_000).prop_map(Step::Block),
        8 => prop_oneof![Just(0), Just(1), 0_u64..10_000_000, 0_u64..100_000_000].prop_map(Step::Pass),
        1 => Just(Step::Reset),
    ]
}

/// Intervals that are whole in the ticks of a table too: powers of two of microseconds.
fn paced() -> impl Strategy<Value = Quota> {
    (0_u32..4, 1_u32..9).prop_map(|(faster, burst)| {
        let period = Duration::from_micros(1 << 23);
        Quota::new(n(1 << faster), period).unwrap().burst(n(burst))
    })
}

fn strict() -> impl Strategy<Value = Quota> {
    (1_u32..12, 1_u64..40_000_000).prop_map(|(limit, window)| {
        Quota::strict(n(limit), Duration::from_micros(window.max(1_000))).unwrap()
    })
}

fn exact() -> impl Strategy<Value = Quota> {
    (1_u32..12, 1_u64..40_000_000)
        .prop_map(|(limit, window)| Quota::exact(n(limit), Duration::from_micros(window.max(1_000))).unwrap())
}

fn quotas() -> impl Strategy<Value = Quotas> {
    prop_oneof![
        paced().prop_map(Quotas::of),
        strict().prop_map(Quotas::of),
        exact().prop_map(Quotas::of),
        (paced(), strict())
            .prop_filter_map("two of one kind", |(one, other)| Quotas::of(one).and(other).ok()),
        (exact(), strict(), paced()).prop_filter_map("two of one kind", |(one, two, three)| {
            Quotas::of(one).and(two).ok()?.and(three).ok()
        }),
    ]
}

/// One step on either store.
struct Both {
    memory: MemoryStore<FakeClock>,
    clock: FakeClock,
    redis: RedisStore,
    time: Told,
    quotas: Quotas,
    /// What was charged and not given back: cost, and when by either store.
    charges: Vec<(u64, Duration, Duration)>,
}

/// In whole microseconds, rounded up, as the scripts tell it; the store in memory tells nanoseconds.
fn micros(span: Option<Duration>) -> Option<u128> {
    span.map(|span| span.as_nanos().div_ceil(1_000))
}

fn facts(taken: &Taken) -> (TakenKind, u32, usize, Option<u128>, Option<u128>) {
    (
        taken.kind(),
        taken.remaining(),
        taken.quota(),
        micros(taken.retry_after()),
        micros(taken.reset_after()),
    )
}

impl Both {
    async fn step(&mut self, step: &Step) {
        let (key, quotas) = (key(1), self.quotas);
        match *step {
            Step::Take(cost) => {
                let here = self.memory.take(key, &quotas, cost).await.unwrap();
                let there = self.redis.take(key, &quotas, cost).await.unwrap();
                assert_eq!(facts(&here), facts(&there), "take {cost}");
                if here.kind() == TakenKind::Admitted {
                    self.charges.push((cost, here.at(), there.at()));
                }
            }
            Step::Peek => {
                let here = self.memory.peek(key, &quotas).await.unwrap();
                let there = self.redis.peek(key, &quotas).await.unwrap();
                assert_eq!(facts(&here), facts(&there), "peek");
            }
            Step::Refund(..) | Step::Penalize(_) | Step::Block(_) => self.change(step).await,
            Step::Pass(micros) => {
                self.clock.advance(Duration::from_micros(micros));
                self.time.advance(Duration::from_micros(micros));
            }
            Step::Reset => {
                self.memory.reset(key).await.unwrap();
                self.redis.reset(key).await.unwrap();
            }
        }
    }

    async fn change(&mut self, step: &Step) {
        let (key, quotas) = (key(1), self.quotas);
        match *step {
            Step::Refund(which, all) if !self.charges.is_empty() => {
                let (cost, here, there) = self.charges.swap_remove(which.index(self.charges.len()));
                let cost = if all { cost } else { 1 };
                self.memory
                    .refund(key, &quotas, Charge::new(cost, here))
                    .await
                    .unwrap();
                self.redis
                    .refund(key, &quotas, Charge::new(cost, there))
                    .await
                    .unwrap();
            }
            Step::Penalize(cost) => {
                self.memory.penalize(key, &quotas, cost).await.unwrap();
                self.redis.penalize(key, &quotas, cost).await.unwrap();
            }
            Step::Block(millis) => {
                let first = Duration::from_millis(millis);
                let block = Block::doubling(first, 4 * first).unwrap();
                let here = self.memory.block(key, block).await.unwrap();
                assert_eq!(self.redis.block(key, block).await.unwrap(), here);
            }
            Step::Refund(..) | Step::Take(_) | Step::Peek | Step::Pass(_) | Step::Reset => {}
        }
    }
}

#[test]
fn calls_are_answered_as_by_the_store_in_memory() {
    let server = RedisServer::start();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let redis = Redis::standalone(&server.url()).unwrap();
    let mut runner = TestRunner::new(Config {
        cases: 200,
        failure_persistence: None,
        ..Config::default()
    });
    let cases = (quotas(), prop::collection::vec(step(), 1..60));
    let result = runner.run(&cases, |(quotas, steps)| {
        drop(server.command(&["FLUSHALL"]));
        let (clock, time) = (FakeClock::new(), Told::default());
        let store = RedisStore::with_told_time(redis.clone(), quotas, &time)
            .unwrap()
            .deny_when_down();
        let mut both = Both {
            memory: MemoryStore::sized(quotas, 4 << 10)
                .unwrap()
                .with_clock(clock.clone()),
            clock,
            redis: store.with_deadline(Duration::from_secs(10)).unwrap(),
            time,
            quotas,
            charges: Vec::new(),
        };
        for step in &steps {
            runtime.block_on(both.step(step));
        }
        Ok(())
    });
    result.unwrap();
}
