//! One of the processes that share a busy key.
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use palisade_core::{Clock, SystemClock, Timestamp};
use palisade_ratelimit::store::{Either, LeasedStore, RedisStore, Store, TakenKind};
use palisade_redis::Redis;
use tokio::time::{MissedTickBehavior, interval};

use super::{key, n, quota};

/// How many processes there are.
pub(super) const NODES: u32 = 4;
/// How long a trace is, in milliseconds.
pub(super) const TRACE: u64 = 6_000;

/// Attempts a second of all nodes together, at a time of the trace in milliseconds.
fn offered(trace: &str, at: u64) -> u64 {
    match trace {
        "half" => 500,
        "twice" => 2_000,
        "ten" => 10_000,
        "steps" if (at / 1_000).is_multiple_of(2) => 200,
        "steps" => 6_000,
        "bursts" if at % 2_000 < 1_900 => 0,
        "bursts" => 20_000,
        _ => 0,
    }
}

/// Runs one node: `URL strict|leased TRACE`. It prints `o` and `a`, each with a time, for what was offered and what was admitted.
///
/// # Panics
/// Where anything is wrong.
pub fn run(arguments: &[String]) {
    let [url, mode, trace] = arguments else {
        panic!("URL, mode and trace")
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(attempts(url, mode, trace));
}

async fn attempts(url: &str, mode: &str, trace: &str) {
    let redis = Redis::standalone(url).unwrap();
    let patience = Duration::from_millis(500);
    let store = Arc::new(if mode == "strict" {
        Either::Left(
            RedisStore::new(redis, quota())
                .unwrap()
                .deny_when_down()
                .with_deadline(patience)
                .unwrap(),
        )
    } else {
        let leased = LeasedStore::new(redis, quota(), n(NODES)).unwrap();
        Either::Right(leased.deny_when_down().with_deadline(patience).unwrap())
    });
    let lines = Arc::new(Mutex::new(VecDeque::new()));
    let mut ticks = interval(Duration::from_millis(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    // In thousandths of an attempt.
    let mut due = 0;
    for at in 0..TRACE {
        ticks.tick().await;
        due += offered(trace, at) / u64::from(NODES);
        while due >= 1_000 {
            due -= 1_000;
            drop(tokio::spawn(attempt(Arc::clone(&store), Arc::clone(&lines))));
        }
        if at % 50 == 0 {
            print(&lines);
        }
    }
    if let Either::Right(leased) = &*store {
        leased.give_back().await;
    }
    // The last attempts have a deadline.
    tokio::time::sleep(patience).await;
    print(&lines);
}

async fn attempt(store: Arc<Either<RedisStore, LeasedStore>>, lines: Arc<Mutex<VecDeque<(char, u64)>>>) {
    let before = now();
    let taken = store.take(key(1), &quota().into(), 1).await;
    let mut lines = lines.lock().unwrap();
    lines.push_back(('o', before));
    if let Some(taken) = taken.ok().filter(|taken| taken.kind() == TakenKind::Admitted) {
        lines.push_back(('a', micros(taken.at()).clamp(before, now())));
    }
}

fn print(lines: &Mutex<VecDeque<(char, u64)>>) {
    let mut text = String::new();
    for (what, at) in lines.lock().unwrap().drain(..) {
        let _ = writeln!(text, "{what} {at}");
    }
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).unwrap();
    out.flush().unwrap();
}

/// Microseconds since the origin of the stores, by the clock that all processes and the server share.
fn now() -> u64 {
    micros(
        SystemClock::new()
            .now()
            .since(Timestamp::from_secs(1_735_689_600)),
    )
}

fn micros(span: Duration) -> u64 {
    span.as_micros() as u64
}
