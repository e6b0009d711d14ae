//! A hundred uses of one token at one moment.
use palisade_auth::{DeviceLabel, MemoryRefreshStore, RefreshRefusedKind, RefreshStore, RefreshTokens};
use palisade_testkit::{RedisCluster, RedisServer, race};

use crate::site::{cluster, principal, redis, ring, store};

/// Uses one token on several nodes at once: one makes the successor, and all are given the same.
async fn converges<S: RefreshStore>(nodes: Vec<RefreshTokens<S>>) {
    let first = nodes[0]
        .begin(&principal("ada"), DeviceLabel::default())
        .await
        .unwrap();
    let mut text = first.token().expose().clone();
    for _ in 0..3 {
        let given = race(100, |index| {
            let (node, text) = (nodes.iter().cycle().nth(index).unwrap().clone(), text.clone());
            async move {
                let refreshed = node.refresh(text.as_bytes()).await.unwrap();
                (refreshed.token().expose().clone(), refreshed.is_fresh())
            }
        });
        assert_eq!(
            given.iter().filter(|(_, fresh)| *fresh).count(),
            1,
            "one makes the successor"
        );
        let successor = given[0].0.clone();
        assert!(
            given.iter().all(|(text, _)| *text == successor),
            "and all are given it"
        );
        assert_ne!(successor, text);
        text = successor;
    }
    let families = nodes[0].list(principal("ada").subject()).await.unwrap();
    assert_eq!(families.len(), 1, "in one family");
}

/// A logout while the token is used: whatever was given is void afterwards.
async fn no_use_escapes_the_end_of_all<S: RefreshStore>(tokens: &RefreshTokens<S>) {
    for _ in 0..20 {
        let begun = tokens
            .begin(&principal("eve"), DeviceLabel::default())
            .await
            .unwrap();
        let text = begun.token().expose().clone();
        let last = race(2, |index| {
            let (tokens, mut text) = (tokens.clone(), text.clone());
            async move {
                if index == 0 {
                    assert_eq!(tokens.end_all(principal("eve").subject(), None).await.unwrap(), 1);
                    return text;
                }
                while let Ok(refreshed) = tokens.refresh(text.as_bytes()).await {
                    text = refreshed.token().expose().clone();
                    // Memory never waits, and a task that never waits keeps the other from its thread.
                    tokio::task::yield_now().await;
                }
                text
            }
        });
        for text in last {
            let refused = tokens.refresh(text.as_bytes()).await.unwrap_err();
            assert_eq!(refused.kind(), RefreshRefusedKind::Gone);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_uses_converge_in_memory() {
    let tokens = RefreshTokens::new(MemoryRefreshStore::new(), ring());
    converges(vec![tokens.clone()]).await;
    no_use_escapes_the_end_of_all(&tokens).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_uses_converge_on_two_nodes_over_redis() {
    let server = RedisServer::start();
    let node = || RefreshTokens::new(store(&redis(&server.url())), ring());
    converges(vec![node(), node()]).await;
    no_use_escapes_the_end_of_all(&node()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_uses_converge_over_a_cluster() {
    let servers = RedisCluster::start();
    let node = || RefreshTokens::new(store(&cluster(&servers.urls())), ring());
    converges(vec![node(), node()]).await;
}
