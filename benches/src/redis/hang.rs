//! What decisions take while the server hangs.
use std::time::{Duration, Instant};

use palisade_ratelimit::store::{RedisStore, Store};
use palisade_redis::Redis;
use palisade_testkit::RedisServer;

use super::{key, quota};
use crate::{Bar, Row};

const DECISIONS: u64 = 20_000;
const DEADLINE: Duration = Duration::from_millis(10);

pub(super) fn rows() -> Vec<Row> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(measured())
}

async fn measured() -> Vec<Row> {
    let server = RedisServer::start();
    let store = RedisStore::new(Redis::standalone(&server.url()).unwrap(), quota()).unwrap();
    let warm = store.clone().with_deadline(Duration::from_secs(5)).unwrap();
    let _ = warm.take(key(1), &quota().into(), 1).await.unwrap();
    server.pause();
    let mut times = Vec::new();
    for number in 0..DECISIONS {
        let key = key(number);
        let begin = Instant::now();
        let _ = store.take(key, &quota().into(), 1).await.unwrap();
        times.push(begin.elapsed().as_nanos() as f64);
    }
    times.sort_by(f64::total_cmp);
    let slow = times
        .iter()
        .filter(|time| **time >= DEADLINE.as_nanos() as f64)
        .count();
    server.resume();
    let begin = Instant::now();
    let sent = server.calls("evalsha");
    let mut number = DECISIONS;
    while server.calls("evalsha") == sent {
        number += 1;
        let _ = store.take(key(number), &quota().into(), 1).await.unwrap();
        tokio::task::yield_now().await;
    }
    let back = begin.elapsed().as_nanos() as f64;
    let row = |what: &str, ours: f64, most: f64, unit| Row {
        what: format!("redis hangs, 20 000 decisions: {what}"),
        ours,
        peer: most,
        floor: None,
        ratio: ours / most,
        bar: Some(Bar::Most(most)),
        unit,
        allocations: None,
    };
    vec![
        row("that waited for the deadline / 1", slow as f64, 1.0, ""),
        row(
            "p99 / the deadline",
            times[times.len() * 99 / 100],
            DEADLINE.as_nanos() as f64,
            "ns",
        ),
        row("until decisions are the server's again / 1 s", back, 1e9, "ns"),
    ]
}
