//! Orders by the API: what they cost, how often they are placed, how they are paid back.
use std::sync::Arc;
use std::time::Duration;

use palisade::core::{Clock, SystemClock};
use palisade_core::FakeClock;
use palisade_testkit::TempDir;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::shop::{Answer, Client, Shop};

pub(crate) const ADA: &str = "ada@shop.example";
pub(crate) const BOB: &str = "bob@shop.example";
pub(crate) const MEL: &str = "mel@shop.example";
pub(crate) const SAM: &str = "sam@shop.example";

/// Asks for an order under a key.
pub(crate) async fn order(client: &Client, key: &str, body: &Value) -> Answer {
    client
        .clone()
        .with("idempotency-key", key)
        .json("/api/v1/orders", body.to_string())
        .await
}

/// An order of that article, and its id.
pub(crate) async fn placed(client: &Client, sku: &str) -> String {
    let answer = order(client, sku, &json!({ "items": [{ "sku": sku, "quantity": 1 }] })).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    read(&answer)["id"].as_str().unwrap().to_owned()
}

/// Notes that the money has come, as nobody can through the shop.
pub(crate) fn pay(shop: &Shop, id: &str) {
    let paid = shop
        .database()
        .execute("UPDATE orders SET status = 'paid' WHERE id = ?1", [id]);
    assert_eq!(paid.unwrap(), 1);
}

fn read(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap()
}

fn orders(shop: &Shop) -> u32 {
    let count = "SELECT count(*) FROM orders";
    shop.database().query_row(count, (), |row| row.get(0)).unwrap()
}

fn refund_of(id: &str) -> String {
    format!("POST /api/v1/orders/{id}/refund")
}

#[tokio::test]
async fn an_order_costs_what_the_catalogue_says() {
    let shop = Shop::open(&[]).await;
    let ada = shop.calling(ADA).await;
    let items = json!({ "items": [{ "sku": "N-1002", "quantity": 3 }, { "sku": "N-1001", "quantity": 1 }] });
    let answer = order(&ada, "k", &items).await;
    assert_eq!(answer.status, 201);
    let placed = read(&answer);
    let id = placed["id"].as_str().unwrap();
    assert_eq!(
        placed,
        json!({ "id": id, "total": 26_450, "currency": "EUR", "status": "pending" })
    );

    let one = read(&ada.get(&format!("/api/v1/orders/{id}")).await);
    assert_eq!(
        (&one["total"], &one["status"], &one["tenant"]),
        (&json!(26_450), &json!("pending"), &json!("north"))
    );
    let lines = json!([
        { "sku": "N-1001", "name": "Oak stool", "price": 14_900, "quantity": 1 },
        { "sku": "N-1002", "name": "Ash broom", "price": 3_850, "quantity": 3 },
    ]);
    assert_eq!(one["items"], lines);
}

#[tokio::test]
async fn the_price_of_an_order_stays_when_the_catalogue_changes() {
    let shop = Shop::open(&[]).await;
    let ada = shop.calling(ADA).await;
    let id = placed(&ada, "N-1001").await;
    shop.database()
        .execute("UPDATE products SET price = 1, name = 'x'", ())
        .unwrap();
    let one = read(&ada.get(&format!("/api/v1/orders/{id}")).await);
    assert_eq!(
        (&one["total"], &one["items"][0]["price"]),
        (&json!(14_900), &json!(14_900))
    );
}

