//! Four processes with leases of one busy key, one of which is killed: no window sees more than the quota.
//!
//! The nodes are this very program, started again with [`NODE`] in their environment.
#![expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]
use std::env;
use std::io::{Write, stdout};
use std::process::Command;
use std::time::Duration;

use palisade_core::{Clock, SystemClock, Timestamp};
use palisade_ratelimit::Quota;
use palisade_ratelimit::store::{LeasedStore, Store, TakenKind};
use palisade_redis::Redis;
use palisade_testkit::{Forwarder, RedisServer, ServerProcess, wait_until};

use crate::support::{key, n};

/// The address of the server, for a process that is one of the nodes.
const NODE: &str = "PALISADE_LEASE_NODE";
const RATE: u32 = 2_000;
const BURST: u32 = 1_000;
const ATTEMPTS: u32 = 40_000;

fn quota() -> Quota {
    Quota::per_second(n(RATE)).burst(n(BURST))
}

/// By itself, a node like the others on a server of its own.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_node_admits_no_more_than_the_quota() {
    if let Ok(url) = env::var(NODE) {
        attempt(&url, ATTEMPTS, |at| {
            writeln!(stdout().lock(), "admitted {at}").unwrap();
        })
        .await;
        return;
    }
    let server = RedisServer::start();
    let mut times = Vec::new();
    attempt(&server.url(), ATTEMPTS / 10, |at| times.push(at)).await;
    assert!(times.len() >= 100, "{}", times.len());
    held(times);
}

/// Asks as fast as it can, sixteen at a time, and tells when each admission was.
async fn attempt(url: &str, attempts: u32, mut tell: impl FnMut(u64)) {
    let store = LeasedStore::new(Redis::standalone(url).unwrap(), quota(), n(4)).unwrap();
    let store = store
        .deny_when_down()
        .with_deadline(Duration::from_millis(500))
        .unwrap();
    let one = async |store: &LeasedStore| {
        let before = now();
        let taken = store.take(key(1), &quota().into(), 1).await;
        let admitted = taken.ok().filter(|taken| taken.kind() == TakenKind::Admitted);
        // The decision's own time. The clock of a process is set once; its error cannot lead out of the call.
        admitted.map(|taken| micros(taken.at()).clamp(before, now()))
    };
    for _ in 0..attempts / 16 {
        let sixteen = (0..16).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { one(&store).await })
        });
        for running in sixteen.collect::<Vec<_>>() {
            if let Some(at) = running.await.unwrap() {
                tell(at);
            }
        }
    }
    store.give_back().await;
}

/// Microseconds since the origin of the stores in Redis, by the clock that all processes and the server share.
fn now() -> u64 {
    micros(
        SystemClock::new()
            .now()
            .since(Timestamp::from_secs(1_735_689_600)),
    )
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap()
}

/// The oracle: what was admitted is a burst and a pace, if the debt that it makes never exceeds the burst.
fn held(mut times: Vec<u64>) {
    times.sort_unstable();
    let interval = 1_000_000 / u64::from(RATE);
    let (mut debt, mut last) = (0_u64, 0);
    for at in times {
        debt = debt.saturating_sub(at - last) + interval;
        assert!(debt <= u64::from(BURST) * interval, "{debt} µs of debt at {at}");
        last = at;
    }
}

fn start(url: &str) -> ServerProcess {
    let mut command = Command::new(env::current_exe().unwrap());
    let test = "proof::a_node_admits_no_more_than_the_quota";
    command
        .args(["--exact", test, "--nocapture", "--test-threads", "1"])
        .env(NODE, url);
    ServerProcess::start(&mut command)
}

fn times(output: &str) -> Vec<u64> {
    let lines = output
        .lines()
        .filter_map(|line| line.split_once("admitted ")?.1.trim().parse().ok());
    lines.collect()
}

#[test]
fn nodes_that_die_and_reports_that_are_lost_open_nothing() {
    let server = RedisServer::start();
    let between = Forwarder::start(server.addr());
    let through = format!("redis://{}", between.addr());
    let (steady, lossy, dying) = (
        [start(&server.url()), start(&server.url())],
        start(&through),
        start(&server.url()),
    );
    wait_until("the one that dies has admitted some", || {
        times(&dying.stdout()).len() >= 50
    });
    let before = times(&dying.stdout());
    // Killed, not asked to end: it reports nothing.
    drop(dying);
    let mut cuts = 0;
    wait_until(
        "the one behind the lossy line was cut off again and again",
        || {
            between.cut();
            cuts += 1;
            cuts >= 50
        },
    );
    let mut all = before;
    for node in steady.into_iter().chain([lossy]) {
        let exit = node.wait();
        assert!(exit.status.success(), "{}{}", exit.stdout, exit.stderr);
        all.extend(times(&exit.stdout));
    }
    assert!(all.len() > 1_500, "{}", all.len());
    held(all);
}
