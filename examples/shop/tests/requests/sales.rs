//! The pages of those who buy and those who sell.
use std::sync::Arc;
use std::time::Duration;

use palisade::core::{Clock, SystemClock};
use palisade_core::FakeClock;
use palisade_testkit::{RedisServer, TempDir};

use crate::orders::{ADA, BOB, MEL, SAM, pay, placed};
use crate::shop::{Answer, Client, Shop};

fn goes_to(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.header("location"))
}

/// The orders on a page, latest first.
async fn listed(client: &Client, path: &str) -> Vec<String> {
    let page = client.get(path).await;
    assert_eq!(page.page(), 200, "{path}");
    let ids = page.body.split("<code>").skip(1);
    ids.map(|rest| rest.split('<').next().unwrap().to_owned())
        .collect()
}

fn status(shop: &Shop, id: &str) -> String {
    let select = "SELECT status FROM orders WHERE id = ?1";
    shop.database().query_row(select, [id], |row| row.get(0)).unwrap()
}

/// One order of each customer to each maker: ada's in the north and the south, then bob's.
async fn four_orders(shop: &Shop) -> [String; 4] {
    let (ada, bob) = (shop.calling(ADA).await, shop.calling(BOB).await);
    [
        placed(&ada, "N-1001").await,
        placed(&ada, "S-2001").await,
        placed(&bob, "N-1001").await,
        placed(&bob, "S-2001").await,
    ]
}

#[tokio::test]
async fn a_list_has_what_is_ones_own_and_nothing_else() {
    let shop = Shop::open(&[]).await;
    let [ada_north, ada_south, bob_north, bob_south] = four_orders(&shop).await;
    let cases = [
        (ADA, "/orders", [&ada_north, &ada_south]),
        (BOB, "/orders", [&bob_north, &bob_south]),
        (MEL, "/merchant", [&ada_north, &bob_north]),
        (SAM, "/merchant", [&ada_south, &bob_south]),
    ];
    for (email, path, want) in cases {
        let (mut found, mut want) = (
            listed(&shop.signed_in(email).await, path).await,
            want.map(String::clone),
        );
        found.sort();
        want.sort();
        assert_eq!(found, want, "{email}");
    }
    let nothing = shop.client().register("new@shop.example").await;
    assert_eq!(nothing.status, 201);
    let new = shop
        .client()
        .login("new@shop.example", crate::shop::PASSWORD)
        .await;
    let new = shop.client().with_cookie(&new.cookie().unwrap());
    assert!(listed(&new, "/orders").await.is_empty());
}

/// A hundred later copies of an order.
fn copies(shop: &Shop, id: &str) {
    let database = shop.database();
    let many = "WITH RECURSIVE n(n) AS (SELECT 1 UNION SELECT n + 1 FROM n WHERE n < 100)";
    let order = "SELECT 'copy-' || n, tenant, customer, total, currency, status, placed_at + n FROM orders, n WHERE id = ?1";
    let lines =
        "SELECT 'copy-' || n, position, sku, name, price, quantity FROM order_lines, n WHERE order_id = ?1";
    for (table, copy) in [("orders", order), ("order_lines", lines)] {
        database
            .execute(&format!("INSERT INTO {table} {many} {copy}"), [id])
            .unwrap();
    }
}

#[tokio::test]
async fn a_list_is_bounded_and_begins_with_the_latest() {
    let shop = Shop::open(&[]).await;
    let oldest = placed(&shop.calling(ADA).await, "N-1001").await;
    copies(&shop, &oldest);
    for (email, path) in [(ADA, "/orders"), (MEL, "/merchant")] {
        let found = listed(&shop.signed_in(email).await, path).await;
        assert_eq!((found.len(), found[0].as_str()), (100, "copy-100"));
        assert!(!found.contains(&oldest));
    }
}

/// The query itself asks for no more than one may see: what others ordered later takes no place in the list.
#[tokio::test]
async fn a_list_is_not_crowded_out_by_what_others_ordered() {
    let shop = Shop::open(&[]).await;
    let adas = placed(&shop.calling(ADA).await, "N-1001").await;
    copies(&shop, &placed(&shop.calling(BOB).await, "S-2001").await);
    for (email, path) in [(ADA, "/orders"), (MEL, "/merchant")] {
        let found = listed(&shop.signed_in(email).await, path).await;
        assert_eq!((found.len(), found.first()), (1, Some(&adas)), "{email}");
    }
}

