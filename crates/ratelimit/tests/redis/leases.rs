//! Nodes that hold units in advance.
#![expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]
use std::time::Duration;

use palisade_ratelimit::store::{Block, Charge, LeasedStore, Store, Taken, TakenKind};
use palisade_ratelimit::{Quota, Quotas};
use palisade_redis::Redis;
use palisade_testkit::{RedisServer, eventually, race};

use crate::support::{burst, entry, key, kinds, n, patient};

/// Nothing comes back while a test runs.
const BURST: u32 = 10_000;

fn node(server: &RedisServer, quotas: impl Into<Quotas>) -> LeasedStore {
    let redis = Redis::standalone(&server.url()).unwrap();
    let store = LeasedStore::new(redis, quotas, n(4)).unwrap().deny_when_down();
    store.with_deadline(Duration::from_secs(10)).unwrap()
}

async fn take(store: &LeasedStore, number: u64, quotas: impl Into<Quotas>) -> Taken {
    store.take(key(number), &quotas.into(), 1).await.unwrap()
}

async fn admitted(store: &LeasedStore, number: u64, quotas: impl Into<Quotas>, tries: u32) -> u32 {
    let quotas = quotas.into();
    let mut admitted = 0;
    for _ in 0..tries {
        admitted += u32::from(take(store, number, quotas).await.kind() == TakenKind::Admitted);
    }
    admitted
}

/// Asks until the node holds a lease.
async fn until_leased(server: &RedisServer, store: &LeasedStore, number: u64) -> u32 {
    let mut used = 0;
    eventually("the node holds a lease", async || {
        let before = server.calls("evalsha");
        used += admitted(store, number, burst(BURST), 50).await;
        server.calls("evalsha") == before
    })
    .await;
    used
}

#[tokio::test]
async fn a_busy_key_costs_few_commands() {
    let server = RedisServer::start();
    let store = node(&server, burst(BURST));
    until_leased(&server, &store, 1).await;
    server.expect_ok(&["CONFIG", "RESETSTAT"]);
    assert_eq!(admitted(&store, 1, burst(BURST), 2_000).await, 2_000);
    let commands = server.calls("evalsha");
    assert!(commands <= 200, "{commands} for 2000");
}

#[tokio::test]
async fn small_sliding_and_several_quotas_are_the_servers_call_by_call() {
    let server = RedisServer::start();
    for (number, quotas) in (0..).zip(kinds(16)) {
        let store = node(&server, quotas);
        server.expect_ok(&["CONFIG", "RESETSTAT"]);
        assert_eq!(admitted(&store, number, quotas, 16).await, 16);
        assert_eq!(server.calls("evalsha"), 16);
        assert_eq!(admitted(&store, number, quotas, 9).await, 0);
    }
}

#[test]
fn four_nodes_in_a_race_admit_the_burst_and_no_more() {
    let server = RedisServer::start();
    let quotas = burst(1_000);
    let nodes: Vec<_> = (0..4).map(|_| node(&server, quotas)).collect();
    let counts = race(40, |task| {
        let node = nodes[task % 4].clone();
        async move { admitted(&node, 1, quotas, 100).await }
    });
    let all: u32 = counts.iter().sum();
    assert!(all <= 1_000, "{all}");
    // What is missing is held, and comes back.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let more = runtime.block_on(async {
        for node in &nodes {
            node.give_back().await;
        }
        let rest = patient(&server, quotas);
        crate::support::admitted(&rest, 1, quotas, 1_100).await
    });
    assert_eq!(all + more, 1_000);
}

#[tokio::test]
async fn what_is_given_back_is_there_for_others_at_once() {
    let server = RedisServer::start();
    let (one, other) = (node(&server, burst(BURST)), patient(&server, burst(BURST)));
    let used = until_leased(&server, &one, 1).await;
    let left = |taken: Taken| taken.remaining() + 1;
    let quotas = burst(BURST).into();
    let held = left(other.peek(key(1), &quotas).await.unwrap());
    assert!(held < BURST - used);
    one.give_back().await;
    assert_eq!(left(other.peek(key(1), &quotas).await.unwrap()), BURST - used);
}

/// On a machine that stands still for half a second, a report comes too late and its lease counts as spent: so this is tried
/// with one key after the other.
#[tokio::test]
async fn unused_leases_are_given_back_without_being_asked_for() {
    let server = RedisServer::start();
    let (one, other) = (node(&server, burst(BURST)), patient(&server, burst(BURST)));
    let redis = Redis::standalone(&server.url()).unwrap();
    let quotas = burst(BURST).into();
    let mut number = 0;
    eventually("what was not used is back", async || {
        number += 1;
        let used = until_leased(&server, &one, number).await;
        let settled = async || server.command(&["STRLEN", &entry(&redis, number)]) == "19";
        eventually("nothing is held", settled).await;
        other.peek(key(number), &quotas).await.unwrap().remaining() + 1 == BURST - used
    })
    .await;
}

