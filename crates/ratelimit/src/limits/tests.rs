use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use palisade_core::{ConfigError, FakeClock};

use super::*;
use crate::store::{Block, Charge, Taken};
use crate::{KeyHasher, Quota, Quotas, RateKey};

/// A store that answers as it is told, each time after it was polled in vain so many times, and keeps what is given back.
#[derive(Default)]
struct Scripted {
    answers: Mutex<VecDeque<Answer>>,
    refunds: Mutex<Vec<Charge>>,
    asked: AtomicUsize,
}

#[derive(Clone, Copy, Debug)]
enum Answer {
    Says(Taken),
    Fails,
}

struct Late<T> {
    polls: usize,
    answer: Option<Result<T, StoreError>>,
}

impl<T: Unpin> Future for Late<T> {
    type Output = Result<T, StoreError>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        match self.polls.checked_sub(1) {
            None => Poll::Ready(self.answer.take().unwrap()),
            Some(left) => {
                self.polls = left;
                Poll::Pending
            }
        }
    }
}

fn late<T>(polls: usize, answer: Result<T, StoreError>) -> Late<T> {
    let answer = Some(answer);
    Late { polls, answer }
}

/// How often the futures of [`Scripted`] are polled in vain.
const POLLS: usize = 2;

impl Store for Scripted {
    type Take = Late<Taken>;
    type Done = Late<()>;
    type Block = Late<Duration>;

    fn take(&self, _: RateKey, _: &Quotas, _: u64) -> Late<Taken> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = match self.answers.lock().unwrap().pop_front() {
            Some(Answer::Says(taken)) => Ok(taken),
            Some(Answer::Fails) | None => Err(StoreError::new(StoreErrorKind::TimedOut)),
        };
        late(POLLS, answer)
    }
    fn peek(&self, key: RateKey, quotas: &Quotas) -> Late<Taken> {
        self.take(key, quotas, 1)
    }
    fn refund(&self, _: RateKey, _: &Quotas, charge: Charge) -> Late<()> {
        self.refunds.lock().unwrap().push(charge);
        late(POLLS, Ok(()))
    }
    fn penalize(&self, _: RateKey, _: &Quotas, _: u64) -> Late<()> {
        late(POLLS, Ok(()))
    }
    fn block(&self, _: RateKey, block: Block) -> Late<Duration> {
        late(POLLS, Ok(block.first()))
    }
    fn reset(&self, _: RateKey) -> Late<()> {
        late(POLLS, Ok(()))
    }
    fn supports(&self, _: &Quotas) -> Result<(), ConfigError> {
        Ok(())
    }
}

const QUOTA: Quota = Quota::per_minute(NonZeroU32::new(60).unwrap()).burst(NonZeroU32::new(10).unwrap());

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// When the scripted stores say that they answer.
const AT: Duration = Duration::from_secs(77);

const fn admits(remaining: u32, reset: Duration) -> Answer {
    Answer::Says(Taken::admitted(AT, remaining, reset))
}

fn scripted(name: &str, answer: Answer) -> RateLimiter<Scripted> {
    let store = Scripted {
        answers: Mutex::new([answer].into()),
        ..Scripted::default()
    };
    RateLimiter::with_store(name, QUOTA, store).unwrap()
}

fn limits<const N: usize>(answers: [Answer; N]) -> Limits<N, Scripted> {
    Limits::new(answers.map(|answer| Arc::new(scripted("limit", answer))))
}

fn attempts<const N: usize>() -> [Attempt; N] {
    let keys = KeyHasher::random().unwrap();
    std::array::from_fn(|n| {
        Attempt::new(keys.key().number(1)).with_cost(u64::try_from(n).unwrap().saturating_add(1))
    })
}

/// Polls to the end, and says how often that was in vain.
fn run<F: Future>(future: F) -> (usize, F::Output) {
    let mut future = std::pin::pin!(future);
    for vain in 0..100 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return (vain, output);
        }
    }
    panic!("it never ends")
}

fn decide<const N: usize>(answers: [Answer; N]) -> Decision {
    run(limits(answers).check(&attempts())).1
}

/// What can be told apart in an answer, but for the limit's place.
fn told(decision: &Decision) -> String {
    match decision {
        Decision::Allow(allowed) => format!("allow {} {:?}", allowed.remaining(), allowed.reset_after()),
        Decision::Deny(denied) => {
            format!(
                "deny {} {:?} {}",
                denied.remaining(),
                denied.retry_after(),
                denied.is_blocked()
            )
        }
        Decision::NeverFits => "never".to_owned(),
        Decision::StoreFailed(_) => "failed".to_owned(),
    }
}

#[test]
fn the_worst_is_told_whatever_the_order() {
    let refuses = |wait| Answer::Says(Taken::refused(AT, 1, secs(wait)));
    let blocked = Answer::Says(Taken::blocked(AT, secs(7)));
    let never = Answer::Says(Taken::never_fits(AT));
    let cases: [(&str, [Answer; 3], &str); 7] = [
        (
            "a store that failed",
            [Answer::Fails, never, refuses(9)],
            "failed",
        ),
        (
            "a cost that never fits",
            [refuses(9), never, admits(9, secs(1))],
            "never",
        ),
        (
            "the longest wait",
            [refuses(9), refuses(3), admits(0, secs(1))],
            "deny 1 9s false",
        ),
        (
            "a block",
            [refuses(3), blocked, admits(0, secs(1))],
            "deny 0 7s true",
        ),
        (
            "a wait longer than a block",
            [refuses(8), blocked, refuses(1)],
            "deny 1 8s false",
        ),
        (
            "the least remaining",
            [admits(9, secs(9)), admits(3, secs(2)), admits(4, secs(1))],
            "allow 3 2s",
        ),
        (
            "the longest reset",
            [admits(3, secs(2)), admits(3, secs(5)), admits(3, secs(4))],
            "allow 3 5s",
        ),
    ];
    for (name, [a, b, c], want) in cases {
        for answers in [[a, b, c], [a, c, b], [b, a, c], [b, c, a], [c, a, b], [c, b, a]] {
            assert_eq!(told(&decide(answers)), want, "{name}: {answers:?}");
        }
    }
}