#[tokio::test]
async fn a_merchant_pays_back_what_is_paid_and_theirs() {
    let shop = Shop::open(&[]).await;
    let [ada_north, ada_south, bob_north, _] = four_orders(&shop).await;
    pay(&shop, &ada_north);
    pay(&shop, &ada_south);
    let mel = shop.signed_in(MEL).await;
    let page = mel.get("/merchant").await.body;
    assert_eq!(
        page.matches("action=\"/merchant/refund\"").count(),
        1,
        "one of them is paid"
    );

    let answer = mel.form("/merchant/refund", format!("order={ada_north}")).await;
    assert_eq!(goes_to(&answer), (303, "/merchant?refunded"));
    assert!(
        mel.get("/merchant?refunded")
            .await
            .body
            .contains("The order is paid back.")
    );
    assert_eq!(status(&shop, &ada_north), "refunded");
    for (order, want) in [
        (&ada_north, 409),
        (&bob_north, 409),
        (&ada_south, 404),
        (&"none".to_owned(), 404),
    ] {
        let answer = mel.form("/merchant/refund", format!("order={order}")).await;
        assert_eq!(answer.page(), want, "{order}");
    }
    let (theirs, nobodys) = (
        mel.form("/merchant/refund", format!("order={ada_south}")).await,
        mel.form("/merchant/refund", "order=none").await,
    );
    assert_eq!(theirs.body, nobodys.body);
    assert_eq!(status(&shop, &ada_south), "paid");
}

#[tokio::test]
async fn nobody_but_a_merchant_pays_anything_back() {
    let shop = Shop::open(&[]).await;
    let [order, ..] = four_orders(&shop).await;
    pay(&shop, &order);
    for email in [ADA, "root@shop.example"] {
        let client = shop.signed_in(email).await;
        assert_eq!(
            client
                .form("/merchant/refund", format!("order={order}"))
                .await
                .page(),
            403,
            "{email}"
        );
        assert_eq!(client.get("/merchant").await.page(), 403, "{email}");
    }
    // Another site cannot make a merchant do it either.
    let mel = shop.signed_in(MEL).await;
    let forged = mel
        .with("sec-fetch-site", "cross-site")
        .post("/merchant/refund", format!("order={order}"))
        .await;
    assert_eq!(forged.page(), 403);
    assert_eq!(status(&shop, &order), "paid");
}

#[tokio::test]
async fn a_merchant_who_signed_in_long_ago_signs_in_again_to_pay_back() {
    let clock = FakeClock::new();
    clock.set_wall(SystemClock::new().now());
    let shop = Shop::open_by(Arc::new(TempDir::new()), &[], &clock).await;
    let order = placed(&shop.calling(ADA).await, "N-1001").await;
    pay(&shop, &order);
    let mel = shop.signed_in(MEL).await;
    clock.advance(Duration::from_secs(301));

    let refund = format!("order={order}");
    let answer = mel.form("/merchant/refund", refund.clone()).await;
    assert_eq!(goes_to(&answer), (303, "/login/again?next=/merchant"));
    assert_eq!(
        answer.header("www-authenticate"),
        "",
        "a browser would ask for a password by itself"
    );
    assert_eq!(status(&shop, &order), "paid");
    assert_eq!(
        mel.get("/merchant").await.page(),
        200,
        "looking asks for nothing more"
    );

    let form = mel.get("/login/again?next=/merchant").await;
    assert_eq!(form.page(), 200);
    assert!(form.body.contains(MEL) && form.body.contains("name=\"next\" value=\"/merchant\""));
    let wrong = mel.form("/login/again", "password=a+guess&next=/merchant").await;
    assert_eq!(wrong.page(), 401);
    assert!(wrong.cookie().is_none() && wrong.body.contains("name=\"next\" value=\"/merchant\""));
    assert_eq!(
        mel.form("/merchant/refund", refund.clone()).await.status,
        303,
        "a guess proves nothing"
    );

    let again = format!("password={}&next=/merchant", shop.password(MEL));
    let answer = mel.form("/login/again", again).await;
    assert_eq!(goes_to(&answer), (303, "/merchant"));
    let renewed = shop.client().with_cookie(&answer.cookie().unwrap());
    assert_eq!(
        goes_to(&renewed.form("/merchant/refund", refund).await),
        (303, "/merchant?refunded")
    );
    assert_eq!(status(&shop, &order), "refunded");
    assert_eq!(goes_to(&mel.get("/merchant").await).0, 303, "the old id is dead");
}

