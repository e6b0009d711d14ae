//! The cart: bounded, kept in the session, and there after signing in.
use std::sync::Arc;

use palisade_testkit::{RedisServer, TempDir};

use crate::shop::{Answer, Client, Shop};

const ADA: &str = "ada@shop.example";
const STOOL: &str = "sku=N-1001";
const MUG: &str = "sku=S-2001";

fn goes_to(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.header("location"))
}

/// The same browser after an answer that set its cookie.
fn after(shop: &Shop, answer: &Answer) -> Client {
    shop.client().with_cookie(&answer.cookie().unwrap())
}

/// A visitor with two stools and a mug.
async fn visitor(shop: &Shop) -> Client {
    let first = shop
        .client()
        .form("/cart/add", format!("{STOOL}&quantity=2"))
        .await;
    assert_eq!(goes_to(&first), (303, "/cart"));
    let client = after(shop, &first);
    let second = client.form("/cart/add", format!("{MUG}&quantity=1")).await;
    assert_eq!((goes_to(&second), second.cookie()), ((303, "/cart"), None));
    client
}

/// The sum that the page shows.
async fn total(client: &Client) -> String {
    let page = client.get("/cart").await;
    assert_eq!(page.page(), 200);
    let total = page.body.split("id=\"total\">").nth(1);
    total.map_or(String::new(), |rest| rest.split('<').next().unwrap().to_owned())
}

#[tokio::test]
async fn the_cart_of_a_visitor_is_there_after_signing_in_under_a_new_id() {
    let shop = Shop::open(&[]).await;
    let visitor = visitor(&shop).await;
    assert_eq!(total(&visitor).await, "€322.00");
    let login = visitor.login(ADA, shop.password(ADA)).await;
    assert_eq!(goes_to(&login), (303, "/account"));
    let ada = after(&shop, &login);
    assert_eq!(total(&ada).await, "€322.00");
    assert_eq!(total(&visitor).await, "", "the id of before opens nothing");
    assert_eq!(ada.form("/logout", "").await.status, 303);
    assert_eq!(total(&ada).await, "", "and nothing stays behind for the next one");
}

#[tokio::test]
async fn who_only_looks_has_no_session() {
    let (redis, home) = (RedisServer::start(), Arc::new(TempDir::new()));
    let shop = Shop::open_in(home, &["--redis", &redis.url()]).await;
    for path in [
        "/",
        "/products/oak-stool",
        "/cart",
        "/login",
        "/register",
        "/account",
        "/nothing",
    ] {
        assert_eq!(shop.client().get(path).await.header("set-cookie"), "", "{path}");
    }
    let nothing = [
        ("/cart/update", "sku=N-1001&quantity=1"),
        ("/cart/remove", "sku=N-1001"),
        ("/cart/add", "sku=none&quantity=1"),
        ("/cart/add", "sku=N-1001&quantity=0"),
        ("/login", "email=ada%40shop.example&password=guess"),
    ];
    for (path, body) in nothing {
        assert_eq!(
            shop.client().form(path, body).await.header("set-cookie"),
            "",
            "{path} {body}"
        );
    }
    let sessions = async || redis.command(&["KEYS", "palisade-shop:sess:*"]);
    assert_eq!(sessions().await, "");
    let _visitor = visitor(&shop).await;
    assert_eq!(
        sessions().await.lines().count(),
        1,
        "the keys are looked for where they are"
    );
}

#[tokio::test]
async fn what_is_in_the_cart_can_be_changed_and_taken_out() {
    let shop = Shop::open(&[]).await;
    let client = visitor(&shop).await;
    assert_eq!(
        goes_to(&client.form("/cart/update", format!("{MUG}&quantity=3")).await),
        (303, "/cart")
    );
    assert_eq!(total(&client).await, "€370.00");
    assert_eq!(goes_to(&client.form("/cart/remove", STOOL).await), (303, "/cart"));
    assert_eq!(total(&client).await, "€72.00");
    let page = client.get("/").await.body;
    assert!(page.contains("Cart (3)"), "{page}");
    assert_eq!(goes_to(&client.form("/cart/remove", MUG).await), (303, "/cart"));
    assert!(
        client
            .get("/cart")
            .await
            .body
            .contains("There is nothing in it yet.")
    );
}

#[tokio::test]
async fn what_no_cart_can_hold_is_refused() {
    let shop = Shop::open(&[]).await;
    let client = visitor(&shop).await;
    for quantity in ["", "0", "-1", "1.5", "100", "4294967297", "two", "1&quantity=2"] {
        for path in ["/cart/add", "/cart/update"] {
            let answer = client.form(path, format!("{STOOL}&quantity={quantity}")).await;
            assert_eq!(answer.page(), 422, "{path} {quantity}");
        }
    }
    let unknown = client.form("/cart/add", "sku=%27+OR+1%3D1&quantity=1").await;
    assert_eq!(unknown.page(), 404);
    assert_eq!(total(&client).await, "€322.00");
    let more = client.form("/cart/add", format!("{STOOL}&quantity=99")).await;
    assert_eq!(goes_to(&more), (303, "/cart?full"));
    assert!(client.get("/cart?full").await.body.contains("99 pieces of each"));
    assert_eq!(total(&client).await, "€14775.00", "as many as may be");
}

#[tokio::test]
async fn of_many_additions_at_once_none_is_lost() {
    let shop = Shop::open(&[]).await;
    let client = visitor(&shop).await;
    let adding: Vec<_> = (0..20)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.form("/cart/add", format!("{MUG}&quantity=1")).await })
        })
        .collect();
    for task in adding {
        assert_eq!(goes_to(&task.await.unwrap()), (303, "/cart"));
    }
    assert_eq!(total(&client).await, "€802.00");
}

#[tokio::test]
async fn every_form_of_the_cart_has_the_token_and_another_sites_has_not() {
    let shop = Shop::open(&[]).await;
    let client = visitor(&shop).await;
    assert_eq!(client.get("/cart").await.form_tokens().len(), 4);
    assert_eq!(client.get("/products/oak-stool").await.form_tokens().len(), 1);
    assert_eq!(client.get("/login").await.form_tokens().len(), 1);
    assert_eq!(client.post("/cart/remove", STOOL).await.page(), 403);
    let foreign = shop.client().with("sec-fetch-site", "cross-site");
    assert_eq!(
        foreign
            .post("/cart/add", format!("{STOOL}&quantity=1"))
            .await
            .page(),
        403
    );
    assert_eq!(total(&client).await, "€322.00");
}

#[tokio::test]
async fn signing_in_leads_back_to_the_cart_and_to_no_other_site() {
    let shop = Shop::open(&[]).await;
    let page = shop.client().get("/login?next=/cart").await;
    assert!(page.body.contains("name=\"next\" value=\"/cart\""), "{page:?}");
    let password = shop.password(ADA);
    for (next, goes) in [
        ("/cart", "/cart"),
        ("//evil.example", "/account"),
        ("https://evil.example", "/account"),
        ("/logout", "/account"),
        ("", "/account"),
    ] {
        let body = format!("email={ADA}&password={password}&next={next}");
        assert_eq!(
            goes_to(&shop.client().form("/login", body).await),
            (303, goes),
            "{next}"
        );
        let page = shop.client().get(&format!("/login?next={next}")).await;
        assert!(!page.body.contains("evil"), "{next}");
    }
    let again = shop
        .client()
        .form("/login", format!("email={ADA}&password=guess&next=/cart"))
        .await;
    assert!(
        again.body.contains("name=\"next\" value=\"/cart\""),
        "a slip keeps the way"
    );
}
