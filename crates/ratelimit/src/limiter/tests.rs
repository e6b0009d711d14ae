use std::future::{Ready, ready};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use palisade_core::{ClientAddr, Collected, FakeClock, StoreErrorKind};

use super::*;
use crate::Quota;

const QUOTA: Quota = Quota::per_minute(NonZeroU32::new(60).unwrap()).burst(NonZeroU32::new(3).unwrap());

struct Bench {
    limiter: RateLimiter<MemoryStore<FakeClock>>,
    events: Collected,
    clock: FakeClock,
}

fn bench() -> Bench {
    let (events, clock) = (Collected::new(), FakeClock::new());
    let store = MemoryStore::sized(QUOTA, MemoryStore::MIN_BYTES).unwrap();
    let limiter = RateLimiter::with_store("login", QUOTA, store.with_clock(clock.clone())).unwrap();
    let limiter = limiter.with_recorder(Recorder::default().add_sink(events.clone()));
    Bench {
        limiter,
        events,
        clock,
    }
}

#[tokio::test]
async fn a_decision_carries_its_numbers() {
    let Bench { limiter, clock, .. } = bench();
    for left in [2, 1, 0] {
        let Decision::Allow(allowed) = limiter.check(limiter.key().label("ada")).await else {
            panic!("{left}")
        };
        assert_eq!((allowed.limit(), allowed.remaining()), (3, left));
        assert_eq!(allowed.reset_after(), Duration::from_secs(u64::from(3 - left)));
    }
    clock.advance(Duration::from_millis(300));
    let decision = limiter.check_now(limiter.key().label("ada"));
    assert!(!decision.is_allowed());
    let Decision::Deny(denied) = decision else {
        panic!("{decision:?}")
    };
    assert_eq!((denied.limit(), denied.remaining()), (3, 0));
    assert_eq!(denied.retry_after(), Duration::from_millis(700));
    assert!(limiter.check_now(limiter.key().label("bob")).is_allowed());
}

#[tokio::test]
async fn what_is_left_can_be_asked_and_forgotten() {
    let Bench { limiter, .. } = bench();
    let key = limiter.key().number(1).finish();
    for left in [3, 2, 1, 0] {
        assert_eq!(limiter.remaining(key).await.unwrap(), left);
        assert_eq!(
            limiter.remaining(key).await.unwrap(),
            left,
            "asking takes nothing"
        );
        assert_eq!(limiter.check(key).await.is_allowed(), left > 0);
    }
    limiter.reset(key).await.unwrap();
    assert_eq!(limiter.remaining(key).await.unwrap(), 3);
}

#[test]
fn a_cost_cannot_be_talked_down() {
    let Bench { limiter, events, .. } = bench();
    let attempt = |cost| Attempt::new(limiter.key()).with_cost(cost);
    for cost in [4, u64::from(u32::MAX), u64::from(u32::MAX) + 2, u64::MAX] {
        let decision = limiter.check_now(attempt(cost));
        assert!(matches!(decision, Decision::NeverFits), "{cost}");
        assert_eq!(
            decision.into_result().unwrap_err().kind(),
            LimitRefusedKind::NeverFits
        );
    }
    let passed = (0..100)
        .filter(|_| limiter.check_now(attempt(0)).is_allowed())
        .count();
    assert_eq!(passed, 3, "a cost of zero counts as one");
    assert_eq!(
        events.entries()[0],
        (SecurityEvent::ExcessRateLimitExceeded, Some("cost_never_fits"))
    );
}

#[test]
fn an_attack_does_not_fill_the_log_and_what_is_left_out_is_counted() {
    let Bench {
        limiter,
        events,
        clock,
    } = bench();
    let client = ClientAddr::from_peer([192, 0, 2, 7].into());
    let attempt = Attempt::new(limiter.key().client(&client)).with_client(client);
    let refused = (0..100_000)
        .filter(|_| !limiter.check_now(&attempt).is_allowed())
        .count();
    assert_eq!(refused, 99_997);
    assert_eq!(
        events.entries(),
        [(SecurityEvent::ExcessRateLimitExceeded, Some("over_quota")); 10]
    );
    assert_eq!(limiter.unreported(), 99_987);
    clock.advance(Duration::from_secs(1));
    drop(limiter.check_now(&attempt));
    drop(limiter.check_now(&attempt));
    assert_eq!(events.entries().len(), 11);
    assert_eq!(
        events.entries()[10].1,
        Some("over_quota_sampled"),
        "the log says that it is not complete"
    );
}

