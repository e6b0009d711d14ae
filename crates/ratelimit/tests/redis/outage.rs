//! A server that is away, and what a node decides meanwhile.
use std::time::Duration;

use palisade_core::{Collected, Recorder, SecurityEvent};
use palisade_ratelimit::store::{Block, Charge, RedisStore, Store, TakenKind};
use palisade_ratelimit::{Quota, Quotas};
use palisade_redis::Redis;
use palisade_testkit::{Forwarder, RedisServer, eventually, free_port};

use crate::support::{admitted, burst, entry, key, kinds, n, patient, take};

/// A store that is connected, and then waits 20 ms at most.
async fn connected(redis: Redis, quotas: impl Into<Quotas>) -> RedisStore {
    let quotas = quotas.into();
    let store = RedisStore::new(redis, quotas).unwrap();
    let patient = store.clone().with_deadline(Duration::from_secs(10)).unwrap();
    let _ = take(&patient, 1_000, quotas).await;
    store.with_deadline(Duration::from_millis(20)).unwrap()
}

#[tokio::test]
async fn an_outage_is_no_fresh_start() {
    for quotas in kinds(10) {
        let server = RedisServer::start();
        let redis = Redis::standalone(&server.url()).unwrap();
        let store = connected(redis.clone(), quotas).await;
        let patient = store.clone().with_deadline(Duration::from_secs(10)).unwrap();
        assert_eq!(admitted(&patient, 1, quotas, 7).await, 7);
        server.pause();
        assert_eq!(admitted(&store, 1, quotas, 20).await, 3, "{quotas:?}");
        eventually("the server is known to be away", async || redis.is_open()).await;
        server.resume();
    }
}

#[tokio::test]
async fn nothing_opens_and_nothing_is_sent_while_the_server_hangs() {
    let server = RedisServer::start();
    let redis = Redis::standalone(&server.url()).unwrap();
    let store = connected(redis.clone(), burst(5)).await;
    server.pause();
    let mut admitted = 0;
    for number in 0..200 {
        admitted += self::admitted(&store, number, burst(5), 10).await;
    }
    assert_eq!(admitted, 1_000, "each key its own five");
    server.resume();
    eventually("the server is back", async || !redis.is_open()).await;
    // One command was under way when it hung; the others were not sent.
    let sent = server.calls("evalsha");
    assert!(sent <= 3, "{sent}");
    let mut number = 5_000;
    let back = async || {
        number += 1;
        let _ = take(&store, number, burst(5)).await;
        server.calls("evalsha") > sent
    };
    eventually("decisions are the server's again", back).await;
}

#[tokio::test]
async fn a_node_of_several_allows_its_part() {
    let quotas = burst(12);
    let gone = format!("redis://127.0.0.1:{}", free_port());
    let store = RedisStore::new(Redis::standalone(&gone).unwrap(), quotas)
        .unwrap()
        .with_nodes(n(4))
        .unwrap();
    assert_eq!(admitted(&store, 1, quotas, 20).await, 3);
    // It fits the quota, but not the part: not now, rather than never.
    let taken = store.take(key(2), &quotas.into(), 12).await.unwrap();
    assert_eq!(taken.kind(), TakenKind::Refused);
    assert!(!taken.retry_after().unwrap().is_zero());
    assert_eq!(
        store.take(key(2), &quotas.into(), 13).await.unwrap().kind(),
        TakenKind::NeverFits
    );
}