/// Name and body of a request, and the code of its answer.
const NO_ORDERS: &[(&str, &str, &str)] = &[
    ("nothing", "{}", "unexpected_fields"),
    ("no items", r#"{"items":[]}"#, "order_items_invalid"),
    (
        "no pieces",
        r#"{"items":[{"sku":"N-1001","quantity":0}]}"#,
        "order_items_invalid",
    ),
    (
        "too many pieces",
        r#"{"items":[{"sku":"N-1001","quantity":100}]}"#,
        "order_items_invalid",
    ),
    (
        "an article twice",
        r#"{"items":[{"sku":"N-1001","quantity":1},{"sku":"N-1001","quantity":1}]}"#,
        "order_items_invalid",
    ),
    (
        "less than nothing",
        r#"{"items":[{"sku":"N-1001","quantity":-1}]}"#,
        "unexpected_fields",
    ),
    (
        "half a piece",
        r#"{"items":[{"sku":"N-1001","quantity":0.5}]}"#,
        "unexpected_fields",
    ),
    (
        "2^32 + 1 pieces",
        r#"{"items":[{"sku":"N-1001","quantity":4294967297}]}"#,
        "unexpected_fields",
    ),
    (
        "a text",
        r#"{"items":[{"sku":"N-1001","quantity":"1"}]}"#,
        "unexpected_fields",
    ),
    (
        "a price of one's own",
        r#"{"items":[{"sku":"N-1001","quantity":1,"price":1}]}"#,
        "unexpected_fields",
    ),
    (
        "a total of one's own",
        r#"{"items":[{"sku":"N-1001","quantity":1}],"total":1}"#,
        "unexpected_fields",
    ),
    (
        "another's name",
        r#"{"items":[{"sku":"N-1001","quantity":1}],"customer":"hunter2"}"#,
        "unexpected_fields",
    ),
    (
        "no such article beside one that there is",
        r#"{"items":[{"sku":"N-1001","quantity":1},{"sku":"hunter2","quantity":1}]}"#,
        "sku_unknown",
    ),
    (
        "no article at all",
        r#"{"items":[{"sku":"' OR 1=1 --","quantity":1}]}"#,
        "sku_unknown",
    ),
    (
        "two makers",
        r#"{"items":[{"sku":"N-1001","quantity":1},{"sku":"S-2001","quantity":1}]}"#,
        "several_makers",
    ),
];

#[tokio::test]
async fn what_is_no_order_is_told_apart_and_leaves_nothing() {
    let shop = Shop::open(&[]).await;
    let ada = shop.calling(ADA).await;
    for (name, body, code) in NO_ORDERS {
        let answer = order(&ada, "k", &serde_json::from_str(body).unwrap()).await;
        assert_eq!(answer.problem(), (422, (*code).to_owned()), "{name}");
        assert!(!answer.body.contains("hunter2"), "{name}");
    }
    let item = |sku: String| json!({ "sku": sku, "quantity": 1 });
    let many: Vec<_> = (0..21).map(|at| item(format!("X-{at}"))).collect();
    for items in [json!(many), json!([item("N".repeat(33))])] {
        let answer = order(&ada, "k", &json!({ "items": items })).await;
        assert_eq!(answer.problem(), (422, "order_items_invalid".into()));
    }
    assert_eq!(orders(&shop), 0);
    // A key under which nothing was ordered is as good as new.
    let stool = json!({ "items": [item("N-1001".to_owned())] });
    assert_eq!(order(&ada, "k", &stool).await.status, 201);
}

#[tokio::test]
async fn a_key_is_asked_for_once() {
    let shop = Shop::open(&[]).await;
    let ada = shop.calling(ADA).await;
    let body = json!({ "items": [{ "sku": "N-1001", "quantity": 1 }] });
    let none = ada.json("/api/v1/orders", body.to_string()).await;
    assert_eq!(none.problem(), (400, "idempotency_key_missing".into()));
    let longest = "k".repeat(64);
    for wrong in ["", "a b", "a,b", "\"", &format!("{longest}k"), "\u{e9}"] {
        let answer = order(&ada, wrong, &body).await;
        assert_eq!(
            answer.problem(),
            (400, "idempotency_key_invalid".into()),
            "{wrong:?}"
        );
    }
    let twice = ada.clone().with("idempotency-key", "a");
    assert_eq!(
        order(&twice, "a", &body).await.problem(),
        (400, "idempotency_key_invalid".into())
    );
    assert_eq!(orders(&shop), 0);
    assert_eq!(order(&ada, &longest, &body).await.status, 201);
}

#[tokio::test]
async fn asking_again_orders_nothing_again() {
    let shop = Shop::open(&[]).await;
    let ada = shop.calling(ADA).await;
    let (stool, broom) = (
        json!({ "sku": "N-1001", "quantity": 1 }),
        json!({ "sku": "N-1002", "quantity": 2 }),
    );
    let first = order(&ada, "k", &json!({ "items": [stool, broom] })).await;
    assert_eq!(first.status, 201);
    // Whatever happens meanwhile: the answer is the one that was lost.
    pay(&shop, read(&first)["id"].as_str().unwrap());
    shop.database()
        .execute("UPDATE products SET price = price + 1", ())
        .unwrap();
    shop.database()
        .execute("DELETE FROM products WHERE sku = 'N-1002'", ())
        .unwrap();
    for (key, items) in [("k", json!([stool, broom])), ("\"k\"", json!([broom, stool]))] {
        let again = order(&ada, key, &json!({ "items": items })).await;
        assert_eq!((again.status, &again.body), (first.status, &first.body));
    }
    for other in [
        json!([stool]),
        json!([stool, { "sku": "N-1002", "quantity": 3 }]),
        json!([{ "sku": "S-2001", "quantity": 1 }]),
    ] {
        let answer = order(&ada, "k", &json!({ "items": other })).await;
        assert_eq!(
            answer.problem(),
            (422, "idempotency_key_reused".into()),
            "{other}"
        );
    }
    assert_eq!(orders(&shop), 1);
}

#[tokio::test]
async fn a_key_is_its_customers_own() {
    let shop = Shop::open(&[]).await;
    let (stool, broom) = (
        json!({ "sku": "N-1001", "quantity": 1 }),
        json!({ "sku": "N-1002", "quantity": 1 }),
    );
    let adas = order(&shop.calling(ADA).await, "k", &json!({ "items": [stool] })).await;
    let bobs = order(&shop.calling(BOB).await, "k", &json!({ "items": [broom] })).await;
    assert_eq!((adas.status.as_u16(), bobs.status.as_u16()), (201, 201));
    assert_ne!(read(&adas)["id"], read(&bobs)["id"]);
}

#[tokio::test]
async fn a_key_that_ran_out_is_forgotten() {
    let shop = Shop::open(&[]).await;
    let ada = shop.calling(ADA).await;
    let body = json!({ "items": [{ "sku": "N-1001", "quantity": 1 }] });
    let first = order(&ada, "k", &body).await;
    let (least, most): (i64, i64) = shop
        .database()
        .query_row(
            "SELECT expires_at - unixepoch(), count(*) FROM order_keys",
            (),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert!(
        (86_300..=86_400).contains(&least) && most == 1,
        "{least} s, {most} keys"
    );
    shop.database()
        .execute("UPDATE order_keys SET expires_at = unixepoch()", ())
        .unwrap();
    let second = order(&ada, "k", &body).await;
    assert_eq!(second.status, 201);
    assert_ne!(read(&first)["id"], read(&second)["id"]);
    let kept: u32 = shop
        .database()
        .query_row("SELECT count(*) FROM order_keys", (), |row| row.get(0))
        .unwrap();
    assert_eq!(kept, 1, "old keys are swept away");
}

#[tokio::test]
async fn twenty_requests_at_once_under_one_key_are_one_order() {
    let home = Arc::new(TempDir::new());
    let (one, two) = (
        Shop::open_in(Arc::clone(&home), &[]).await,
        Shop::open_in(home, &[]).await,
    );
    let mut asking = JoinSet::new();
    // The second shop gave the account another password when it began.
    let password = two.password(ADA);
    let programs = [
        one.calling_with(ADA, password).await,
        two.calling_with(ADA, password).await,
    ];
    for client in programs.into_iter().cycle().take(20) {
        asking.spawn(async move {
            order(
                &client,
                "k",
                &json!({ "items": [{ "sku": "S-2004", "quantity": 2 }] }),
            )
            .await
        });
    }
    let answers = asking.join_all().await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == 201 && answer.body == answers[0].body),
        "{answers:?}"
    );
    assert_eq!(orders(&one), 1);
}

