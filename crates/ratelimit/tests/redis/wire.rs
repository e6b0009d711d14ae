//! What is sent, what is written, and how long it stays.
use std::time::Duration;

use palisade_ratelimit::store::{Block, Charge, RedisStore, Store, TakenKind};
use palisade_ratelimit::{Quota, Quotas};
use palisade_redis::Redis;
use palisade_testkit::{RedisServer, eventually, race};

use crate::support::{admitted, burst, entry, key, kinds, n, patient, patiently, take};

#[tokio::test]
async fn a_decision_is_one_command() {
    let server = RedisServer::start();
    for quotas in kinds(9) {
        let store = patient(&server, quotas);
        let _ = take(&store, 1, quotas).await;
        server.expect_ok(&["CONFIG", "RESETSTAT"]);
        assert_eq!(admitted(&store, 2, quotas, 5).await, 5);
        let _ = store.peek(key(2), &quotas).await.unwrap();
        assert_eq!((server.calls("evalsha"), server.calls("eval")), (6, 0));
        assert_eq!(
            (server.calls("get"), server.calls("set")),
            (6, 5),
            "a peek writes nothing"
        );
        server.expect_ok(&["FLUSHALL"]);
    }
}

#[tokio::test]
async fn a_refusal_writes_nothing_and_is_repeated_without_asking() {
    let server = RedisServer::start();
    for quotas in kinds(2) {
        let store = patient(&server, quotas);
        assert_eq!(admitted(&store, 1, quotas, 2).await, 2);
        server.expect_ok(&["CONFIG", "RESETSTAT"]);
        // Another node, which does not know of the refusal yet.
        let other = patient(&server, quotas);
        assert_eq!(take(&other, 1, quotas).await.kind(), TakenKind::Refused);
        assert_eq!((server.calls("evalsha"), server.calls("set")), (1, 0));
        let asked = server.calls("evalsha");
        // A second is over after some of these, on the slowest of machines.
        assert_eq!(admitted(&other, 1, quotas, 1_000).await, 0);
        assert!(server.calls("evalsha") < asked + 500);
        assert_eq!(server.calls("set"), 0);
        server.expect_ok(&["FLUSHALL"]);
    }
}

#[tokio::test]
async fn what_another_node_forgets_is_seen_again() {
    let server = RedisServer::start();
    let (one, other) = (patient(&server, burst(2)), patient(&server, burst(2)));
    assert_eq!(admitted(&one, 1, burst(2), 3).await, 2);
    other.reset(key(1)).await.unwrap();
    let admits = async || take(&one, 1, burst(2)).await.kind() == TakenKind::Admitted;
    eventually("the refusal is not repeated any more", admits).await;
}

#[tokio::test]
async fn every_entry_expires() {
    let server = RedisServer::start();
    let redis = Redis::standalone(&server.url()).unwrap();
    let millis = |number| {
        server
            .command(&["PTTL", &entry(&redis, number)])
            .parse::<u64>()
            .unwrap()
    };
    let second = Duration::from_secs(1);
    let cases: [(Quotas, u64); 4] = [
        (Quota::per_minute(n(60)).burst(n(100)).into(), 3_000),
        (Quota::strict(n(100), 5 * second).unwrap().into(), 10_000),
        (Quota::exact(n(16), 7 * second).unwrap().into(), 7_000),
        (
            Quotas::of(burst(9))
                .and(Quota::exact(n(9), second).unwrap())
                .unwrap(),
            3 * 3_600_000,
        ),
    ];
    for (number, (quotas, longest)) in (0..).zip(cases) {
        let store = patient(&server, quotas);
        for _ in 0..3 {
            let _ = take(&store, number, quotas).await;
        }
        let left = millis(number);
        assert!(
            left > longest / 2 && left <= longest,
            "{quotas:?}: {left} of {longest}"
        );
    }
    let store = patient(&server, burst(9));
    store.penalize(key(7), &burst(9).into(), 2).await.unwrap();
    assert!(millis(7) <= 2 * 3_600_000);
    let block = Block::doubling(second, 4 * second).unwrap();
    store.block(key(8), block).await.unwrap();
    let left = millis(8);
    assert!(
        left > 2_000 && left <= 5_000,
        "the block, and as long as the next would be longer for it: {left}"
    );
}

