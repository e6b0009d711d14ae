//! A real cluster of three masters.
use std::time::Duration;

use palisade_core::StoreErrorKind;
use palisade_redis::{Key, Redis};
use palisade_testkit::{RedisCluster, RedisServer, eventually, free_port};

use crate::support::{COUNT, at_once, hastily, kind, patiently, told};

fn connect(cluster: &RedisCluster) -> Redis {
    let urls = cluster.urls();
    patiently(&Redis::cluster(urls.iter().map(String::as_str)).unwrap())
}

async fn count(redis: &Redis, key: &Key) -> Result<i64, palisade_core::StoreError> {
    redis.call(&COUNT, key, &[]).await?.into_int()
}

/// The slot as the server works it out.
fn slot(cluster: &RedisCluster, key: &Key) -> u16 {
    cluster.nodes()[0]
        .command(&["CLUSTER", "KEYSLOT", key.as_str()])
        .parse()
        .unwrap()
}

fn keys(redis: &Redis) -> Vec<Key> {
    (0..300_u32)
        .map(|number| redis.key("test", &number.to_be_bytes()))
        .collect()
}

fn sum(cluster: &RedisCluster, of: impl Fn(&RedisServer) -> u64) -> u64 {
    cluster.nodes().iter().map(of).sum()
}

#[tokio::test]
async fn each_key_is_asked_of_the_node_that_has_it() {
    let cluster = RedisCluster::start();
    // One address is enough.
    let redis = patiently(&Redis::cluster([cluster.urls()[1].as_str()]).unwrap());
    redis.ready().await.unwrap();
    let keys = keys(&redis);
    for key in &keys {
        assert_eq!(count(&redis, key).await.unwrap(), 1);
    }
    for node in cluster.nodes() {
        assert!(node.command(&["DBSIZE"]).parse::<u64>().unwrap() > 0);
        node.expect_ok(&["CONFIG", "RESETSTAT"]);
    }
    for key in &keys {
        assert_eq!(count(&redis, key).await.unwrap(), 2);
    }
    assert_eq!(
        sum(&cluster, |node| node.calls("evalsha")),
        300,
        "one command a call, none sent on"
    );
    assert_eq!(sum(&cluster, |node| node.calls("eval")), 0);
}

#[tokio::test]
async fn keys_of_one_subject_lie_together() {
    let cluster = RedisCluster::start();
    let redis = connect(&cluster);
    for number in 0..20_u32 {
        let subject = number.to_be_bytes();
        let together = [redis.key("a", &subject), redis.key("b", &subject)];
        assert_eq!(slot(&cluster, &together[0]), slot(&cluster, &together[1]));
        redis.call_keys(&COUNT, &together, &[]).await.unwrap();
    }
    let apart = [redis.key("a", b"1"), redis.key("a", b"2")];
    assert_eq!(
        kind(redis.call_keys(&COUNT, &apart, &[]).await),
        StoreErrorKind::Failed
    );
}

#[tokio::test]
async fn a_slot_that_moves_is_followed_and_counted_once() {
    let cluster = RedisCluster::start();
    let redis = connect(&cluster);
    let key = redis.key("test", b"ada");
    assert_eq!(count(&redis, &key).await.unwrap(), 1);
    let slot = slot(&cluster, &key);
    let (from, to) = cluster.owner_and_other(slot);
    cluster.begin_move(slot, from, to);
    assert_eq!(
        count(&redis, &key).await.unwrap(),
        2,
        "the key is still where it was"
    );
    let port = to.addr().port().to_string();
    from.expect_ok(&["MIGRATE", "127.0.0.1", &port, key.as_str(), "0", "5000"]);
    assert_eq!(count(&redis, &key).await.unwrap(), 3, "sent on once, by ASK");
    cluster.finish_move(slot, from, to);
    assert_eq!(count(&redis, &key).await.unwrap(), 4, "sent on, by MOVED");
    assert_eq!(to.command(&["GET", key.as_str()]), "4");
    // From the new map on, the old node is not asked any more.
    let mut counted = 4;
    eventually("the new map is in use", async || {
        let before = from.calls("evalsha");
        counted += 1;
        assert_eq!(count(&redis, &key).await.unwrap(), counted);
        from.calls("evalsha") == before
    })
    .await;
}

#[tokio::test]
async fn a_node_that_hangs_keeps_nobody_from_the_others() {
    let cluster = RedisCluster::start();
    let redis = connect(&cluster);
    let keys = keys(&redis);
    for key in &keys {
        count(&redis, key).await.unwrap();
    }
    let hung = &cluster.nodes()[2];
    let hasty = hastily(&redis);
    let of_hung = |key: &&Key| owns(hung, &cluster, key);
    let (lost, kept): (Vec<_>, Vec<_>) = keys.iter().partition(of_hung);
    hung.pause();
    assert_eq!(kind(count(&hasty, lost[0]).await), StoreErrorKind::TimedOut);
    for key in &lost {
        let error = at_once(count(&hasty, key))
            .expect("nothing to wait for")
            .unwrap_err();
        assert!(told(&error).contains("not asked"), "{}", told(&error));
    }
    assert!(hasty.is_open());
    for key in kept.iter().take(20) {
        count(&redis, key).await.unwrap();
    }
    hung.resume();
    eventually("the node is back", async || count(&redis, lost[0]).await.is_ok()).await;
}

/// Whether the key lies in the last third of the slots.
fn owns(node: &RedisServer, cluster: &RedisCluster, key: &Key) -> bool {
    cluster.owner_and_other(slot(cluster, key)).0.addr() == node.addr()
}

#[tokio::test]
async fn a_cluster_that_is_not_there_costs_one_deadline() {
    let url = format!("redis://127.0.0.1:{}", free_port());
    let redis = Redis::cluster([url.as_str()])
        .unwrap()
        .with_deadline(Duration::from_millis(20))
        .unwrap();
    let key = redis.key("test", b"ada");
    assert!(count(&redis, &key).await.is_err());
    assert!(redis.is_open());
    for _ in 0..1000 {
        let error = at_once(count(&redis, &key))
            .expect("nothing to wait for")
            .unwrap_err();
        assert!(told(&error).contains("not asked"), "{}", told(&error));
    }
}

#[tokio::test]
async fn one_address_that_answers_is_enough() {
    let cluster = RedisCluster::start();
    let gone = format!("redis://127.0.0.1:{}", free_port());
    let redis = patiently(&Redis::cluster([gone.as_str(), cluster.urls()[0].as_str()]).unwrap());
    redis.ready().await.unwrap();
    assert!(!redis.is_open(), "an address that is in no map does not count");
}
