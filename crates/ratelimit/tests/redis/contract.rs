//! The contract of stores, held against a server and against a cluster.
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use palisade_ratelimit::Quotas;
use palisade_ratelimit::store::{RedisStore, Told};
use palisade_ratelimit::testing::{Timed, contract};
use palisade_redis::Redis;
use palisade_testkit::{RedisCluster, RedisServer};

/// Opens stores with prefixes of their own.
struct InRedis {
    redis: Redis,
    time: Told,
    opened: AtomicU64,
}

impl InRedis {
    fn new(redis: Redis) -> Self {
        Self {
            redis,
            time: Told::default(),
            opened: AtomicU64::new(0),
        }
    }
}

impl Timed for InRedis {
    type Store = RedisStore;

    async fn open(&self, quotas: &Quotas) -> RedisStore {
        let number = self.opened.fetch_add(1, Ordering::SeqCst);
        let redis = self
            .redis
            .clone()
            .with_prefix(&format!("contract{number}"))
            .unwrap();
        let store = RedisStore::with_told_time(redis, *quotas, &self.time)
            .unwrap()
            .deny_when_down();
        store.with_deadline(Duration::from_secs(10)).unwrap()
    }

    async fn advance(&self, span: Duration) {
        self.time.advance(span);
    }
}

#[tokio::test]
async fn the_store_in_redis_keeps_the_contract() {
    let server = RedisServer::start();
    contract(&InRedis::new(Redis::standalone(&server.url()).unwrap())).await;
}

#[tokio::test]
async fn the_store_in_a_cluster_keeps_the_contract() {
    let cluster = RedisCluster::start();
    let urls = cluster.urls();
    contract(&InRedis::new(
        Redis::cluster(urls.iter().map(String::as_str)).unwrap(),
    ))
    .await;
}