#[tokio::test]
async fn what_is_given_back_leaves_no_entry() {
    let server = RedisServer::start();
    let redis = Redis::standalone(&server.url()).unwrap();
    for quotas in kinds(9) {
        let store = patient(&server, quotas);
        let taken = take(&store, 1, quotas).await;
        assert_eq!(server.command(&["EXISTS", &entry(&redis, 1)]), "1");
        // An interval takes an hour to be paid: what is left of this one is microseconds.
        store
            .refund(key(1), &quotas, Charge::new(2, taken.at()))
            .await
            .unwrap();
        let left = server.command(&["PTTL", &entry(&redis, 1)]);
        assert_eq!(left, "-2", "{quotas:?}");
    }
}

#[tokio::test]
async fn entries_tell_nothing_about_whose_they_are() {
    let server = RedisServer::start();
    let store = patient(&server, burst(9));
    let _ = take(&store, 1, burst(9)).await;
    let keys = server.command(&["KEYS", "*"]);
    assert!(
        keys.starts_with("palisade:rl:{") && keys.len() == "palisade:rl:{}".len() + 22,
        "{keys}"
    );
}

#[tokio::test]
async fn limits_go_on_after_the_scripts_were_flushed() {
    let server = RedisServer::start();
    let store = patient(&server, burst(5));
    assert_eq!(admitted(&store, 1, burst(5), 2).await, 2);
    server.expect_ok(&["SCRIPT", "FLUSH"]);
    assert_eq!(admitted(&store, 1, burst(5), 9).await, 3);
}

#[tokio::test]
async fn a_server_that_was_emptied_begins_anew() {
    let server = RedisServer::start();
    let store = patient(&server, burst(5));
    assert_eq!(admitted(&store, 1, burst(5), 4).await, 4);
    server.expect_ok(&["FLUSHALL"]);
    assert_eq!(admitted(&store, 1, burst(5), 9).await, 5);
}

#[test]
fn a_hundred_at_once_on_two_nodes_share_one_burst() {
    let server = RedisServer::start();
    for (number, quotas) in (0..).zip(kinds(16)) {
        let nodes = [patient(&server, quotas), patient(&server, quotas)];
        // One connection each, made before the race.
        let kinds = race(100, |task| {
            let store = nodes[task % 2].clone();
            async move { take(&store, number, quotas).await.kind() }
        });
        let admitted = kinds.iter().filter(|kind| **kind == TakenKind::Admitted).count();
        assert_eq!(admitted, 16, "{quotas:?}");
    }
}

#[test]
fn several_windows_are_all_or_nothing_under_contention() {
    let server = RedisServer::start();
    let quotas = Quotas::of(burst(40))
        .and(Quota::exact(n(10), Duration::from_secs(3_600)).unwrap())
        .unwrap();
    let store = patient(&server, quotas);
    let kinds = race(100, |_| {
        let store = store.clone();
        async move { take(&store, 1, quotas).await.kind() }
    });
    assert_eq!(
        kinds.iter().filter(|kind| **kind == TakenKind::Admitted).count(),
        10
    );
    // The larger one has thirty left: refusals took nothing of it.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let alone = patiently(Redis::standalone(&server.url()).unwrap(), burst(40));
    assert_eq!(runtime.block_on(admitted(&alone, 1, burst(40), 50)), 30);
}

#[test]
fn quotas_out_of_range_are_refused_at_start() {
    let redis = || Redis::standalone("redis://127.0.0.1").unwrap();
    let long = Quota::new(n(1), Quota::MAX_PERIOD).unwrap().burst(n(1_000));
    assert!(RedisStore::new(redis(), long).is_err());
    let store = RedisStore::new(redis(), burst(5)).unwrap();
    assert!(store.supports(&long.into()).is_err());
    assert!(
        store
            .supports(&Quota::exact(n(1), Duration::from_secs(1)).unwrap().into())
            .is_err()
    );
    assert!(store.with_deadline(Duration::ZERO).is_err());
}
