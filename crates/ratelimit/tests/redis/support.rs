//! Servers, quotas and keys that the tests share.
#![expect(clippy::arithmetic_side_effects, reason = "a test that overflows fails")]
use std::num::NonZeroU32;
use std::time::Duration;

use palisade_core::{RootSecret, Secret};
use palisade_ratelimit::store::{RedisStore, Store, Taken, TakenKind};
use palisade_ratelimit::{KeyHasher, Quota, Quotas, RateKey};
use palisade_redis::Redis;
use palisade_testkit::RedisServer;

pub(crate) fn n(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap()
}

/// So many at once, and none again while a test runs.
pub(crate) fn burst(burst: u32) -> Quota {
    Quota::per_hour(n(1)).burst(n(burst))
}

/// Every kind of quota, each with that limit, for longer than a test runs.
pub(crate) fn kinds(limit: u32) -> [Quotas; 4] {
    let hour = Duration::from_secs(3_600);
    let strict = Quota::strict(n(limit), hour).unwrap();
    let exact = Quota::exact(n(limit), hour).unwrap();
    let several = Quotas::of(burst(limit)).and(strict).unwrap().and(exact).unwrap();
    [burst(limit).into(), strict.into(), exact.into(), several]
}

pub(crate) fn key(number: u64) -> RateKey {
    let secret = RootSecret::new(Secret::new((0..32).collect())).unwrap();
    KeyHasher::shared(&secret, "test").key().number(number).finish()
}

/// The entry that a store keeps for a key.
pub(crate) fn entry(redis: &Redis, number: u64) -> String {
    redis.key("rl", &key(number).to_bytes()).as_str().to_owned()
}

/// A store that waits longer for its server than a busy machine needs.
pub(crate) fn patient(server: &RedisServer, quotas: impl Into<Quotas>) -> RedisStore {
    patiently(Redis::standalone(&server.url()).unwrap(), quotas)
}

pub(crate) fn patiently(redis: Redis, quotas: impl Into<Quotas>) -> RedisStore {
    let store = RedisStore::new(redis, quotas).unwrap().deny_when_down();
    store.with_deadline(Duration::from_secs(10)).unwrap()
}

pub(crate) async fn take(store: &RedisStore, number: u64, quotas: impl Into<Quotas>) -> Taken {
    store.take(key(number), &quotas.into(), 1).await.unwrap()
}

/// How many of so many attempts are admitted.
pub(crate) async fn admitted(store: &RedisStore, number: u64, quotas: impl Into<Quotas>, tries: u32) -> u32 {
    let quotas = quotas.into();
    let mut admitted = 0;
    for _ in 0..tries {
        admitted += u32::from(take(store, number, quotas).await.kind() == TakenKind::Admitted);
    }
    admitted
}