/// Nobody reports for a node that has died.
#[tokio::test]
async fn what_is_never_reported_counts_as_spent() {
    let server = RedisServer::start();
    let redis = Redis::standalone(&server.url()).unwrap();
    let other = patient(&server, burst(BURST));
    let quotas = burst(BURST).into();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let store = node(&server, burst(BURST));
    let died = runtime.spawn(async move { admitted(&store, 1, burst(BURST), 1_200).await });
    let spent = died.await.unwrap();
    runtime.shutdown_background();
    // The entry is settled when the second epoch after it begins; then it holds nothing, and all is debt.
    let settled = async || {
        let _ = other.take(key(1), &quotas, 1).await.unwrap();
        server.command(&["STRLEN", &entry(&redis, 1)]) == "19"
    };
    eventually("the lease is settled", settled).await;
    let left = other.peek(key(1), &quotas).await.unwrap().remaining();
    assert!(left < BURST - spent, "{left} left of {BURST}, {spent} spent");
    assert!(left >= BURST - spent - 3_000 / 4, "{left}");
}

#[tokio::test]
async fn a_dropped_call_keeps_nobody_waiting() {
    let server = RedisServer::start();
    let store = node(&server, burst(BURST));
    for polls in 0..20 {
        let mut call = Box::pin(store.take(key(1), &burst(BURST).into(), 1));
        if polls % 2 == 0 {
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            let _ = call.as_mut().poll(&mut context).is_ready();
        }
        drop(call);
        assert_eq!(take(&store, 1, burst(BURST)).await.kind(), TakenKind::Admitted);
    }
}

#[tokio::test]
async fn refunds_penalties_blocks_and_resets_reach_a_leased_key() {
    let server = RedisServer::start();
    let store = node(&server, burst(BURST));
    let quotas = burst(BURST).into();
    let used = until_leased(&server, &store, 1).await;
    let taken = take(&store, 1, burst(BURST)).await;
    store
        .refund(key(1), &quotas, Charge::new(1, taken.at()))
        .await
        .unwrap();
    store.give_back().await;
    let left = async || store.peek(key(1), &quotas).await.unwrap().remaining() + 1;
    assert_eq!(left().await, BURST - used);
    store.penalize(key(1), &quotas, 100).await.unwrap();
    assert_eq!(left().await, BURST - used - 100);
    until_leased(&server, &store, 1).await;
    store
        .block(key(1), Block::lasting(Duration::from_secs(60)).unwrap())
        .await
        .unwrap();
    assert_eq!(take(&store, 1, burst(BURST)).await.kind(), TakenKind::Blocked);
    store.reset(key(1)).await.unwrap();
    assert_eq!(left().await, BURST);
    assert_eq!(take(&store, 1, burst(BURST)).await.kind(), TakenKind::Admitted);
}

#[tokio::test]
async fn a_server_that_was_emptied_is_told_what_was_spent() {
    let server = RedisServer::start();
    let store = node(&server, burst(BURST));
    until_leased(&server, &store, 1).await;
    let mut spent = 0;
    server.expect_ok(&["FLUSHALL"]);
    for _ in 0..5 {
        spent += admitted(&store, 1, burst(BURST), 1).await;
    }
    store.give_back().await;
    let left = patient(&server, burst(BURST))
        .peek(key(1), &burst(BURST).into())
        .await
        .unwrap()
        .remaining();
    assert!(left < BURST - spent, "{left}");
}

#[tokio::test]
async fn a_lease_lasts_into_an_outage_and_no_longer() {
    let server = RedisServer::start();
    let store = node(&server, burst(BURST));
    until_leased(&server, &store, 1).await;
    let hasty = store.clone();
    let quotas = burst(BURST).into();
    server.pause();
    // Nobody answers: the call that asks runs into its deadline, unless what is held is enough.
    let mut admitted = 0;
    let ended = async || {
        let mut call = Box::pin(hasty.take(key(1), &quotas, 1));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match call.as_mut().poll(&mut context) {
            std::task::Poll::Ready(taken) => {
                admitted += u32::from(taken.unwrap().kind() == TakenKind::Admitted);
            }
            std::task::Poll::Pending => return true,
        }
        false
    };
    eventually("the lease has ended", ended).await;
    assert!(admitted <= 100, "{admitted}");
    server.resume();
}

#[tokio::test]
async fn plans_of_one_key_are_counted_together() {
    let server = RedisServer::start();
    let store = node(&server, burst(BURST));
    until_leased(&server, &store, 1).await;
    let smaller = Quota::per_hour(n(1)).burst(n(8_000));
    let by_plan = store.take(key(1), &smaller.into(), 1).await.unwrap();
    assert!(by_plan.remaining() < 8_000 - 50, "{}", by_plan.remaining());
}
