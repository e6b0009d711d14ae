//! Signing in and out with a program, and what ends everything.
use std::sync::Arc;

use palisade_shop::limits;
use palisade_testkit::{RedisServer, TempDir, eventually};
use serde_json::{Value, json};

use crate::shop::{Answer, Client, Shop};

/// What somebody has who signed in with a program.
struct Pair {
    access: String,
    refresh: String,
}

impl Pair {
    fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{answer:?}");
        let pair: Value = serde_json::from_str(&answer.body).unwrap();
        let text = |name: &str| pair[name].as_str().unwrap().to_owned();
        Self {
            access: text("access_token"),
            refresh: text("refresh_token"),
        }
    }

    async fn login(shop: &Shop, email: &str) -> Self {
        Self::of(&login(&shop.client(), email, shop.password(email)).await)
    }

    fn client(&self, shop: &Shop) -> Client {
        shop.client()
            .with("authorization", format!("Bearer {}", self.access))
    }

    async fn refresh(&self, shop: &Shop) -> Answer {
        refresh(&shop.client(), &self.refresh).await
    }

    /// Whether it is good for nothing.
    async fn is_dead(&self, shop: &Shop) -> bool {
        let access = self.client(shop).get("/api/v1/me").await.problem();
        let refresh = self.refresh(shop).await.problem();
        assert_eq!((access.0, refresh.0), (401, 401));
        (access.1.as_str(), refresh.1.as_str()) == ("invalid_token", "invalid_grant")
    }
}

async fn login(client: &Client, email: &str, password: &str) -> Answer {
    let body = json!({ "email": email, "password": password });
    client.json("/api/v1/auth/login", body.to_string()).await
}

async fn refresh(client: &Client, token: &str) -> Answer {
    let body = json!({ "refresh_token": token });
    client.json("/api/v1/auth/refresh", body.to_string()).await
}

async fn list(client: &Client) -> Vec<Value> {
    let answer = client.get("/api/v1/me/sessions").await;
    let list: Value = serde_json::from_str(&answer.body).unwrap();
    list["sessions"].as_array().unwrap().clone()
}

async fn id(shop: &Shop, email: &str) -> String {
    let me = Pair::login(shop, email)
        .await
        .client(shop)
        .get("/api/v1/me")
        .await;
    let me: Value = serde_json::from_str(&me.body).unwrap();
    me["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_login_gives_a_pair_that_says_who_it_is() {
    let shop = Shop::open(&[]).await;
    let answer = login(
        &shop.client(),
        "mel@shop.example",
        shop.password("mel@shop.example"),
    )
    .await;
    assert_eq!(answer.header("cache-control"), "no-store");
    assert!(answer.cookie().is_none());
    let pair: Value = serde_json::from_str(&answer.body).unwrap();
    let names: Vec<_> = pair.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["access_token", "expires_in", "refresh_token", "token_type"]
    );
    assert_eq!(
        (&pair["token_type"], &pair["expires_in"]),
        (&json!("Bearer"), &json!(900))
    );
    let me = Pair::of(&answer).client(&shop).get("/api/v1/me").await;
    let me: Value = serde_json::from_str(&me.body).unwrap();
    assert_eq!(
        (&me["email"], &me["role"], &me["tenant"]),
        (&json!("mel@shop.example"), &json!("merchant"), &json!("north"))
    );
}

#[tokio::test]
async fn a_login_that_fails_says_nothing_about_accounts() {
    let shop = Shop::open(&[]).await;
    let wrong = login(&shop.client(), "ada@shop.example", "a wrong password").await;
    assert_eq!(wrong.problem().0, 401);
    let long = "x".repeat(2_000);
    for (email, password) in [
        ("nobody@shop.example", "a wrong password"),
        ("", "a wrong password"),
        ("no address", ""),
        ("ada@shop.example", long.as_str()),
    ] {
        let other = login(&shop.client_at([192, 0, 2, 2].into()), email, password).await;
        assert_eq!(
            (wrong.status, &wrong.body),
            (other.status, &other.body),
            "{email}"
        );
        assert_eq!(
            wrong.headers.keys().map(ToString::to_string).collect::<Vec<_>>(),
            other.headers.keys().map(ToString::to_string).collect::<Vec<_>>(),
            "{email}"
        );
    }
}

