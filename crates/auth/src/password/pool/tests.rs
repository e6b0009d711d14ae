use std::future::Future;
use std::num::NonZeroUsize;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use palisade_core::{Collected, FakeClock, SecurityEvent};
use tokio::sync::Barrier;

use super::super::lab::Lab;
use super::super::work::Argon2Work;
use super::*;
use crate::password::{
    Argon2Params, PasswordError, PasswordErrorKind, PasswordHash, PasswordSettings, Passwords,
};

const FAILED: SecurityEvent = SecurityEvent::ControlFailed;
const RECOVERED: SecurityEvent = SecurityEvent::ControlRecovered;

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn number(value: usize) -> NonZeroUsize {
    NonZeroUsize::new(value).unwrap()
}

fn settings(threads: usize, queue: usize) -> PasswordSettings {
    PasswordSettings::default()
        .with_threads(number(threads))
        .with_queue(number(queue))
        .with_clock(FakeClock::new())
}

type Hashing = Pin<Box<dyn Future<Output = Result<PasswordHash, PasswordError>> + Send>>;

/// A computation that was submitted: the future was polled once.
fn begin(passwords: &Passwords, text: &str) -> Hashing {
    let (passwords, text) = (passwords.clone(), secret(text));
    let mut hashing: Hashing = Box::pin(async move { passwords.hash_normalised(text).await });
    assert!(poll(&mut hashing).is_pending());
    hashing
}

fn poll(hashing: &mut Hashing) -> Poll<Result<PasswordHash, PasswordError>> {
    hashing.as_mut().poll(&mut Context::from_waker(Waker::noop()))
}

/// What a computation answers that is refused at once.
fn refused(passwords: &Passwords) -> PasswordError {
    let hashing = passwords.hash_normalised(secret("one too many"));
    let polled = pin!(hashing).poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Err(error)) = polled else {
        panic!("it should be refused at once, not {polled:?}");
    };
    error
}

fn kind(result: Result<PasswordHash, PasswordError>) -> Option<PasswordErrorKind> {
    result.err().map(|error| error.kind())
}

fn texts(lab: &Lab) -> Vec<String> {
    lab.take().into_iter().map(|(_, text)| text).collect()
}

#[tokio::test]
async fn a_full_queue_sheds_at_once_and_tells_it_once() {
    let sink = Collected::new();
    let settings = settings(1, 2).with_recorder(Recorder::default().add_sink(sink.clone()));
    let (lab, passwords) = Lab::start(&settings);
    lab.hold();
    let running = begin(&passwords, "running");
    lab.until_running(1);
    let waiting = [begin(&passwords, "first"), begin(&passwords, "second")];
    for _ in 0..3 {
        assert_eq!(refused(&passwords).kind(), PasswordErrorKind::Overloaded);
    }
    assert_eq!(sink.entries(), [(FAILED, Some("overloaded"))]);
    let load = passwords.load();
    assert_eq!((load.running, load.queued, load.shed), (1, 2, 3));

    lab.let_one_go();
    running.await.unwrap();
    assert_eq!(
        sink.kinds(),
        [FAILED],
        "a queue that somebody still waits in has not recovered"
    );
    lab.release();
    for hashing in waiting {
        hashing.await.unwrap();
    }
    assert_eq!(sink.kinds(), [FAILED, RECOVERED]);
    assert_eq!(
        texts(&lab),
        ["running", "first", "second"],
        "first come, first served"
    );
    let load = passwords.load();
    assert_eq!((load.running, load.queued, load.computed), (0, 0, 3));
}

#[tokio::test]
async fn who_hangs_up_frees_no_slot_early() {
    let (lab, passwords) = Lab::start(&settings(1, 1));
    lab.hold();
    let gone = begin(&passwords, "gone");
    lab.until_running(1);
    drop(gone);
    let waiting = begin(&passwords, "waiting");
    assert_eq!(passwords.load().running, 1, "the computation keeps its thread");
    assert_eq!(refused(&passwords).kind(), PasswordErrorKind::Overloaded);
    lab.release();
    waiting.await.unwrap();
    assert_eq!(texts(&lab), ["gone", "waiting"]);
}

#[tokio::test]
async fn who_hangs_up_while_waiting_is_passed_over_at_its_turn() {
    let (lab, passwords) = Lab::start(&settings(1, 1));
    lab.hold();
    let running = begin(&passwords, "running");
    lab.until_running(1);
    drop(begin(&passwords, "gone"));
    assert_eq!(
        refused(&passwords).kind(),
        PasswordErrorKind::Overloaded,
        "it keeps its place"
    );
    lab.let_one_go();
    running.await.unwrap();
    lab.release();
    // The place is free again only when the thread has come to it.
    let mut last = passwords.hash_normalised(secret("last")).await;
    while last.is_err() {
        last = passwords.hash_normalised(secret("last")).await;
    }
    assert_eq!(texts(&lab), ["running", "last"], "it was not computed");
    assert_eq!(passwords.load().abandoned, 1);
}