/// A store that fails while its number is odd.
struct Flaky(Arc<AtomicU32>);

impl Flaky {
    fn answer(&self) -> Result<Taken, StoreError> {
        match self.0.load(Ordering::Relaxed) % 2 {
            0 => Ok(Taken::admitted(Duration::ZERO, 1, Duration::from_secs(1))),
            _ => Err(StoreError::new(StoreErrorKind::TimedOut)),
        }
    }
}

impl Store for Flaky {
    type Take = Ready<Result<Taken, StoreError>>;
    type Done = Ready<Result<(), StoreError>>;
    type Block = Ready<Result<Duration, StoreError>>;

    fn take(&self, _: RateKey, _: &Quotas, _: u64) -> Self::Take {
        ready(self.answer())
    }
    fn peek(&self, _: RateKey, _: &Quotas) -> Self::Take {
        ready(self.answer())
    }
    fn refund(&self, _: RateKey, _: &Quotas, _: Charge) -> Self::Done {
        ready(self.answer().map(drop))
    }
    fn penalize(&self, _: RateKey, _: &Quotas, _: u64) -> Self::Done {
        ready(self.answer().map(drop))
    }
    fn block(&self, _: RateKey, block: Block) -> Self::Block {
        ready(self.answer().map(|_| block.first()))
    }
    fn reset(&self, _: RateKey) -> Self::Done {
        ready(self.answer().map(drop))
    }
    fn supports(&self, _: &Quotas) -> Result<(), ConfigError> {
        Ok(())
    }
}

#[tokio::test]
async fn a_store_that_fails_lets_nothing_through_and_is_told_of_once() {
    let (events, number) = (Collected::new(), Arc::new(AtomicU32::new(1)));
    let limiter = RateLimiter::with_store("login", QUOTA, Flaky(Arc::clone(&number)))
        .unwrap()
        .with_recorder(Recorder::default().add_sink(events.clone()));
    for _ in 0..100 {
        let decision = limiter.check(limiter.key()).await;
        assert!(matches!(&decision, Decision::StoreFailed(error) if error.is_timeout()));
        assert_eq!(
            decision.into_result().unwrap_err().kind(),
            LimitRefusedKind::StoreFailed
        );
    }
    assert!(limiter.remaining(limiter.key()).await.is_err() && limiter.reset(limiter.key()).await.is_err());
    assert_eq!(events.kinds(), [SecurityEvent::ControlFailed]);
    number.store(2, Ordering::Relaxed);
    for _ in 0..100 {
        assert!(limiter.check(limiter.key()).await.is_allowed());
    }
    assert_eq!(
        events.kinds(),
        [SecurityEvent::ControlFailed, SecurityEvent::ControlRecovered]
    );
}

#[test]
fn names_and_tables_are_checked_at_start() {
    assert!(RateLimiter::new("log in", QUOTA).is_err());
    let long = Quota::new(NonZeroU32::MIN, Quota::MAX_PERIOD).unwrap();
    let store = MemoryStore::sized(QUOTA, MemoryStore::MIN_BYTES).unwrap();
    assert!(RateLimiter::with_store("login", long, store).is_err());
}

#[test]
fn nodes_with_one_secret_agree_on_keys_and_others_do_not() {
    let secret = RootSecret::generate().unwrap();
    let key = |limiter: RateLimiter<_>| limiter.key().label("ada").finish();
    assert_ne!(key(bench().limiter), key(bench().limiter));
    let shared = || bench().limiter.with_key_secret(&secret);
    assert_eq!(key(shared()), key(shared()));
}

