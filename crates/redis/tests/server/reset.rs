//! Connections that end.
use palisade_core::{Collected, Recorder, StoreErrorKind};
use palisade_testkit::{Forwarder, RedisServer, eventually};

use crate::fake::{Act, Fake};
use crate::support::{count, counted, kind, patient};

#[tokio::test]
async fn a_connection_that_ends_while_idle_is_replaced_before_it_is_needed() {
    let server = RedisServer::start();
    let between = Forwarder::start(server.addr());
    let sink = Collected::new();
    let redis = patient(&format!("redis://{}", between.addr()))
        .with_recorder(Recorder::default().add_sink(sink.clone()));
    count(&redis).await.unwrap();
    for ends in 1..=5 {
        between.cut();
        eventually("it has connected again", async || between.accepted() > ends).await;
        assert_eq!(count(&redis).await.unwrap(), i64::try_from(ends).unwrap() + 1);
    }
    assert!(
        sink.kinds().is_empty(),
        "nobody was refused, so there was no outage"
    );
}

#[tokio::test]
async fn a_call_that_is_cut_off_is_not_sent_again() {
    let fake = Fake::start(|name| if name == "EVALSHA" { Act::Close } else { Act::Hush });
    let redis = patient(&fake.url());
    for calls in 1..=5 {
        assert_eq!(kind(count(&redis).await), StoreErrorKind::Failed);
        assert_eq!(fake.heard("EVALSHA"), calls);
    }
}

#[tokio::test]
async fn calls_amid_resets_count_at_most_once() {
    let server = RedisServer::start();
    let between = Forwarder::start(server.addr());
    let redis = patient(&format!("redis://{}", between.addr()));
    let (mut done, mut failed) = (0, 0);
    for round in 0..200 {
        if round % 4 == 0 {
            between.cut();
        }
        match count(&redis).await {
            Ok(_) => done += 1,
            Err(_) => failed += 1,
        }
    }
    let counted = counted(&server, &redis);
    assert!(
        (done..=done + failed).contains(&counted),
        "{done} done, {failed} failed, {counted} counted"
    );
    assert!(done >= 100, "{done} done");
}
