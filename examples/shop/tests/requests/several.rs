//! Several processes over one Redis and one database: one shop.
use std::sync::Arc;

use palisade_testkit::{RedisServer, TempDir};

use crate::shop::{Client, Shop};

const ADA: &str = "ada@shop.example";

/// Two processes, and the Redis they share.
async fn two() -> (RedisServer, Shop, Shop) {
    let (redis, home) = (RedisServer::start(), Arc::new(TempDir::new()));
    let url = redis.url();
    let one = Shop::open_in(Arc::clone(&home), &["--redis", &url]).await;
    let two = Shop::open_in(home, &["--redis", &url]).await;
    (redis, one, two)
}

/// Whether the account is shown, and not the way to the form.
async fn is_signed_in(client: &Client) -> bool {
    let answer = client.get("/account").await;
    match answer.status.as_u16() {
        200 => answer.page() == 200,
        303 => false,
        other => panic!("{other}: {answer:?}"),
    }
}

#[tokio::test]
async fn a_login_at_one_process_is_one_at_the_other_and_so_is_a_logout() {
    let (_redis, one, two) = two().await;
    // The second process gave the demo accounts the passwords of its own start.
    let id = one.client().login(ADA, two.password(ADA)).await.cookie().unwrap();
    let (here, there) = (one.client().with_cookie(&id), two.client().with_cookie(&id));
    assert!(is_signed_in(&here).await && is_signed_in(&there).await);
    assert_eq!(there.form("/logout", "").await.status, 303);
    assert!(!is_signed_in(&there).await);
    assert!(
        !is_signed_in(&here).await,
        "a logout is final, whichever process is asked"
    );
}

#[tokio::test]
async fn all_processes_list_and_end_the_same_sessions() {
    let (_redis, one, two) = two().await;
    let sign_in = async |shop: &Shop| {
        let answer = shop.client().login(ADA, two.password(ADA)).await;
        answer.cookie().unwrap()
    };
    let (here, there) = (sign_in(&one).await, sign_in(&two).await);
    let at_two = two.client().with_cookie(&here);
    let account = at_two.get("/account").await;
    assert_eq!(account.body.matches("last seen").count(), 2, "{account:?}");
    assert_eq!(at_two.form("/account/sessions/end-others", "").await.status, 303);
    assert!(!is_signed_in(&one.client().with_cookie(&there)).await);
    assert!(is_signed_in(&one.client().with_cookie(&here)).await);
}

#[tokio::test]
async fn a_restart_keeps_the_logins() {
    let (redis, home) = (RedisServer::start(), Arc::new(TempDir::new()));
    let url = redis.url();
    let before = Shop::open_in(Arc::clone(&home), &["--redis", &url]).await;
    let answer = before.client().login(ADA, before.password(ADA)).await;
    let id = answer.cookie().unwrap();
    drop(before);
    let after = Shop::open_in(home, &["--redis", &url]).await;
    assert!(is_signed_in(&after.client().with_cookie(&id)).await);
}

#[tokio::test]
async fn what_redis_has_of_a_session_is_sealed() {
    let (redis, home) = (RedisServer::start(), Arc::new(TempDir::new()));
    let shop = Shop::open_in(Arc::clone(&home), &["--redis", &redis.url()]).await;
    let firefox = shop.client().with("user-agent", "Firefox/145.0 (Linux)");
    let id = firefox.login(ADA, shop.password(ADA)).await.cookie().unwrap();
    let keys = redis.command(&["KEYS", "palisade-shop:sess:*"]);
    assert_eq!(keys.lines().count(), 1, "{keys}");
    let stored = redis.command(&["HGETALL", &keys]);
    for plain in ["Firefox", "customer", &id] {
        assert!(!stored.contains(plain), "{plain} in {stored}");
    }
    // Another database has another secret: the cookie opens nothing there, and nobody is told that the session is over.
    let other = Shop::open(&["--redis", &redis.url()]).await;
    let refused = other.client().with_cookie(&id).get("/account").await;
    assert_eq!((refused.page(), refused.forgets_cookie()), (503, false));
}

#[tokio::test]
async fn who_has_a_session_is_told_to_wait_while_redis_is_away_and_visitors_are_served() {
    let redis = RedisServer::start();
    let shop = Shop::open(&["--redis", &redis.url()]).await;
    let ada = shop.signed_in(ADA).await;
    redis.pause();
    assert_eq!(ada.get("/account").await.page(), 503);
    assert_eq!(
        ada.form("/logout", "").await.page(),
        503,
        "nobody is told that they are out"
    );
    assert_eq!(shop.client().get("/").await.status, 200);
    redis.resume();
    palisade_testkit::eventually("the session is found again", async || {
        ada.get("/account").await.status == 200
    })
    .await;
}