/// The same account, the same session, and another role in the table of the next process.
#[tokio::test]
async fn a_role_that_was_taken_away_is_gone_for_a_session_that_began_with_it() {
    let (redis, home) = (RedisServer::start(), Arc::new(TempDir::new()));
    let shared = ["--redis", &redis.url()];
    let open = async || Shop::open_in(Arc::clone(&home), &shared).await;
    let becomes = |shop: &Shop, role: &str, tenant: Option<&str>| {
        let update = "UPDATE accounts SET role = ?1, tenant = ?2 WHERE email = 'new@shop.example'";
        assert_eq!(shop.database().execute(update, (role, tenant)).unwrap(), 1);
    };
    let shop = open().await;
    assert_eq!(shop.client().register("new@shop.example").await.status, 201);
    becomes(&shop, "merchant", Some("north"));
    let shop = open().await;
    let login = shop
        .client()
        .login("new@shop.example", crate::shop::PASSWORD)
        .await;
    let cookie = login.cookie().unwrap();
    assert_eq!(
        shop.client().with_cookie(&cookie).get("/merchant").await.page(),
        200
    );

    becomes(&shop, "customer", None);
    let client = open().await.client().with_cookie(&cookie);
    assert_eq!(client.get("/account").await.page(), 200, "the session is good");
    assert_eq!(client.get("/merchant").await.page(), 403, "the role in it is not");
}

#[tokio::test]
async fn signing_in_again_is_for_the_same_account_and_as_limited_as_ever() {
    let shop = Shop::open(&[]).await;
    assert_eq!(goes_to(&shop.client().get("/login/again").await), (303, "/login"));
    let mel = shop.signed_in(MEL).await;
    // There is no address to fill in; one that is sent along is not read.
    let other = format!("email={ADA}&password={}", shop.password(ADA));
    assert_eq!(mel.form("/login/again", other).await.page(), 401);
    for _ in 0..30 {
        let answer = mel.form("/login/again", "password=a+guess").await;
        if answer.status == 429 {
            assert_ne!(answer.header("retry-after"), "");
            let right = format!("password={}", shop.password(MEL));
            assert_eq!(
                mel.form("/login/again", right).await.page(),
                429,
                "not even with the right password"
            );
            return;
        }
    }
    panic!("nobody was slowed down");
}

/// The forms of a page that place orders: items, total and key of each.
fn offers(page: &Answer) -> Vec<[String; 3]> {
    assert_eq!(page.page(), 200);
    let forms = page.body.split("action=\"/checkout\"").skip(1);
    let field = |form: &str, name: &str| {
        let value = form.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
        value.split('"').next().unwrap().to_owned()
    };
    forms
        .map(|form| ["items", "total", "key"].map(|name| field(form, name)))
        .collect()
}

fn agreed([items, total, key]: &[String; 3]) -> String {
    format!("items={}&total={total}&key={key}", items.replace(' ', "+"))
}

/// Ada, with two stools and a broom from the north and a mug from the south in her cart.
async fn shopper(shop: &Shop) -> Client {
    let ada = shop.signed_in(ADA).await;
    for (sku, quantity) in [("N-1001", 2), ("S-2001", 1), ("N-1002", 1)] {
        let answer = ada
            .form("/cart/add", format!("sku={sku}&quantity={quantity}"))
            .await;
        assert_eq!(goes_to(&answer), (303, "/cart"));
    }
    ada
}