#[test]
fn the_least_part_is_told_and_not_the_least_number() {
    let wide = RateLimiter::with_store(
        "wide",
        Quota::per_hour(NonZeroU32::new(1_000).unwrap()),
        Scripted {
            answers: Mutex::new([admits(50, secs(1))].into()),
            ..Scripted::default()
        },
    );
    // 4 of 10 are more than 50 of 1 000.
    let limits = Limits::new([
        Arc::new(scripted("narrow", admits(4, secs(9)))),
        Arc::new(wide.unwrap()),
    ]);
    let (_, decision) = run(limits.check(&attempts()));
    assert_eq!(told(&decision), "allow 50 1s");
    assert!(matches!(&decision, Decision::Allow(allowed) if allowed.limit() == 1_000));
}

#[test]
fn what_others_charged_is_given_back_when_one_refuses() {
    let refuses = [
        Answer::Says(Taken::refused(AT, 0, secs(1))),
        Answer::Says(Taken::blocked(AT, secs(1))),
        Answer::Says(Taken::never_fits(AT)),
        Answer::Fails,
    ];
    for refusal in refuses {
        let limits = limits([admits(9, secs(1)), refusal, admits(8, secs(1))]);
        assert!(!run(limits.check(&attempts())).1.is_allowed());
        let refunds = limits
            .as_array()
            .each_ref()
            .map(|limit| limit.store().refunds.lock().unwrap().clone());
        let want = [vec![Charge::new(1, AT)], vec![], vec![Charge::new(3, AT)]];
        assert_eq!(refunds, want, "{refusal:?}");
    }
}

#[test]
fn a_limit_in_shadow_mode_keeps_its_charge_and_refuses_nothing() {
    let refuses = Answer::Says(Taken::refused(AT, 0, secs(5)));
    let shadow = |answer| Arc::new(scripted("shadow", answer).with_shadow());
    let limits = Limits::new([Arc::new(scripted("limit", refuses)), shadow(admits(2, secs(1)))]);
    assert_eq!(told(&run(limits.check(&attempts())).1), "deny 0 5s false");
    assert!(limits.as_array()[1].store().refunds.lock().unwrap().is_empty());

    for answer in [refuses, Answer::Fails, Answer::Says(Taken::never_fits(AT))] {
        let limits = Limits::new([shadow(answer), Arc::new(scripted("limit", admits(9, secs(1))))]);
        let (_, decision) = run(limits.check(&attempts()));
        assert_eq!(
            told(&decision),
            "allow 9 1s",
            "the numbers are of the limit that is enforced"
        );
        let Decision::Allow(allowed) = decision else {
            panic!("allowed")
        };
        assert!(allowed.is_shadowed());
    }
    let alone = Limits::new([shadow(admits(1, secs(1)))]);
    assert!(matches!(run(alone.check(&attempts())).1, Decision::Allow(allowed) if !allowed.is_shadowed()));
}

#[test]
fn all_stores_are_asked_at_once_and_waited_for_together() {
    let four = limits([admits(1, secs(1)); 4]);
    let attempts = attempts();
    let mut check = Box::pin(four.check(&attempts));
    assert!(
        check
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    assert!(
        four.as_array()
            .iter()
            .all(|limit| limit.store().asked.load(Ordering::SeqCst) == 1)
    );
    assert_eq!(
        run(check).0,
        POLLS - 1,
        "as long as one of them takes, not four times as long"
    );
}

#[test]
fn the_whole_is_given_back_with_one_receipt() {
    let shadow = Arc::new(scripted("shadow", admits(3, secs(1))).with_shadow());
    let limits = Limits::new([
        Arc::new(scripted("one", admits(1, secs(1)))),
        shadow,
        Arc::new(scripted("three", admits(2, secs(1)))),
    ]);
    let attempts = attempts();
    let Decision::Allow(allowed) = run(limits.check(&attempts)).1 else {
        panic!("allowed")
    };
    run(limits.refund(&attempts, allowed)).1.unwrap();
    for (limit, cost) in zip(limits.as_array(), 1..) {
        assert_eq!(*limit.store().refunds.lock().unwrap(), [Charge::new(cost, AT)]);
    }
}

#[tokio::test]
async fn of_two_limits_in_memory_both_charge_or_neither() {
    let limit = |burst: u32| {
        let quota = Quota::per_hour(NonZeroU32::new(burst).unwrap());
        let store = MemoryStore::sized(quota, MemoryStore::MIN_BYTES).unwrap();
        Arc::new(RateLimiter::with_store("limit", quota, store.with_clock(FakeClock::new())).unwrap())
    };
    let (narrow, wide) = (limit(3), limit(10));
    let limits = Limits::new([Arc::clone(&wide), Arc::clone(&narrow)]);
    let attempts = [wide.key().number(1).into(), narrow.key().number(1).into()];
    let passed = (0..50)
        .filter(|_| limits.check_now(&attempts).is_allowed())
        .count();
    assert_eq!(passed, 3);
    assert_eq!(
        wide.remaining(attempts[0].key()).await.unwrap(),
        7,
        "three were charged, and 47 given back"
    );
    assert_eq!(format!("{:?}", limits.clone()), r#"["limit", "limit"]"#);
}