#[tokio::test]
async fn guesses_are_limited_as_on_the_page_and_together_with_it() {
    let shop = Shop::open(&[]).await;
    for guess in 0..limits::LOGIN_ACCOUNT.max_burst().get() {
        if guess % 2 == 0 {
            assert_eq!(
                login(&shop.client(), "ada@shop.example", "guess")
                    .await
                    .problem()
                    .0,
                401
            );
        } else {
            assert_eq!(shop.client().login("ada@shop.example", "guess").await.page(), 401);
        }
    }
    let refused = login(
        &shop.client(),
        "ada@shop.example",
        shop.password("ada@shop.example"),
    )
    .await;
    assert_eq!(refused.problem().0, 429);
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
}

#[tokio::test]
async fn what_is_no_login_is_refused_before_any_work() {
    let client = Shop::open(&[]).await.client();
    for (body, status) in [
        ("", 400),
        ("[]", 422),
        (r#"{"email":"ada@shop.example"}"#, 422),
        (r#"{"email":1,"password":"x"}"#, 422),
    ] {
        assert_eq!(
            client.json("/api/v1/auth/login", body).await.problem().0,
            status,
            "{body}"
        );
    }
    let form = client
        .send(
            "POST /api/v1/auth/login",
            "application/x-www-form-urlencoded",
            "email=a",
        )
        .await;
    assert_eq!(form.problem().0, 415);
}

#[tokio::test]
async fn a_refresh_token_gives_its_successor_and_two_tabs_get_the_same() {
    let shop = Shop::open(&[]).await;
    let first = Pair::login(&shop, "ada@shop.example").await;
    let second = Pair::of(&first.refresh(&shop).await);
    assert_ne!(first.refresh, second.refresh);
    let again = Pair::of(&first.refresh(&shop).await);
    assert_eq!(second.refresh, again.refresh, "a lost answer is given again");
    let third = Pair::of(&second.refresh(&shop).await);
    assert_eq!(third.client(&shop).get("/api/v1/me").await.status, 200);
}

#[tokio::test]
async fn what_is_no_refresh_token_is_told_no_more_than_an_old_one() {
    let shop = Shop::open(&[]).await;
    let pair = Pair::login(&shop, "ada@shop.example").await;
    assert_eq!(
        pair.client(&shop).json("/api/v1/auth/logout", "").await.status,
        204
    );
    let gone = pair.refresh(&shop).await;
    assert_eq!(gone.problem(), (401, "invalid_grant".into()));
    let forged = format!("{}A", pair.refresh);
    for token in ["", "x", &pair.access, &forged] {
        let other = refresh(&shop.client(), token).await;
        assert_eq!((gone.status, &gone.body), (other.status, &other.body), "{token}");
    }
}

/// Time goes by for the families in Redis, whose clock cannot be moved.
const EARLIER: &str = "local keys = redis.call('KEYS', '*refresh*')
    for _, key in ipairs(keys) do
        local rows = redis.call('HGETALL', key)
        for i = 1, #rows, 2 do
            local row = cmsgpack.unpack(rows[i + 1])
            for _, time in ipairs({'born', 'seen', 'since', 'rotated'}) do row[time] = row[time] - tonumber(ARGV[1]) end
            redis.call('HSET', key, rows[i], cmsgpack.pack(row))
        end
    end
    if #keys == 0 then return redis.error_reply('no family') end
    return 'OK'";

#[tokio::test]
async fn a_stolen_refresh_token_ends_the_family_for_thief_and_owner() {
    let redis = RedisServer::start();
    let shop = Shop::open(&["--redis", &redis.url()]).await;
    let (first, other) = (
        Pair::login(&shop, "ada@shop.example").await,
        Pair::login(&shop, "ada@shop.example").await,
    );
    let owner = Pair::of(&first.refresh(&shop).await);
    redis.expect_ok(&["EVAL", EARLIER, "0", "11000"]);
    assert_eq!(
        first.refresh(&shop).await.problem(),
        (401, "invalid_grant".into()),
        "the thief"
    );
    assert!(owner.is_dead(&shop).await, "the owner, and the access token");
    assert_eq!(
        other.client(&shop).get("/api/v1/me").await.status,
        200,
        "another device"
    );
}

#[tokio::test]
async fn logout_ends_one_family_and_logout_all_everything() {
    let shop = Shop::open(&[]).await;
    let (one, two) = (
        Pair::login(&shop, "ada@shop.example").await,
        Pair::login(&shop, "ada@shop.example").await,
    );
    let (browser, bob) = (
        shop.signed_in("ada@shop.example").await,
        Pair::login(&shop, "bob@shop.example").await,
    );
    assert_eq!(
        one.client(&shop).json("/api/v1/auth/logout", "").await.status,
        204
    );
    assert!(one.is_dead(&shop).await);
    assert_eq!(
        two.client(&shop).json("/api/v1/auth/logout-all", "").await.status,
        204
    );
    assert!(two.is_dead(&shop).await);
    assert_eq!(browser.get("/account").await.status, 303, "has to sign in");
    assert_eq!(
        bob.client(&shop).get("/api/v1/me").await.status,
        200,
        "others stay"
    );
    assert_eq!(bob.refresh(&shop).await.status, 200);
}

#[tokio::test]
async fn browsers_and_programs_are_listed_and_ended_one_by_one() {
    let shop = Shop::open(&[]).await;
    let (browser, other) = (
        shop.signed_in("ada@shop.example").await,
        Pair::login(&shop, "ada@shop.example").await,
    );
    let ada = Pair::login(&shop, "ada@shop.example").await.client(&shop);
    let sessions = list(&ada).await;
    let kinds: Vec<_> = sessions
        .iter()
        .map(|session| session["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["browser", "program", "program"]);
    assert_eq!(
        sessions
            .iter()
            .filter(|session| session["current"] == true)
            .count(),
        1
    );
    let bob = Pair::login(&shop, "bob@shop.example").await.client(&shop);
    for session in sessions.iter().filter(|session| session["current"] == false) {
        let line = format!("DELETE /api/v1/me/sessions/{}", session["id"].as_str().unwrap());
        let theirs = bob.send(&line, "", "").await;
        let none = bob.send("DELETE /api/v1/me/sessions/AAAAAAAAAAAA", "", "").await;
        assert_eq!(theirs.problem(), (404, "not_found".into()), "not another's");
        assert_eq!(theirs.body, none.body);
        assert_eq!(ada.send(&line, "", "").await.status, 204);
        assert_eq!(ada.send(&line, "", "").await.problem().0, 404, "once");
    }
    assert_eq!(browser.get("/account").await.status, 303);
    assert!(other.is_dead(&shop).await);
    assert_eq!(list(&ada).await.len(), 1);
    let strange = ada.send("DELETE /api/v1/me/sessions/none", "", "").await;
    assert_eq!(strange.problem().0, 404);
}

#[tokio::test]
async fn an_administrator_ends_everything_of_an_account_at_once() {
    let shop = Shop::open(&[]).await;
    let (browser, ada) = (
        shop.signed_in("ada@shop.example").await,
        Pair::login(&shop, "ada@shop.example").await,
    );
    let path = format!(
        "/api/v1/admin/users/{}/revoke",
        id(&shop, "ada@shop.example").await
    );
    for email in ["ada@shop.example", "mel@shop.example"] {
        let refused = Pair::login(&shop, email)
            .await
            .client(&shop)
            .json(&path, "")
            .await;
        assert_eq!(refused.problem().0, 403, "{email}");
    }
    assert_eq!(shop.client().json(&path, "").await.problem().0, 401);
    assert_eq!(
        ada.client(&shop).get("/api/v1/me").await.status,
        200,
        "nothing was ended"
    );
    let root = Pair::login(&shop, "root@shop.example").await.client(&shop);
    assert_eq!(root.json(&path, "").await.status, 204);
    assert!(ada.is_dead(&shop).await);
    assert_eq!(browser.get("/account").await.status, 303);
    assert_eq!(root.get("/api/v1/me").await.status, 200, "and of nobody else");
    let again = Pair::login(&shop, "ada@shop.example").await;
    assert_eq!(
        again.client(&shop).get("/api/v1/me").await.status,
        200,
        "who knows the password signs in again"
    );
    let nobody = root.json("/api/v1/admin/users/nobody/revoke", "").await;
    assert_eq!(nobody.problem(), (404, "not_found".into()));
}

#[tokio::test]
async fn a_new_password_signs_out_programs_too() {
    let shop = Shop::open(&[]).await;
    let (ada, bob) = (
        Pair::login(&shop, "ada@shop.example").await,
        Pair::login(&shop, "bob@shop.example").await,
    );
    let browser = shop.signed_in("ada@shop.example").await;
    let body = format!(
        "current={}&new=plain+oats+with+raisins",
        shop.password("ada@shop.example")
    );
    let changed = browser.form("/account/password", body).await;
    assert_eq!(changed.header("location"), "/account?password-changed");
    assert!(ada.is_dead(&shop).await);
    assert_eq!(bob.client(&shop).get("/api/v1/me").await.status, 200);
}

#[tokio::test]
async fn a_bad_token_is_refused_wherever_it_is_sent_but_where_tokens_are_given() {
    let shop = Shop::open(&[]).await;
    let bad = shop
        .client()
        .with("authorization", "Bearer eyJhbGciOiJub25lIn0.e30.");
    for path in ["/api/v1/me", "/api/v1/products"] {
        let refused = bad.get(path).await;
        assert_eq!(refused.problem(), (401, "invalid_token".into()), "{path}");
        assert_eq!(
            refused.header("www-authenticate"),
            "Bearer error=\"invalid_token\""
        );
    }
    let refused = shop.client().get("/api/v1/me").await;
    assert_eq!(refused.problem(), (401, "authentication_required".into()));
    assert_eq!(refused.header("www-authenticate"), "Bearer");
    let pair = Pair::of(&login(&bad, "ada@shop.example", shop.password("ada@shop.example")).await);
    assert_eq!(refresh(&bad, &pair.refresh).await.status, 200);
    // Neither a refresh token nor a session is an access token.
    let swapped = shop
        .client()
        .with("authorization", format!("Bearer {}", pair.refresh));
    assert_eq!(swapped.get("/api/v1/me").await.problem().0, 401);
    let browser = shop.signed_in("ada@shop.example").await;
    assert_eq!(browser.get("/api/v1/me").await.problem().0, 401);
    // And an access token opens no page.
    assert_eq!(pair.client(&shop).get("/account").await.status, 303);
}

#[tokio::test]
async fn calls_count_by_account_wherever_they_come_from() {
    let shop = Shop::open(&[]).await;
    let ada = Pair::login(&shop, "ada@shop.example").await.client(&shop);
    let bob = Pair::login(&shop, "bob@shop.example").await.client(&shop);
    let searches = u64::from(limits::API.max_burst().get()) / limits::SEARCH_COST;
    for _ in 0..searches {
        assert_eq!(ada.get("/api/v1/products?q=bowl").await.status, 200);
    }
    assert_eq!(ada.get("/api/v1/products?q=bowl").await.problem().0, 429);
    assert_eq!(
        bob.get("/api/v1/products?q=bowl").await.status,
        200,
        "from the same address"
    );
}

#[tokio::test]
async fn the_public_keys_are_published_and_nothing_else_of_them() {
    let shop = Shop::open(&[]).await;
    let answer = shop.client().get("/.well-known/jwks.json").await;
    assert_eq!(answer.header("content-type"), "application/jwk-set+json");
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let set: Value = serde_json::from_str(&answer.body).unwrap();
    let [key] = &**set["keys"].as_array().unwrap() else {
        panic!("one key")
    };
    let names: Vec<_> = key.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x"]);
    assert_eq!(shop.client().get("/.well-known/none").await.problem().0, 404);
}

#[tokio::test]
async fn two_processes_share_tokens_and_their_end() {
    let (redis, home) = (RedisServer::start(), Arc::new(TempDir::new()));
    let url = redis.url();
    let one = Shop::open_in(Arc::clone(&home), &["--redis", &url]).await;
    let two = Shop::open_in(Arc::clone(&home), &["--redis", &url]).await;
    // The second shop gave the demo accounts new passwords.
    let first = Pair::of(
        &login(
            &one.client(),
            "ada@shop.example",
            two.password("ada@shop.example"),
        )
        .await,
    );
    assert_eq!(first.client(&two).get("/api/v1/me").await.status, 200);
    let second = Pair::of(&first.refresh(&two).await);
    assert_eq!(
        second.client(&one).json("/api/v1/auth/logout", "").await.status,
        204
    );
    assert_eq!(
        second.refresh(&two).await.problem(),
        (401, "invalid_grant".into())
    );
    // The other process learns of the access token in its next round, and one that starts in its first.
    eventually("the access token is void at the other process", async || {
        second.client(&two).get("/api/v1/me").await.status == 401
    })
    .await;
    let three = Shop::open_in(home, &["--redis", &url]).await;
    assert!(second.is_dead(&three).await);
}