#[tokio::test]
async fn denying_when_down_admits_nothing() {
    let gone = format!("redis://127.0.0.1:{}", free_port());
    let store = RedisStore::new(Redis::standalone(&gone).unwrap(), burst(5))
        .unwrap()
        .deny_when_down();
    let quotas = burst(5).into();
    for _ in 0..50 {
        assert!(store.take(key(1), &quotas, 1).await.is_err());
        assert!(store.peek(key(1), &quotas).await.is_err());
    }
    assert!(store.penalize(key(1), &quotas, 1).await.is_err());
    assert!(
        store
            .block(key(1), Block::lasting(Duration::from_secs(1)).unwrap())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn blocks_penalties_and_refunds_count_on_the_node_meanwhile() {
    let gone = format!("redis://127.0.0.1:{}", free_port());
    let store = RedisStore::new(Redis::standalone(&gone).unwrap(), burst(5)).unwrap();
    let quotas = burst(5).into();
    store.penalize(key(1), &quotas, 3).await.unwrap();
    assert_eq!(admitted(&store, 1, quotas, 9).await, 2);
    let taken = take(&store, 2, quotas).await;
    store
        .refund(key(2), &quotas, Charge::new(1, taken.at()))
        .await
        .unwrap();
    assert_eq!(admitted(&store, 2, quotas, 9).await, 5);
    let span = store
        .block(key(3), Block::lasting(Duration::from_secs(60)).unwrap())
        .await
        .unwrap();
    assert_eq!(span, Duration::from_secs(60));
    assert_eq!(take(&store, 3, quotas).await.kind(), TakenKind::Blocked);
    assert!(
        store.reset(key(3)).await.is_err(),
        "a reset that the server did not hear of is none"
    );
}

#[tokio::test]
async fn a_block_holds_through_an_outage() {
    let server = RedisServer::start();
    let store = connected(Redis::standalone(&server.url()).unwrap(), burst(5)).await;
    let patient = store.clone().with_deadline(Duration::from_secs(10)).unwrap();
    patient
        .block(key(1), Block::lasting(Duration::from_secs(600)).unwrap())
        .await
        .unwrap();
    server.pause();
    assert_eq!(take(&store, 1, burst(5)).await.kind(), TakenKind::Blocked);
    server.resume();
}

/// A charge that the server made is given back to the node, and the other way round: both tell the same time.
#[tokio::test]
async fn charges_are_given_back_across_an_outage() {
    let server = RedisServer::start();
    let quota = Quota::per_hour(n(1)).burst(n(5));
    let store = connected(Redis::standalone(&server.url()).unwrap(), quota).await;
    let patient = store.clone().with_deadline(Duration::from_secs(10)).unwrap();
    let by_server = take(&patient, 1, quota).await;
    server.pause();
    let by_node = take(&store, 1, quota).await;
    let apart = by_node.at().abs_diff(by_server.at());
    assert!(apart < Duration::from_secs(60), "{apart:?}");
    store
        .refund(key(1), &quota.into(), Charge::new(1, by_server.at()))
        .await
        .unwrap();
    // Of the second, what their clocks are apart may be missing.
    let left = admitted(&store, 1, quota, 9).await;
    assert!((3..=4).contains(&left), "{left}");
    server.resume();
}

#[tokio::test]
async fn an_outage_is_told_once() {
    let server = RedisServer::start();
    let sink = Collected::new();
    let recorder = Recorder::default().add_sink(sink.clone());
    let redis = Redis::standalone(&server.url()).unwrap().with_recorder(recorder);
    let store = connected(redis, burst(5)).await;
    server.pause();
    for number in 0..100 {
        let _ = take(&store, number, burst(5)).await;
    }
    server.resume();
    let told = [SecurityEvent::ControlFailed, SecurityEvent::ControlRecovered];
    eventually("the end is told", async || sink.kinds() == told).await;
}

#[tokio::test]
async fn resets_of_the_connection_open_nothing() {
    let server = RedisServer::start();
    let between = Forwarder::start(server.addr());
    let redis = Redis::standalone(&format!("redis://{}", between.addr())).unwrap();
    let store = connected(redis, burst(50)).await;
    let mut admitted = 0;
    for round in 0..300 {
        if round % 10 == 0 {
            between.cut();
        }
        admitted += u32::from(take(&store, 1, burst(50)).await.kind() == TakenKind::Admitted);
    }
    // Whoever decides, the node has counted along: what it admits by itself is on top of nothing.
    assert!(admitted <= 100, "{admitted}");
    let left = patient(&server, burst(50));
    let more = self::admitted(&left, 1, burst(50), 60).await;
    assert!(admitted + more <= 100, "{admitted} and {more}");
}

#[tokio::test]
async fn a_successor_goes_on_where_its_master_was() {
    let (old, new) = (RedisServer::start(), RedisServer::start());
    new.expect_ok(&["REPLICAOF", "127.0.0.1", &old.addr().port().to_string()]);
    eventually("the replica is in step", async || {
        new.command(&["INFO", "replication"]).contains("link_status:up")
    })
    .await;
    let between = Forwarder::start(old.addr());
    let redis = Redis::standalone(&format!("redis://{}", between.addr())).unwrap();
    let store = connected(redis, burst(10)).await;
    let patient = store.clone().with_deadline(Duration::from_secs(10)).unwrap();
    assert_eq!(admitted(&patient, 1, burst(10), 6).await, 6);
    let kept = entry(&Redis::standalone(&old.url()).unwrap(), 1);
    let passed_on = async || new.command(&["GET", &kept]) == old.command(&["GET", &kept]);
    eventually("the entry is passed on", passed_on).await;
    new.expect_ok(&["REPLICAOF", "NO", "ONE"]);
    between.switch_to(new.addr());
    old.expect_ok(&["REPLICAOF", "127.0.0.1", &new.addr().port().to_string()]);
    let (mut more, mut other) = (0, 5_000);
    let moved = async || {
        more += u32::from(take(&patient, 1, burst(10)).await.kind() == TakenKind::Admitted);
        other += 1;
        let _ = take(&patient, other, burst(10)).await;
        new.calls("evalsha") > 0
    };
    eventually("the successor decides", moved).await;
    more += admitted(&patient, 1, burst(10), 20).await;
    // What the node decided by itself in between is not known to the successor, and is at most what was left.
    assert!((4..=8).contains(&more), "{more}");
}
