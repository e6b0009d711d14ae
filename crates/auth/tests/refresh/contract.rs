//! The contract, by every store.
use std::num::NonZeroUsize;
use std::time::Duration;

use palisade_auth::{
    DeviceLabel, Either, MemoryRefreshStore, RedisRefreshStore, RefreshLifetimes, RefreshRefusedKind,
    RefreshTokens, assert_refresh_store,
};
use palisade_core::FakeClock;
use palisade_testkit::{RedisCluster, RedisServer};

use crate::site::{cluster, pass, principal, redis, ring, store};

#[tokio::test]
async fn the_memory_store_keeps_the_contract() {
    let clock = FakeClock::new();
    let store = MemoryRefreshStore::with_clock(clock.clone());
    assert_refresh_store(store, async |_, span| clock.advance(span)).await;
}

#[tokio::test]
async fn the_redis_store_keeps_the_contract() {
    let server = RedisServer::start();
    let redis = redis(&server.url());
    assert_refresh_store(store(&redis), async |owner, span| pass(&redis, owner, span).await).await;
}

#[tokio::test]
async fn either_of_two_stores_keeps_the_contract() {
    type Both<A, B> = Either<A, B>;
    let clock = FakeClock::new();
    let left: Both<_, RedisRefreshStore> = Either::Left(MemoryRefreshStore::with_clock(clock.clone()));
    assert_refresh_store(left, async |_, span| clock.advance(span)).await;
    let server = RedisServer::start();
    let redis = redis(&server.url());
    let right: Both<MemoryRefreshStore, _> = Either::Right(store(&redis));
    assert_refresh_store(right, async |owner, span| pass(&redis, owner, span).await).await;
}

#[tokio::test]
async fn a_cluster_keeps_the_contract() {
    let servers = RedisCluster::start();
    let redis = cluster(&servers.urls());
    assert_refresh_store(store(&redis), async |owner, span| pass(&redis, owner, span).await).await;
}

#[tokio::test]
async fn a_full_memory_store_refuses_and_ends_nobody() {
    let clock = FakeClock::new();
    let store = MemoryRefreshStore::with_clock(clock.clone()).with_capacity(NonZeroUsize::new(3).unwrap());
    let tokens = RefreshTokens::new(store.clone(), ring());
    let mut begun = Vec::new();
    for subject in ["a", "b", "c"] {
        begun.push(
            tokens
                .begin(&principal(subject), DeviceLabel::default())
                .await
                .unwrap(),
        );
    }
    let refused = tokens
        .begin(&principal("d"), DeviceLabel::default())
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), RefreshRefusedKind::StoreDown);
    for begun in &begun {
        assert!(tokens.refresh(begun.token().expose().as_bytes()).await.is_ok());
    }
    clock.advance(RefreshLifetimes::customer().idle());
    assert!(
        tokens
            .begin(&principal("d"), DeviceLabel::default())
            .await
            .is_ok(),
        "room when they have expired"
    );
}

#[tokio::test]
async fn expired_families_leave_memory() {
    let clock = FakeClock::new();
    let store = MemoryRefreshStore::with_clock(clock.clone());
    let tokens = RefreshTokens::new(store.clone(), ring());
    for subject in 0..100 {
        tokens
            .begin(&principal(&subject.to_string()), DeviceLabel::default())
            .await
            .unwrap();
    }
    clock.advance(Duration::from_secs(40 * 86_400));
    for subject in 0..20 {
        tokens
            .begin(&principal(&subject.to_string()), DeviceLabel::default())
            .await
            .unwrap();
    }
    assert_eq!(store.len(), 20);
}
