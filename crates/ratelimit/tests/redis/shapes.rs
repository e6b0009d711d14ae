//! Entries that were written under other quotas.
use std::time::Duration;

use palisade_ratelimit::store::{Block, Store, TakenKind};
use palisade_ratelimit::{Quota, Quotas};
use palisade_redis::Redis;
use palisade_testkit::RedisServer;

use crate::support::{admitted, burst, entry, key, kinds, n, patient, take};

/// A deploy that changes the quotas neither frees those who have used theirs up nor fails.
#[tokio::test]
async fn a_key_that_has_nothing_left_has_nothing_left_under_other_quotas() {
    let server = RedisServer::start();
    for (from, before) in (0..).zip(kinds(10)) {
        for (to, after) in (0..).zip(kinds(10)) {
            let number = from * 10 + to;
            let store = patient(&server, before);
            assert_eq!(admitted(&store, number, before, 20).await, 10);
            let store = patient(&server, after);
            assert_eq!(
                admitted(&store, number, after, 1).await,
                0,
                "{before:?} to {after:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_key_that_has_half_left_has_about_half_left_under_other_quotas() {
    let server = RedisServer::start();
    // Ten in ten hours at most, by each kind.
    let long = Duration::from_secs(36_000);
    let all: [Quotas; 3] = [
        Quota::new(n(10), long).unwrap().into(),
        Quota::strict(n(10), long).unwrap().into(),
        Quota::exact(n(10), long).unwrap().into(),
    ];
    for (from, before) in (0..).zip(all) {
        for (to, after) in (0..).zip(all) {
            let number = from * 10 + to;
            assert_eq!(admitted(&patient(&server, before), number, before, 5).await, 5);
            let left = admitted(&patient(&server, after), number, after, 20).await;
            assert_eq!(left, 5, "{before:?} to {after:?}");
        }
    }
}

#[tokio::test]
async fn a_quota_that_a_call_leaves_out_is_not_forgotten() {
    let server = RedisServer::start();
    let both = Quotas::of(burst(100))
        .and(Quota::exact(n(5), Duration::from_secs(3_600)).unwrap())
        .unwrap();
    let store = patient(&server, both);
    assert_eq!(admitted(&store, 1, both, 20).await, 5);
    assert_eq!(admitted(&store, 1, burst(100), 3).await, 3, "by the first alone");
    store.penalize(key(1), &burst(100).into(), 1).await.unwrap();
    assert_eq!(admitted(&store, 1, both, 1).await, 0, "the second remembers");
}

#[tokio::test]
async fn a_block_outlives_a_change_of_quotas() {
    let server = RedisServer::start();
    let store = patient(&server, burst(5));
    store
        .block(key(1), Block::lasting(Duration::from_secs(600)).unwrap())
        .await
        .unwrap();
    for quotas in kinds(10) {
        assert_eq!(
            take(&patient(&server, quotas), 1, quotas).await.kind(),
            TakenKind::Blocked
        );
    }
}

#[tokio::test]
async fn what_is_no_entry_of_ours_is_an_error_and_not_an_opening() {
    let server = RedisServer::start();
    let redis = Redis::standalone(&server.url()).unwrap();
    let store = patient(&server, burst(5));
    let quotas = burst(5).into();
    for junk in [
        "",
        "\u{1}",
        "\u{9}aaaaaaaaaaaaaaaaaaaaaaa",
        "a very long text that is no entry at all",
    ] {
        server.expect_ok(&["SET", &entry(&redis, 1), junk]);
        assert!(store.take(key(1), &quotas, 1).await.is_err(), "{junk:?}");
    }
    drop(server.command(&["DEL", &entry(&redis, 2)]));
    assert_eq!(server.command(&["LPUSH", &entry(&redis, 2), "x"]), "1");
    assert!(store.take(key(2), &quotas, 1).await.is_err());
}
