//! The store contract, on one server, on a cluster, and sealed.
use std::sync::Arc;

use palisade_core::{FakeClock, KeyId, KeyRing, Purpose, RootSecret};
use palisade_redis::Redis;
use palisade_session::testing::{Contender, contract, races};
use palisade_session::{Either, MemoryStore};
use palisade_testkit::{RedisCluster, RedisServer};
use tokio::sync::Barrier;

use crate::site::{fresh, patient, standalone};

/// Runs all contenders at once.
async fn race(contenders: Vec<Contender>) {
    let barrier = Arc::new(Barrier::new(contenders.len()));
    let begin = |contender: Contender| {
        let barrier = Arc::clone(&barrier);
        tokio::spawn(async move {
            barrier.wait().await;
            contender.await;
        })
    };
    let running: Vec<_> = contenders.into_iter().map(begin).collect();
    for task in running {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn the_redis_store_keeps_the_contract() {
    let (server, clock) = (RedisServer::start(), FakeClock::new());
    let redis = standalone(&server.url());
    contract(|| fresh(&redis, &clock), &clock).await;
}

#[tokio::test]
async fn the_redis_store_keeps_the_contract_with_sealed_values() {
    let (server, clock) = (RedisServer::start(), FakeClock::new());
    let redis = standalone(&server.url());
    let root = RootSecret::generate().unwrap();
    let ring = KeyRing::new(Purpose::new("sessions"), KeyId::parse("1").unwrap(), &root);
    let sealed = || fresh(&redis, &clock).with_keys(ring.clone());
    contract(sealed, &clock).await;
    contract(|| Either::<MemoryStore, _>::Right(sealed()), &clock).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_redis_store_keeps_the_contract_in_races() {
    let (server, clock) = (RedisServer::start(), FakeClock::new());
    let redis = standalone(&server.url());
    races(|| fresh(&redis, &clock), &race).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_cluster_keeps_the_contract_alone_and_in_races() {
    let (cluster, clock) = (RedisCluster::start(), FakeClock::new());
    let urls = cluster.urls();
    let redis = patient(Redis::cluster(urls.iter().map(String::as_str)).unwrap());
    contract(|| fresh(&redis, &clock), &clock).await;
    races(|| fresh(&redis, &clock), &race).await;
}
