//! The accounts, for who runs the shop.
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use palisade::core::{Clock, SystemClock};
use palisade_core::FakeClock;
use palisade_testkit::TempDir;
use serde_json::{Value, json};

use crate::orders::{ADA, BOB, MEL};
use crate::shop::{Answer, Client, Shop};

const ROOT: &str = "root@shop.example";

fn goes_to(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.header("location"))
}

fn id(shop: &Shop, email: &str) -> String {
    let select = "SELECT id FROM accounts WHERE email = ?1";
    shop.database()
        .query_row(select, [email], |row| row.get(0))
        .unwrap()
}

async fn page(client: &Client, query: &str) -> Value {
    let answer = client.get(&format!("/api/v1/admin/users{query}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_str(&answer.body).unwrap()
}

#[tokio::test]
async fn the_list_says_what_an_account_is_and_no_more() {
    let shop = Shop::open(&[]).await;
    let list = page(&shop.calling(ROOT).await, "").await;
    assert_eq!(list["next"], Value::Null);
    let users = list["users"].as_array().unwrap();
    assert_eq!(users.len(), 5);
    let mel = users.iter().find(|user| user["email"] == MEL).unwrap();
    assert_eq!(
        *mel,
        json!({ "id": id(&shop, MEL), "email": MEL, "role": "merchant", "tenant": "north" })
    );
}

#[tokio::test]
async fn a_long_list_comes_in_pages() {
    let shop = Shop::open(&[]).await;
    let many = "WITH RECURSIVE n(n) AS (SELECT 1 UNION SELECT n + 1 FROM n WHERE n < 200)
        INSERT INTO accounts (id, email, password, role)
        SELECT printf('%032x', n), n || '@shop.example', 'none', 'customer' FROM n";
    shop.database().execute(many, ()).unwrap();
    let (root, browser) = (shop.calling(ROOT).await, shop.signed_in(ROOT).await);
    let (mut seen, mut shown, mut query) = (BTreeSet::new(), 0, String::new());
    for length in [100, 100, 5] {
        let list = page(&root, &query).await;
        let users = list["users"].as_array().unwrap();
        assert_eq!(users.len(), length);
        seen.extend(users.iter().map(|user| user["id"].as_str().unwrap().to_owned()));
        let html = browser.get(&format!("/admin{query}")).await;
        assert_eq!(
            (html.page(), html.body.contains("More accounts")),
            (200, length == 100)
        );
        shown += html.body.matches("name=\"account\"").count();
        query = format!("?after={}", list["next"].as_str().unwrap_or_default());
    }
    assert_eq!((seen.len(), shown), (205, 205));
}

#[tokio::test]
async fn a_page_that_there_cannot_be_is_refused() {
    let shop = Shop::open(&[]).await;
    let (root, browser) = (shop.calling(ROOT).await, shop.signed_in(ROOT).await);
    let long = "a".repeat(129);
    for query in [
        "?after=",
        &format!("?after={long}"),
        "?after=a&after=b",
        "?after=%00",
    ] {
        assert_eq!(
            root.get(&format!("/api/v1/admin/users{query}")).await.problem().0,
            422,
            "{query}"
        );
        assert_eq!(
            browser.get(&format!("/admin{query}")).await.page(),
            422,
            "{query}"
        );
    }
}

#[tokio::test]
async fn an_administrator_signs_somebody_out_everywhere() {
    let shop = Shop::open(&[]).await;
    let (root, bob) = (shop.signed_in(ROOT).await, shop.signed_in(BOB).await);
    let (browser, program) = (shop.signed_in(ADA).await, shop.calling(ADA).await);
    assert_eq!(program.get("/api/v1/me").await.status, 200);
    let answer = root
        .form("/admin/revoke", format!("account={}", id(&shop, ADA)))
        .await;
    assert_eq!(goes_to(&answer), (303, "/admin?ended"));
    assert!(
        root.get("/admin?ended")
            .await
            .body
            .contains("signed out everywhere")
    );
    assert_eq!(goes_to(&browser.get("/account").await), (303, "/login"));
    assert_eq!(program.get("/api/v1/me").await.problem().0, 401);
    assert_eq!(bob.get("/account").await.status, 200, "nobody else");
    assert_eq!(
        shop.client().login(ADA, shop.password(ADA)).await.status,
        303,
        "who knows the password is let in again"
    );
    assert_eq!(root.form("/admin/revoke", "account=none").await.page(), 404);
}

#[tokio::test]
async fn nobody_else_signs_anybody_out() {
    let shop = Shop::open(&[]).await;
    let ada = shop.signed_in(ADA).await;
    let form = format!("account={}", id(&shop, ADA));
    for email in [BOB, MEL] {
        let client = shop.signed_in(email).await;
        assert_eq!(
            client.form("/admin/revoke", form.clone()).await.page(),
            403,
            "{email}"
        );
    }
    let root = shop.signed_in(ROOT).await.with("sec-fetch-site", "cross-site");
    assert_eq!(
        root.post("/admin/revoke", form).await.page(),
        403,
        "another site, in an administrator's browser"
    );
    assert_eq!(ada.get("/account").await.status, 200);
}

#[tokio::test]
async fn who_signed_in_long_ago_proves_who_they_are_before_signing_others_out() {
    let clock = FakeClock::new();
    clock.set_wall(SystemClock::new().now());
    let shop = Shop::open_by(Arc::new(TempDir::new()), &[], &clock).await;
    let (root, program, ada) = (
        shop.signed_in(ROOT).await,
        shop.calling(ROOT).await,
        shop.signed_in(ADA).await,
    );
    clock.advance(Duration::from_secs(301));
    let form = format!("account={}", id(&shop, ADA));
    assert_eq!(
        goes_to(&root.form("/admin/revoke", form).await),
        (303, "/login/again?next=/admin")
    );
    let call = format!("POST /api/v1/admin/users/{}/revoke", id(&shop, ADA));
    let answer = program.send(&call, "", "").await;
    assert_eq!(answer.problem(), (401, "insufficient_user_authentication".into()));
    assert_eq!(
        (root.get("/admin").await.page(), ada.get("/account").await.page()),
        (200, 200)
    );
}

/// Other ways to write the addresses of administrators, and fields by which some servers take another one.
const SPELLINGS: &[&str] = &[
    "/admin/",
    "//admin",
    "/admin//",
    "/./admin",
    "/x/../admin",
    "/ADMIN",
    "/Admin",
    "/%61dmin",
    "/admin%2f",
    "/admin%00",
    "/admin;x=1",
    "/admin%20",
    "/admin.html",
    "/admin?",
    "/admin?after=",
    "/admin#x",
    "/;/admin",
    "/..;/admin",
    "/api/v1/admin/users",
    "/api/v1/admin/users/",
    "/api/v1//admin/users",
    "/api//v1/admin/users",
    "/api/v1/ADMIN/users",
    "/api/v1/admin%2fusers",
    "/api/v1/products/../admin/users",
    "/api/v1/products/%2e%2e/admin/users",
    "/products/..%2fadmin",
    "/assets/../admin",
    "/health/../admin",
];
const FIELDS: &[(&str, &str)] = &[
    ("x-original-url", "/admin"),
    ("x-rewrite-url", "/admin"),
    ("x-forwarded-prefix", "/admin"),
    ("x-forwarded-uri", "/admin"),
    ("x-http-method-override", "GET"),
    ("x-user", ROOT),
    ("x-role", "administrator"),
];

#[tokio::test]
async fn there_is_no_other_way_to_write_an_address_that_leads_past_its_rule() {
    let shop = Shop::open(&[]).await;
    let (browser, program) = (shop.signed_in(ADA).await, shop.calling(ADA).await);
    for client in [&browser, &program, &shop.client()] {
        for path in SPELLINGS {
            let answer = client.get(path).await;
            let refused = [303, 401, 403, 404, 422].contains(&answer.status.as_u16());
            assert!(refused && !answer.body.contains(ROOT), "{path}: {answer:?}");
        }
        for (field, value) in FIELDS {
            for path in ["/", "/admin", "/api/v1/admin/users"] {
                let answer = client.clone().with(field, value).get(path).await;
                assert!(!answer.body.contains(ROOT), "{field} on {path}");
            }
        }
    }
}
