//! Who we are, and to whom we talk.
use palisade_core::StoreErrorKind;
use palisade_redis::Redis;
use palisade_testkit::{RedisServer, eventually};

use crate::fake::{Act, Fake};
use crate::support::{count, kind, patient, told};

fn url(server: &RedisServer, login: &str) -> String {
    format!("redis://{login}@{}", server.addr())
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_not_told() {
    let server = RedisServer::start();
    server.expect_ok(&["ACL", "SETUSER", "app", "on", ">right", "~*", "+@all"]);
    let redis = patient(&url(&server, "app:hunter2"));
    for _ in 0..3 {
        for error in [redis.ready().await.unwrap_err(), count(&redis).await.unwrap_err()] {
            let told = told(&error);
            assert_eq!(error.kind(), StoreErrorKind::Failed);
            for secret in ["hunter2", "app", "127.0.0.1"] {
                assert!(!told.contains(secret), "{told}");
            }
        }
    }
    assert!(!format!("{redis:?}").contains("hunter2"));
    server.expect_ok(&["ACL", "SETUSER", "app", ">hunter2"]);
    eventually("the login is taken", async || count(&redis).await.is_ok()).await;
}

/// The rights that the README tells to give.
#[tokio::test]
async fn few_rights_are_enough() {
    let server = RedisServer::start();
    let rights = ["~shop:*", "+evalsha", "+eval", "+del", "+info", "+incr"];
    let user = ["ACL", "SETUSER", "app", "on", ">right", "resetkeys", "-@all"];
    server.expect_ok(&[&user[..], &rights].concat());
    let redis = patient(&url(&server, "app:right"));
    assert_eq!(
        kind(count(&redis).await),
        StoreErrorKind::Failed,
        "a key that is not ours"
    );
    let redis = redis.with_prefix("shop").unwrap();
    redis.ready().await.unwrap();
    assert_eq!(count(&redis).await.unwrap(), 1);
}

#[tokio::test]
async fn a_server_without_the_right_to_probe_is_used_all_the_same() {
    let server = RedisServer::start();
    server.expect_ok(&[
        "ACL", "SETUSER", "app", "on", ">right", "~*", "-@all", "+evalsha", "+eval", "+incr",
    ]);
    let redis = patient(&url(&server, "app:right"));
    assert_eq!(count(&redis).await.unwrap(), 1);
}

#[tokio::test]
async fn a_server_that_is_too_old_is_not_ready() {
    let info = |version: &str| {
        let text = format!("# Server\r\nredis_version:{version}\r\n");
        format!("${}\r\n{text}\r\n", text.len())
    };
    for (version, ready) in [("6.0.20", false), ("6.2.0", true)] {
        let answer = info(version);
        let fake = Fake::start(move |_| Act::Say(answer.clone()));
        let result = patient(&fake.url()).ready().await;
        assert_eq!(result.is_ok(), ready, "{version}");
        assert!(
            result
                .err()
                .is_none_or(|error| told(&error).contains("older than 6.2"))
        );
    }
}

#[tokio::test]
async fn a_real_server_is_ready() {
    let server = RedisServer::start();
    patient(&server.url()).ready().await.unwrap();
}

#[tokio::test]
async fn a_database_other_than_the_first_is_used() {
    let server = RedisServer::start();
    let redis = patient(&format!("{}/3", server.url()));
    count(&redis).await.unwrap();
    assert!(server.command(&["INFO", "keyspace"]).contains("db3:keys=1"));
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let redis = || Redis::standalone("redis://127.0.0.1").unwrap();
    assert!(redis().with_deadline(std::time::Duration::ZERO).is_err());
    assert!(redis().with_deadline(std::time::Duration::from_secs(11)).is_err());
    assert!(redis().with_prefix("a:b").is_err());
    assert!(Redis::cluster([]).is_err());
    assert!(Redis::cluster(["redis://127.0.0.1:7000", "redis://127.0.0.1:7001/1"]).is_err());
    assert!(Redis::cluster(["unix:///run/redis.sock"]).is_err());
}
