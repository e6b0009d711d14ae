//! A server that hangs, dies, forgets or fails over; and several processes on one server.
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::Tenant;
use palisade_redis::Redis;
use palisade_session::{Scope, SessionRefusedKind};
use palisade_testkit::{Forwarder, RedisServer, eventually};

use crate::site::{Jar, principal, sessions, standalone};

fn hasty(url: &str) -> Redis {
    let deadline = Duration::from_millis(300);
    Redis::standalone(url).unwrap().with_deadline(deadline).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_hangs_is_an_error_and_no_session_is_lost() {
    let server = RedisServer::start();
    let sessions = sessions(hasty(&server.url()));
    let mut ada = Jar::default();
    ada.login(&sessions, "ada").await;
    ada.fill(&sessions, "tea").await;
    let held = ada.load(&sessions).await.unwrap();
    server.pause();
    let refused = ada.load(&sessions).await.unwrap_err();
    assert!(matches!(
        refused.kind(),
        SessionRefusedKind::StoreTimedOut | SessionRefusedKind::StoreFailed
    ));
    held.insert("cart", "coffee").unwrap();
    assert!(sessions.save(&held).await.is_err());
    assert!(
        sessions.logout(&held).await.is_err(),
        "nobody is told that they are out"
    );
    assert!(
        Jar::default().load(&sessions).await.is_ok(),
        "who has no cookie is served"
    );
    server.resume();
    eventually("the server answers", async || ada.load(&sessions).await.is_ok()).await;
    let (subject, _) = ada.look(&sessions).await;
    assert_eq!(subject.as_deref(), Some("ada"));
    sessions.save(&held).await.unwrap();
    assert_eq!(ada.look(&sessions).await.1.as_deref(), Some("coffee"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_and_comes_back_empty_resurrects_nobody() {
    let server = RedisServer::start();
    let port = server.addr().port();
    let sessions = sessions(hasty(&server.url()));
    let mut ada = Jar::default();
    ada.login(&sessions, "ada").await;
    let held = ada.load(&sessions).await.unwrap();
    held.insert("cart", "tea").unwrap();
    drop(server);
    assert!(
        ada.load(&sessions).await.is_err(),
        "no answer is no empty session"
    );
    let server = RedisServer::start_at(port);
    eventually("the new server answers", async || {
        ada.load(&sessions).await.is_ok()
    })
    .await;
    assert_eq!(ada.look(&sessions).await, (None, None));
    let ended = sessions.save(&held).await.unwrap_err();
    assert_eq!(ended.kind(), SessionRefusedKind::Ended, "an update never creates");
    assert!(!server.command(&["KEYS", "*"]).contains(":sess:"));
}

#[tokio::test]
async fn a_flush_in_the_middle_of_a_request_resurrects_nobody() {
    let server = RedisServer::start();
    let sessions = sessions(standalone(&server.url()));
    let mut ada = Jar::default();
    ada.login(&sessions, "ada").await;
    let held = ada.load(&sessions).await.unwrap();
    server.expect_ok(&["FLUSHALL"]);
    held.insert("cart", "tea").unwrap();
    assert!(sessions.save(&held).await.is_err());
    assert!(
        sessions.renew(&held).await.is_ok(),
        "there is no session any more, so nothing to renew"
    );
    assert!(held.principal().is_none());
    assert_eq!(ada.look(&sessions).await, (None, None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_fail_over_sessions_go_on_and_ended_ones_stay_ended() {
    let (first, second) = (RedisServer::start(), RedisServer::start());
    let (host, port) = (first.addr().ip().to_string(), first.addr().port().to_string());
    second.expect_ok(&["REPLICAOF", &host, &port]);
    let address = Forwarder::start(first.addr());
    let sessions = sessions(hasty(&url(address.addr())));
    eventually("the replica follows", async || {
        second
            .command(&["INFO", "replication"])
            .contains("master_link_status:up")
    })
    .await;
    let (mut ada, mut bob) = (Jar::default(), Jar::default());
    ada.login(&sessions, "ada").await;
    bob.login(&sessions, "bob").await;
    let ended = bob.load(&sessions).await.unwrap();
    sessions.logout(&ended).await.unwrap();
    let last = first.command(&["GET", "nothing"]);
    assert_eq!(last, "(nil)");
    first.expect_ok(&["SET", "last", "write"]);
    eventually("the replica has the last write", async || {
        second.command(&["GET", "last"]) == "write"
    })
    .await;
    second.expect_ok(&["REPLICAOF", "NO", "ONE"]);
    address.switch_to(second.addr());
    address.cut();
    drop(first);
    eventually("the new master answers", async || {
        ada.load(&sessions).await.is_ok()
    })
    .await;
    assert_eq!(ada.look(&sessions).await.0.as_deref(), Some("ada"));
    assert_eq!(bob.look(&sessions).await.0, None);
    ada.fill(&sessions, "tea").await;
    assert_eq!(ada.look(&sessions).await.1.as_deref(), Some("tea"));
}

fn url(addr: SocketAddr) -> String {
    format!("redis://{addr}")
}

#[tokio::test]
async fn what_one_process_does_another_sees_at_once() {
    let server = RedisServer::start();
    let (one, two) = (
        sessions(standalone(&server.url())),
        sessions(standalone(&server.url())),
    );
    let mut ada = Jar::default();
    ada.login(&one, "ada").await;
    ada.fill(&two, "tea").await;
    assert_eq!(
        ada.look(&one).await,
        (Some("ada".to_owned()), Some("tea".to_owned()))
    );
    let on_two = ada.load(&two).await.unwrap();
    on_two.insert("cart", "late").unwrap();
    assert_eq!(one.end_all(principal("ada").subject()).await.unwrap(), 1);
    assert_eq!(
        two.save(&on_two).await.unwrap_err().kind(),
        SessionRefusedKind::Ended
    );
    assert_eq!(
        ada.look(&two).await,
        (None, None),
        "logout is final on every node"
    );
}

#[tokio::test]
async fn a_revocation_reaches_the_other_process_within_moments() {
    let server = RedisServer::start();
    let (one, two) = (
        sessions(standalone(&server.url())),
        sessions(standalone(&server.url())),
    );
    let north = Tenant::new("north").unwrap();
    let (mut mel, mut ada) = (Jar::default(), Jar::default());
    let session = mel.load(&one).await.unwrap();
    one.login(&session, principal("mel").with_tenant(north.clone()))
        .await
        .unwrap();
    mel.take(&one, &session);
    ada.login(&two, "ada").await;
    assert!(mel.look(&two).await.0.is_some());
    one.revoke(Scope::Tenant(&north)).await.unwrap();
    assert_eq!(mel.look(&one).await.0, None, "at once where it was done");
    eventually("the other process knows", async || {
        mel.look(&two).await.0.is_none()
    })
    .await;
    assert!(ada.look(&two).await.0.is_some(), "nobody else's");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_requests_that_add_to_a_cart_none_is_lost() {
    let server = RedisServer::start();
    let sessions = sessions(standalone(&server.url()));
    let mut ada = Jar::default();
    ada.fill(&sessions, "tea").await;
    let barrier = Arc::new(tokio::sync::Barrier::new(100));
    let add = |_| {
        let (sessions, barrier, ada) = (sessions.clone(), Arc::clone(&barrier), ada.clone());
        tokio::spawn(async move {
            let session = ada.load(&sessions).await.unwrap();
            barrier.wait().await;
            let add = |items: &mut u32| *items = items.saturating_add(1);
            sessions.modify(&session, "items", add).await.unwrap();
        })
    };
    let adding: Vec<_> = (0..100).map(add).collect();
    for task in adding {
        task.await.unwrap();
    }
    let session = ada.load(&sessions).await.unwrap();
    assert_eq!(session.get::<u32>("items").unwrap(), Some(100));
    let sessions = server.command(&["KEYS", "palisade:sess:*"]);
    assert_eq!(sessions.lines().count(), 1, "and there is no extra session");
}