#[tokio::test]
async fn whoever_waited_too_long_is_refused_at_their_turn() {
    let (sink, clock) = (Collected::new(), FakeClock::new());
    let settings = settings(1, 8)
        .with_clock(clock.clone())
        .with_max_wait(Duration::from_secs(1))
        .with_recorder(Recorder::default().add_sink(sink.clone()));
    let (lab, passwords) = Lab::start(&settings);
    lab.hold();
    let running = begin(&passwords, "running");
    lab.until_running(1);
    let late = begin(&passwords, "late");
    clock.advance(Duration::from_millis(1_001));
    lab.release();
    running.await.unwrap();
    assert_eq!(kind(late.await), Some(PasswordErrorKind::Overloaded));
    assert_eq!(
        texts(&lab),
        ["running"],
        "nothing is computed for whom it is too late"
    );
    assert_eq!(sink.entries(), [(FAILED, Some("overloaded"))]);
    passwords.hash_normalised(secret("next")).await.unwrap();
    assert_eq!(sink.kinds(), [FAILED, RECOVERED]);
}

#[tokio::test]
async fn whoever_would_wait_too_long_is_refused_at_once() {
    let clock = FakeClock::new();
    let settings = settings(1, 64)
        .with_clock(clock.clone())
        .with_max_wait(Duration::from_secs(1));
    let lab = Lab::new().0;
    lab.takes(&clock, Duration::from_millis(500));
    let passwords = lab.passwords(&settings);
    lab.hold();
    let running = begin(&passwords, "running");
    lab.until_running(1);
    let waiting = [begin(&passwords, "first"), begin(&passwords, "second")];
    // One runs and two wait: the next one would wait for three times half a second.
    let error = refused(&passwords);
    assert_eq!(error.kind(), PasswordErrorKind::Overloaded);
    assert_eq!(error.retry_after(), Some(Duration::from_millis(1_500)));
    lab.release();
    running.await.unwrap();
    for hashing in waiting {
        hashing.await.unwrap();
    }
}

#[tokio::test]
async fn a_panic_is_an_error_and_the_thread_lives_on() {
    let sink = Collected::new();
    let settings = settings(1, 8).with_recorder(Recorder::default().add_sink(sink.clone()));
    let (lab, passwords) = Lab::start(&settings);
    lab.panic_once();
    let broken = passwords.hash_normalised(secret("broken")).await;
    assert_eq!(kind(broken), Some(PasswordErrorKind::Internal));
    assert_eq!(sink.entries(), [(FAILED, Some("broken"))]);
    passwords.hash_normalised(secret("next")).await.unwrap();
    assert_eq!(sink.kinds(), [FAILED, RECOVERED]);
    let load = passwords.load();
    assert_eq!((load.failed, load.computed, load.running), (1, 1, 0));
}

#[test]
fn the_threads_end_with_the_last_clone() {
    let (lab, gone) = Lab::new();
    let passwords = lab.passwords(&settings(3, 8));
    let clone = passwords.clone();
    drop(passwords);
    assert!(gone.try_recv().is_err(), "a clone still needs them");
    drop(clone);
    for _ in 0..3 {
        gone.recv().unwrap();
    }
}

#[tokio::test]
async fn what_still_waits_when_the_pool_goes_is_answered() {
    let limits = settings(1, 8).limits().unwrap();
    let pool = Pool::new(limits, Duration::ZERO, AnyClock::default(), Recorder::default());
    let work = Argon2Work::new(Argon2Params::default().cost(), b"somesalt", 32);
    let answer = pool.0.submit(Arc::new(work), secret("waits")).unwrap();
    drop(pool);
    assert!(answer.await.is_err(), "and not left waiting for ever");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_at_once_are_each_computed_or_refused() {
    let (lab, passwords) = Lab::start(&settings(4, 10));
    let barrier = Arc::new(Barrier::new(100));
    let tasks: Vec<_> = (0..100)
        .map(|n| {
            let (passwords, barrier) = (passwords.clone(), Arc::clone(&barrier));
            tokio::spawn(async move {
                barrier.wait().await;
                let text = format!("password {n}");
                let hash = match passwords.hash_normalised(secret(&text)).await {
                    Ok(hash) => hash,
                    Err(error) => return Some(error.kind()),
                };
                // An answer that went to somebody else would not verify.
                match passwords.verify(&hash, secret(&text)).await {
                    Ok(_) => None,
                    Err(error) => Some(error.kind()),
                }
            })
        })
        .collect();
    let mut kinds = Vec::new();
    for task in tasks {
        kinds.push(task.await.unwrap());
    }
    let refused = |kind: &Option<_>| kind.is_none_or(|kind| kind == PasswordErrorKind::Overloaded);
    assert!(kinds.contains(&None) && kinds.iter().all(refused), "{kinds:?}");
    let load = passwords.load();
    assert_eq!((load.running, load.queued, load.abandoned), (0, 0, 0));
    assert_eq!(load.computed, u64::try_from(lab.take().len()).unwrap());
}