fn orders(shop: &Shop) -> Vec<(String, u32)> {
    let database = shop.database();
    let mut select = database
        .prepare("SELECT tenant, total FROM orders ORDER BY tenant, total")
        .unwrap();
    let rows = select
        .query_map((), |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    rows.map(Result::unwrap).collect()
}

#[tokio::test]
async fn a_cart_becomes_an_order_for_each_maker() {
    let shop = Shop::open(&[]).await;
    let ada = shopper(&shop).await;
    let offered = offers(&ada.get("/checkout").await);
    let shown: Vec<_> = offered
        .iter()
        .map(|[items, total, _]| (items.as_str(), total.as_str()))
        .collect();
    assert_eq!(shown, [("N-1001*2 N-1002*1", "33650"), ("S-2001*1", "2400")]);

    assert_eq!(
        goes_to(&ada.form("/checkout", agreed(&offered[0])).await),
        (303, "/orders?placed")
    );
    assert!(
        ada.get("/orders?placed")
            .await
            .body
            .contains("Your order is placed")
    );
    let left = offers(&ada.get("/checkout").await);
    assert_eq!(
        (left.len(), left[0][0].as_str()),
        (1, "S-2001*1"),
        "what is ordered is out of the cart"
    );
    assert_eq!(
        goes_to(&ada.form("/checkout", agreed(&left[0])).await),
        (303, "/orders?placed")
    );
    assert!(offers(&ada.get("/checkout").await).is_empty());
    assert_eq!(
        orders(&shop),
        [("north".to_owned(), 33_650), ("south".to_owned(), 2_400)]
    );
}

#[tokio::test]
async fn a_second_click_orders_nothing() {
    let shop = Shop::open(&[]).await;
    let ada = shopper(&shop).await;
    let form = agreed(&offers(&ada.get("/checkout").await)[0]);
    let clicks = [
        ada.form("/checkout", form.clone()),
        ada.form("/checkout", form.clone()),
    ];
    let [first, second] = clicks;
    let (first, second) = tokio::join!(first, second);
    let third = ada.form("/checkout", form).await;
    for answer in [first, second, third] {
        assert_eq!(goes_to(&answer), (303, "/orders?placed"));
    }
    assert_eq!(orders(&shop), [("north".to_owned(), 33_650)]);
}

#[tokio::test]
async fn nothing_is_ordered_at_another_total_than_was_shown() {
    let shop = Shop::open(&[]).await;
    let ada = shopper(&shop).await;
    let offered = offers(&ada.get("/checkout").await).remove(0);
    let [items, total, key] = offered.clone();
    let cheap = agreed(&[items.clone(), "1".to_owned(), key.clone()]);
    let more = agreed(&["N-1001*99".to_owned(), total.clone(), key.clone()]);
    for form in [cheap, more] {
        assert_eq!(ada.form("/checkout", form).await.page(), 409);
    }
    for (items, total) in [("N-1001*100", "1"), ("", "1"), (&*items, "-1"), (&*items, "")] {
        let form = agreed(&[items.to_owned(), total.to_owned(), key.clone()]);
        assert_eq!(
            ada.form("/checkout", form).await.page(),
            422,
            "{items} at {total}"
        );
    }
    shop.database()
        .execute("UPDATE products SET price = price + 1 WHERE sku = 'N-1001'", ())
        .unwrap();
    assert_eq!(ada.form("/checkout", agreed(&offered)).await.page(), 409);
    assert!(orders(&shop).is_empty());
    let anew = offers(&ada.get("/checkout").await).remove(0);
    assert_eq!(anew[1], "33652");
    assert_eq!(ada.form("/checkout", agreed(&anew)).await.status, 303);
}

#[tokio::test]
async fn checking_out_is_for_customers_who_are_signed_in() {
    let shop = Shop::open(&[]).await;
    assert_eq!(
        goes_to(&shop.client().get("/checkout").await),
        (303, "/login?next=/checkout")
    );
    let form = "items=N-1001*1&total=14900&key=k";
    assert_eq!(
        goes_to(&shop.client().form("/checkout", form).await),
        (303, "/login?next=/checkout")
    );
    for email in [MEL, "root@shop.example"] {
        let staff = shop.signed_in(email).await;
        assert_eq!(
            (
                staff.get("/checkout").await.page(),
                staff.form("/checkout", form).await.page()
            ),
            (403, 403)
        );
    }
    let forged = shop
        .signed_in(ADA)
        .await
        .with("sec-fetch-site", "cross-site")
        .post("/checkout", form)
        .await;
    assert_eq!(forged.page(), 403);
    assert!(orders(&shop).is_empty());
}
