//! A server that hangs, is not there, or comes back.
use palisade_core::{Collected, Recorder, SecurityEvent, StoreErrorKind};
use palisade_redis::Redis;
use palisade_testkit::{RedisServer, eventually, free_port};

use crate::fake::{Act, Fake};
use crate::support::{COUNT, at_once, count, counted, hastily, key, kind, patient, patiently};

#[tokio::test]
async fn a_hanging_server_is_asked_once_and_then_no_more() {
    let server = RedisServer::start();
    let redis = patient(&server.url());
    count(&redis).await.unwrap();
    let hasty = hastily(&redis);
    server.pause();
    assert_eq!(kind(count(&hasty).await), StoreErrorKind::TimedOut);
    assert!(hasty.is_open());
    for _ in 0..1000 {
        let failed = at_once(count(&hasty)).expect("nothing to wait for");
        assert_eq!(kind(failed), StoreErrorKind::TimedOut);
    }
    server.resume();
    eventually("the server is back", async || {
        !redis.is_open() && !hasty.is_open()
    })
    .await;
    assert_eq!(
        count(&redis).await.unwrap(),
        3,
        "one before, one that was given up, this one"
    );
}

#[tokio::test]
async fn an_outage_and_its_end_are_told_once_each() {
    let server = RedisServer::start();
    let sink = Collected::new();
    let redis = patient(&server.url()).with_recorder(Recorder::default().add_sink(sink.clone()));
    count(&redis).await.unwrap();
    let hasty = hastily(&redis);
    for outages in 1..=3 {
        server.pause();
        for _ in 0..10 {
            assert!(count(&hasty).await.is_err());
        }
        server.resume();
        eventually("the server is back", async || count(&hasty).await.is_ok()).await;
        let told = [SecurityEvent::ControlFailed, SecurityEvent::ControlRecovered].repeat(outages);
        eventually("the end is told", async || sink.kinds() == told).await;
    }
    assert_eq!(sink.entries()[0].1, Some("timed_out"));
}

#[tokio::test]
async fn a_longer_deadline_is_not_cut_short_by_a_shorter_one() {
    let server = RedisServer::start();
    let redis = patient(&server.url());
    count(&redis).await.unwrap();
    let hasty = hastily(&redis);
    server.pause();
    assert!(count(&hasty).await.is_err());
    assert!(hasty.is_open() && !redis.is_open());
    assert!(at_once(count(&redis)).is_none(), "it waits");
    let waiting = tokio::spawn({
        let redis = redis.clone();
        async move { count(&redis).await }
    });
    assert!(at_once(count(&hasty)).is_some(), "it does not");
    server.resume();
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_server_that_hangs_from_the_beginning_is_found_when_it_goes_on() {
    let server = RedisServer::start();
    server.pause();
    let redis = hastily(&Redis::standalone(&server.url()).unwrap());
    assert_eq!(kind(count(&redis).await), StoreErrorKind::TimedOut);
    assert!(redis.is_open());
    server.resume();
    eventually("the server is found", async || count(&redis).await.is_ok()).await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_found_when_it_comes() {
    let port = free_port();
    let sink = Collected::new();
    let redis = patient(&format!("redis://127.0.0.1:{port}"))
        .with_recorder(Recorder::default().add_sink(sink.clone()));
    assert_eq!(kind(count(&redis).await), StoreErrorKind::Failed);
    for _ in 0..1000 {
        let failed = at_once(count(&redis)).expect("nothing to wait for");
        assert_eq!(kind(failed), StoreErrorKind::Failed);
    }
    assert!(redis.is_open());
    let _server = RedisServer::start_at(port);
    eventually("the server is found", async || count(&redis).await.is_ok()).await;
    eventually("the end is told", async || sink.kinds().len() == 2).await;
    assert_eq!(sink.entries()[0], (SecurityEvent::ControlFailed, Some("failed")));
}

#[tokio::test]
async fn a_server_that_restarts_is_found_again() {
    let server = RedisServer::start();
    let port = server.addr().port();
    let redis = patient(&server.url());
    count(&redis).await.unwrap();
    drop(server);
    let server = RedisServer::start_at(port);
    eventually("the server is found", async || count(&redis).await.is_ok()).await;
    assert!(counted(&server, &redis) >= 1);
}

/// One slow command is not an outage: others were answered while it was waited for.
#[tokio::test]
async fn an_unanswered_call_beside_answered_ones_does_not_open_the_breaker() {
    let seen = std::sync::atomic::AtomicUsize::new(0);
    let fake =
        Fake::start(
            move |name| match (name, seen.fetch_add(1, std::sync::atomic::Ordering::SeqCst)) {
                // The first call is answered when the second has come, which is never answered.
                ("EVALSHA", 1) => Act::Say(":1\r\n".to_owned()),
                _ => Act::Hush,
            },
        );
    let redis = patient(&fake.url());
    let first = tokio::spawn(redis.call(&COUNT, &key(&redis), &[]));
    eventually("the first call has come", async || fake.heard("EVALSHA") == 1).await;
    // Long enough to be sent and to see the other answered, on any machine.
    let second = redis
        .clone()
        .with_deadline(std::time::Duration::from_millis(500))
        .unwrap();
    assert_eq!(kind(count(&second).await), StoreErrorKind::TimedOut);
    assert_eq!(first.await.unwrap().unwrap().into_int().unwrap(), 1);
    assert!(!second.is_open());
    assert_eq!(fake.heard("HELLO"), 1, "the connection was kept");
}

#[tokio::test]
async fn readiness_waits_for_no_longer_than_a_call() {
    let server = RedisServer::start();
    let redis = hastily(&Redis::standalone(&server.url()).unwrap());
    server.pause();
    assert!(redis.ready().await.unwrap_err().is_timeout());
    server.resume();
    let patient = patiently(&redis);
    eventually("the server is ready", async || patient.ready().await.is_ok()).await;
}
