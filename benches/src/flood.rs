//! A flood of ten million keys: what it lets through, what it takes of memory, and what the slowest new key takes.
use std::hint::black_box;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::DefaultClock;
use governor::state::keyed::DefaultKeyedStateStore;
use palisade_ratelimit::{MemoryStore, Quota, RateLimiter};
use rustix::time::{ClockId, clock_gettime};

use crate::{Bar, Row};

const FRESH: u64 = 10_000_000;
const USED_UP: u64 = 10_000;
const ROUNDS: usize = 3;
const BURST: NonZeroU32 = NonZeroU32::new(5).unwrap();
/// The bar for the slowest new key, in nanoseconds.
const SLOW: f64 = 1e6;
/// The bar for the memory of a key.
const FEW_BYTES: f64 = 10.0;

/// What one flood did.
struct Flood {
    /// How many of the used-up keys were refused afterwards.
    still_refused: u64,
    /// What the slowest new key took of the processor, in nanoseconds.
    slowest: f64,
    /// What the flood took of memory.
    bytes: f64,
}

/// The rows: our table of 8 MiB beside governor's map. The peer forgets nobody either; it pays with memory and with pauses.
///
/// # Panics
/// When a key that had used up its quota was let in after the flood: then there is nothing to measure.
#[must_use]
pub fn rows() -> Vec<Row> {
    let (ours, peer) = (calmest(ours), calmest(peer));
    assert_eq!(ours.still_refused, USED_UP, "a flood is no way around the limit");
    assert_eq!(peer.still_refused, USED_UP, "nor is it with a map");
    let row = |what: &str, ours: f64, peer: f64, unit: &'static str, most: f64| Row {
        what: format!("rate limit, 10 M fresh keys, 10 k used-up ones stay refused: {what} / governor keyed"),
        ours,
        peer,
        floor: None,
        ratio: ours / peer,
        bar: Some(Bar::Most(most)),
        unit,
        allocations: None,
    };
    let keys = (FRESH + USED_UP) as f64;
    vec![
        row("slowest new key", ours.slowest, peer.slowest, "ns", SLOW),
        row(
            "memory a key",
            ours.bytes / keys,
            peer.bytes / keys,
            "B",
            FEW_BYTES,
        ),
    ]
}

/// Of some floods the one whose slowest key was fastest: an interrupt counts as the thread's own time, but does not come each time
/// at its worst.
fn calmest(flood: impl Fn() -> Flood) -> Flood {
    let floods = (0..ROUNDS).map(|_| flood());
    floods
        .min_by(|one, other| one.slowest.total_cmp(&other.slowest))
        .expect("a flood")
}

fn ours() -> Flood {
    let before = resident();
    let store = MemoryStore::new(Quota::per_hour(BURST)).expect("a table");
    let limiter = RateLimiter::with_store("flood", Quota::per_hour(BURST), store).expect("a limiter");
    flood(before, |key| {
        limiter.check_now(limiter.key().number(key)).is_allowed()
    })
}

fn peer() -> Flood {
    let before = resident();
    let limiter = governor::RateLimiter::<u64, DefaultKeyedStateStore<u64>, DefaultClock>::keyed(
        governor::Quota::per_hour(BURST),
    );
    flood(before, |key| limiter.check_key(&key).is_ok())
}

fn flood(before: f64, check: impl Fn(u64) -> bool) -> Flood {
    for key in 0..USED_UP {
        let admitted = (0..6).filter(|_| check(key)).count();
        assert_eq!(admitted, 5, "a quota is used up");
    }
    let (mut last, mut slowest) = (busy(), Duration::ZERO);
    for key in USED_UP..USED_UP + FRESH {
        black_box(check(key));
        let now = busy();
        slowest = slowest.max(now.saturating_sub(last));
        last = now;
    }
    Flood {
        still_refused: (0..USED_UP).filter(|key| !check(*key)).count() as u64,
        slowest: slowest.as_secs_f64() * 1e9,
        bytes: resident() - before,
    }
}

/// How long this thread has had a processor. What it waits for one is nobody's fault.
fn busy() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The memory of this process that is in use, in bytes (Linux); elsewhere nothing.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(0.0) * 1024.0
}
