//! What each thing costs in commands, as the server counts them.
use palisade_session::{RedisStore, Sessions};
use palisade_testkit::RedisServer;

use crate::site::{Jar, principal, sessions, standalone};

/// How many commands came over the wire while `act` ran. Those inside of scripts are not among them, and all others are.
async fn commands(server: &RedisServer, act: impl AsyncFn()) -> u64 {
    // The first time each script is sent as text.
    act().await;
    server.expect_ok(&["CONFIG", "RESETSTAT"]);
    act().await;
    assert_eq!(server.calls("eval"), 0, "the scripts are known");
    server.calls("evalsha")
}

/// How often a thing is done, so that what is done once a second does not count.
const TIMES: u64 = 50;

/// Each process asks once a second which generations ended: in all these tests together not more often than this.
const EPOCHS: u64 = 10;

async fn read(sessions: &Sessions<RedisStore>, jar: &Jar) {
    assert!(jar.load(sessions).await.unwrap().principal().is_some());
}

#[tokio::test]
async fn a_read_costs_one_command_and_a_write_two() {
    let server = RedisServer::start();
    let sessions = sessions(standalone(&server.url()));
    let mut jar = Jar::default();
    jar.login(&sessions, "ada").await;

    let reads = commands(&server, async || {
        for _ in 0..TIMES {
            read(&sessions, &jar).await;
        }
    });
    let reads = reads.await;
    assert!((TIMES..=TIMES + EPOCHS).contains(&reads), "one each: {reads}");
    assert_eq!(
        server.calls("hset"),
        0,
        "a request that only reads writes nothing"
    );

    let writes = commands(&server, async || {
        for n in 0..TIMES {
            let session = jar.load(&sessions).await.unwrap();
            session.insert("cart", &(n, server.calls("evalsha"))).unwrap();
            sessions.save(&session).await.unwrap();
        }
    });
    let writes = writes.await;
    assert!(
        (2 * TIMES..=2 * TIMES + EPOCHS).contains(&writes),
        "two each: {writes}"
    );
}

#[tokio::test]
async fn a_login_costs_three_commands_with_the_load_and_a_logout_two_more() {
    let server = RedisServer::start();
    let sessions = sessions(standalone(&server.url()));
    let logins = commands(&server, async || {
        for _ in 0..TIMES {
            let mut jar = Jar::default();
            jar.fill(&sessions, "tea").await;
            let session = jar.load(&sessions).await.unwrap();
            sessions.login(&session, principal("ada")).await.unwrap();
            sessions.logout(&session).await.unwrap();
        }
    });
    let logins = logins.await;
    // The visitor's first value 1, load 1, login 2, logout 2.
    assert!((6 * TIMES..=6 * TIMES + EPOCHS).contains(&logins), "{logins}");
}

#[tokio::test]
async fn visitors_without_a_cookie_cost_nothing() {
    let server = RedisServer::start();
    let sessions = sessions(standalone(&server.url()));
    let cost = commands(&server, async || {
        for _ in 0..1_000 {
            let visitor = Jar::default();
            assert!(visitor.load(&sessions).await.unwrap().reference().is_none());
        }
    });
    assert_eq!(cost.await, 0);
    assert_eq!(server.command(&["DBSIZE"]), "0");
}

#[tokio::test]
async fn every_key_runs_out_by_itself() {
    let server = RedisServer::start();
    let sessions = sessions(standalone(&server.url()));
    let (mut ada, mut visitor) = (Jar::default(), Jar::default());
    ada.login(&sessions, "ada").await;
    visitor.fill(&sessions, "tea").await;
    let session = ada.load(&sessions).await.unwrap();
    sessions.renew(&session).await.unwrap();
    sessions.logout(&session).await.unwrap();
    ada.login(&sessions, "ada").await;
    let keys = server.command(&["KEYS", "*"]);
    assert!(keys.lines().count() >= 3, "{keys}");
    for key in keys.lines() {
        let ttl: i64 = server.command(&["PTTL", key]).parse().unwrap();
        assert!(ttl > 0 || key.contains(":epoch:"), "{key} stays: {ttl}");
    }
}
