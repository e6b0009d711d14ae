//! What a client may ask for in a time, and that two processes count together.
use std::sync::Arc;

use clap::Parser;
use palisade_shop::{Opened, Options, limits};
use palisade_testkit::{RedisServer, TempDir, free_port};

use crate::shop::Shop;

#[tokio::test]
async fn a_search_costs_more_than_a_look() {
    let shop = Shop::open(&[]).await;
    let client = shop.client();
    let found = client.get("/api/v1/products?q=BOWL").await;
    assert_eq!(found.body.matches("\"slug\"").count(), 1, "{found:?}");
    assert_eq!(found.header("ratelimit").split(';').next(), Some("\"api\""));
    let searches = u64::from(limits::API.max_burst().get()) / limits::SEARCH_COST;
    for _ in 1..searches {
        assert_eq!(client.get("/api/v1/products?q=bowl").await.status, 200);
    }
    assert_eq!(client.get("/api/v1/products?q=bowl").await.problem().0, 429);
    // Somebody else has a quota of their own, and looks without searching last five times as long.
    let other = shop.client_at([192, 0, 2, 9].into());
    for _ in 0..2 * searches {
        assert_eq!(other.get("/api/v1/products").await.status, 200);
    }
}

#[tokio::test]
async fn a_search_is_bounded() {
    let client = Shop::open(&[]).await.client();
    let long = "a".repeat(limits::SEARCH + 1);
    for query in [format!("q={long}"), "q=a&q=b".to_owned()] {
        assert_eq!(
            client.get(&format!("/api/v1/products?{query}")).await.problem().0,
            422,
            "{query}"
        );
    }
}

#[tokio::test]
async fn two_processes_with_one_redis_count_together() {
    let (redis, home) = (RedisServer::start(), Arc::new(TempDir::new()));
    let url = redis.url();
    let one = Shop::open_in(Arc::clone(&home), &["--redis", &url]).await;
    let two = Shop::open_in(home, &["--redis", &url]).await;
    for _ in 0..limits::LOGIN_ACCOUNT.max_burst().get() {
        assert_eq!(one.client().login("ada@shop.example", "guess").await.page(), 401);
    }
    // From another address, at the other process, with the right password even.
    let elsewhere = two.client_at([198, 51, 100, 7].into());
    let refused = elsewhere
        .login("ada@shop.example", two.password("ada@shop.example"))
        .await;
    assert_eq!(refused.page(), 429);
    assert_ne!(refused.header("retry-after"), "");
    let bob = elsewhere
        .login("bob@shop.example", two.password("bob@shop.example"))
        .await;
    assert_eq!(bob.status, 303, "others are not locked out");
}

#[tokio::test]
async fn guesses_stay_refused_while_redis_is_away() {
    let redis = RedisServer::start();
    let shop = Shop::open(&["--redis", &redis.url()]).await;
    for _ in 0..limits::LOGIN_ACCOUNT.max_burst().get() {
        assert_eq!(shop.client().login("ada@shop.example", "guess").await.page(), 401);
    }
    redis.pause();
    assert_eq!(shop.client().login("ada@shop.example", "guess").await.page(), 429);
    assert_eq!(
        shop.client().get("/").await.status,
        200,
        "the shop is open without it"
    );
    redis.resume();
}

#[tokio::test]
async fn a_redis_that_is_not_there_is_told_of_at_start() {
    let home = TempDir::new();
    let database = home.path().join("shop.db").display().to_string();
    let url = format!("redis://:hunter2@127.0.0.1:{}", free_port());
    for url in [url.as_str(), "http://hunter2@127.0.0.1"] {
        let arguments = [
            "palisade-shop",
            "--addr",
            "127.0.0.1:0",
            "--database",
            &database,
            "--redis",
            url,
        ];
        let refused = Opened::open(&Options::parse_from(arguments))
            .await
            .unwrap_err()
            .to_string();
        assert!(
            refused.to_lowercase().contains("redis") && !refused.contains("hunter2"),
            "{refused}"
        );
    }
}
