//! One address behind which the master changes.
use palisade_core::StoreErrorKind;
use palisade_testkit::{Forwarder, RedisServer, eventually};

use crate::support::{count, counted, kind, patient, told};

fn follow(replica: &RedisServer, master: &RedisServer) {
    replica.expect_ok(&["REPLICAOF", "127.0.0.1", &master.addr().port().to_string()]);
}

#[tokio::test]
async fn a_master_that_becomes_a_replica_is_left_for_its_successor() {
    let (old, new) = (RedisServer::start(), RedisServer::start());
    let between = Forwarder::start(old.addr());
    let redis = patient(&format!("redis://{}", between.addr()));
    assert_eq!(count(&redis).await.unwrap(), 1);
    between.switch_to(new.addr());
    follow(&old, &new);
    // The connection to the old master is as alive as before; its answer tells.
    let error = count(&redis).await.unwrap_err();
    assert!(told(&error).contains("READONLY"), "{}", told(&error));
    eventually("the new master counts", async || count(&redis).await.is_ok()).await;
    assert!(counted(&new, &redis) >= 1);
    assert_eq!(between.accepted(), 2, "one connection to each");
}

#[tokio::test]
async fn a_replica_is_not_taken_for_a_master() {
    let (master, replica) = (RedisServer::start(), RedisServer::start());
    follow(&replica, &master);
    let redis = patient(&replica.url());
    assert_eq!(kind(count(&redis).await), StoreErrorKind::Failed);
    assert!(redis.ready().await.is_err());
    assert!(redis.is_open());
    assert_eq!((replica.calls("evalsha"), replica.calls("eval")), (0, 0));
    replica.expect_ok(&["REPLICAOF", "NO", "ONE"]);
    eventually("the promoted replica counts", async || {
        count(&redis).await.is_ok()
    })
    .await;
}