#[tokio::test]
async fn only_a_paid_order_is_paid_back_and_only_once() {
    let shop = Shop::open(&[]).await;
    let (ada, mel) = (shop.calling(ADA).await, shop.calling(MEL).await);
    let id = placed(&ada, "N-1003").await;
    let unpaid = mel.send(&refund_of(&id), "", "").await;
    assert_eq!(unpaid.problem(), (409, "order_not_paid".into()));
    pay(&shop, &id);
    let paid_back = mel.send(&refund_of(&id), "", "").await;
    assert_eq!(paid_back.status, 200);
    assert_eq!(
        read(&paid_back),
        json!({ "id": id, "total": 6_200, "currency": "EUR", "status": "refunded" })
    );
    assert_eq!(mel.send(&refund_of(&id), "", "").await.problem().0, 409);
    assert_eq!(
        read(&ada.get(&format!("/api/v1/orders/{id}")).await)["status"],
        "refunded"
    );
}

#[tokio::test]
async fn of_many_refunds_at_once_one_goes_out() {
    let shop = Shop::open(&[]).await;
    let id = placed(&shop.calling(ADA).await, "N-1003").await;
    pay(&shop, &id);
    let (merchant, mut asking) = (shop.calling(MEL).await, JoinSet::new());
    for _ in 0..20 {
        let (mel, line) = (merchant.clone(), refund_of(&id));
        asking.spawn(async move { mel.send(&line, "", "").await.status.as_u16() });
    }
    let mut told = asking.join_all().await;
    told.sort_unstable();
    assert_eq!((told[0], &told[1..]), (200, &[409; 19][..]));
}