fn n(n: u32) -> NonZeroU32 {
    NonZeroU32::new(n).unwrap()
}

#[tokio::test]
async fn a_charge_is_given_back_once_and_no_more_than_once() {
    let Bench { limiter, .. } = bench();
    let attempt = Attempt::new(limiter.key().label("ada")).with_cost(2);
    let Decision::Allow(allowed) = limiter.check(&attempt).await else {
        panic!("it fits")
    };
    assert_eq!(limiter.remaining(attempt.key()).await.unwrap(), 1);
    // The receipt is gone with this call: a second refund does not compile.
    limiter.refund(&attempt, allowed).await.unwrap();
    assert_eq!(limiter.remaining(attempt.key()).await.unwrap(), 3);
}

#[tokio::test]
async fn a_penalty_leaves_nothing_and_a_block_outlasts_the_quota() {
    let Bench { limiter, clock, .. } = bench();
    let key = limiter.key().label("ada").finish();
    limiter.penalize(key, 1_000).await.unwrap();
    assert_eq!(limiter.remaining(key).await.unwrap(), 0);
    clock.advance(Duration::from_secs(3));
    assert_eq!(
        limiter.remaining(key).await.unwrap(),
        3,
        "a penalty is at most the burst"
    );
    let block = Block::lasting(Duration::from_secs(600)).unwrap();
    assert_eq!(limiter.block(key, block).await.unwrap(), Duration::from_secs(600));
    clock.advance(Duration::from_secs(599));
    let Decision::Deny(denied) = limiter.check(key).await else {
        panic!("blocked")
    };
    assert!(denied.is_blocked());
    assert_eq!(denied.retry_after(), Duration::from_secs(1));
    clock.advance(Duration::from_secs(1));
    assert!(limiter.check(key).await.is_allowed());
}

#[tokio::test]
async fn a_key_with_a_plan_has_other_quotas_than_most() {
    let Bench { limiter, .. } = bench();
    let paying = limiter.plan(Quota::per_minute(n(60)).burst(n(50))).unwrap();
    let key = limiter.key().label("acme").finish();
    let attempt = Attempt::new(key).with_plan(paying);
    let passed = (0..100)
        .filter(|_| limiter.check_now(&attempt).is_allowed())
        .count();
    assert_eq!(passed, 50);
    assert!(
        !limiter.check_now(key).is_allowed(),
        "what was used stays when the plan changes"
    );
    let mut headers = HeaderMap::new();
    limiter.write_fields(&attempt, &limiter.check_now(&attempt), &mut headers);
    assert_eq!(headers["ratelimit-policy"], "\"login\";q=50;w=50");
    let long = Quota::new(n(1), Quota::MAX_PERIOD).unwrap().burst(n(1_000_000));
    assert!(
        limiter.plan(long).is_err(),
        "what its store cannot keep is refused at once"
    );
}

#[tokio::test]
async fn a_limit_in_shadow_mode_refuses_nothing_and_says_what_it_would_have() {
    let Bench { limiter, events, .. } = bench();
    let limiter = limiter.with_shadow();
    let attempt = Attempt::new(limiter.key().label("ada"));
    for turn in 0..5 {
        let Decision::Allow(allowed) = limiter.check(&attempt).await else {
            panic!("{turn}")
        };
        assert_eq!(allowed.is_shadowed(), turn >= 3);
        if allowed.is_shadowed() {
            limiter.refund(&attempt, allowed).await.unwrap();
        }
    }
    assert_eq!(
        limiter.remaining(attempt.key()).await.unwrap(),
        0,
        "what was not charged is not given back"
    );
    let number = Arc::new(AtomicU32::new(1));
    let failing = RateLimiter::with_store("login", QUOTA, Flaky(number))
        .unwrap()
        .with_shadow();
    assert!(failing.check(failing.key()).await.is_allowed());
    assert_eq!(
        events.entries(),
        [(SecurityEvent::ExcessRateLimitExceeded, Some("shadow")); 2]
    );
}