#[tokio::test]
async fn a_refund_asks_for_a_password_that_was_given_lately() {
    let clock = FakeClock::new();
    clock.set_wall(SystemClock::new().now());
    let shop = Shop::open_by(Arc::new(TempDir::new()), &[], &clock).await;
    let id = placed(&shop.calling(ADA).await, "N-1003").await;
    pay(&shop, &id);
    let late = shop.calling(MEL).await;
    clock.advance(Duration::from_secs(310));
    let answer = late.send(&refund_of(&id), "", "").await;
    assert_eq!(answer.problem(), (401, "insufficient_user_authentication".into()));
    let challenge = r#"Bearer error="insufficient_user_authentication", max_age="300""#;
    assert_eq!(answer.header("www-authenticate"), challenge);
    assert_eq!(
        late.get(&format!("/api/v1/orders/{id}")).await.status,
        200,
        "looking asks for nothing more"
    );
    let status: String = shop
        .database()
        .query_row("SELECT status FROM orders", (), |row| row.get(0))
        .unwrap();
    assert_eq!(status, "paid");
}

#[tokio::test]
async fn ordering_without_end_is_slowed_down() {
    let shop = Shop::open(&[]).await;
    let ada = shop.calling(ADA).await;
    let mut last = None;
    for turn in 0..90 {
        let answer = order(
            &ada,
            &turn.to_string(),
            &json!({ "items": [{ "sku": "N-1001", "quantity": 1 }] }),
        )
        .await;
        if answer.status == 429 {
            last = Some((turn, answer));
            break;
        }
    }
    let (orders, limited) = last.unwrap();
    assert!(orders >= 30, "{orders}");
    assert_eq!(limited.problem(), (429, "rate_limit_exceeded".into()));
    assert_ne!(limited.header("retry-after"), "");
    placed(&shop.calling(BOB).await, "N-1001").await;
}
