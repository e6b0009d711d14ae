//! The JSON API.
use crate::shop::{PASSWORD, Shop};

#[tokio::test]
async fn the_catalogue_has_prices_in_minor_units() {
    let shop = Shop::open(&[]).await;
    let list: serde_json::Value =
        serde_json::from_str(&shop.client().get("/api/v1/products").await.body).unwrap();
    let products = list["products"].as_array().unwrap();
    assert_eq!(products.len(), 8);
    for product in products {
        let names: Vec<_> = product.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["currency", "html", "name", "price", "sku", "slug"]);
        assert!(product["price"].is_u64() && product["currency"] == "EUR");
        let path = format!("/api/v1/products/{}", product["slug"].as_str().unwrap());
        let one: serde_json::Value = serde_json::from_str(&shop.client().get(&path).await.body).unwrap();
        assert_eq!(&one, product);
    }
}

#[tokio::test]
async fn health_is_plain() {
    let answer = Shop::open(&[]).await.client().get("/health").await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, "ok\n"));
}

#[tokio::test]
async fn registering_a_taken_address_looks_like_registering_a_free_one() {
    let shop = Shop::open(&[]).await;
    let free = shop.client().register("new@shop.example").await;
    for taken in ["new@shop.example", " NEW@shop.example ", "ada@shop.example"] {
        // From elsewhere, so that the fields of the limits are equal too.
        let taken = shop.client_at([192, 0, 2, 2].into()).register(taken).await;
        assert_eq!((free.status, &free.body), (taken.status, &taken.body));
        let names =
            |headers: &axum::http::HeaderMap| headers.keys().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(&free.headers), names(&taken.headers));
    }
    assert_eq!((free.status.as_u16(), free.body.as_str()), (201, ""));
    // Nothing was taken over: the old password is still the one, and the new one is none.
    let ada = shop.password("ada@shop.example");
    assert_eq!(
        shop.client().login("ada@shop.example", PASSWORD).await.status,
        401
    );
    assert_eq!(shop.client().login("ada@shop.example", ada).await.status, 303);
    assert_eq!(
        shop.client().login("new@shop.example", PASSWORD).await.status,
        303
    );
}

#[tokio::test]
async fn a_password_is_judged_by_the_policy() {
    let shop = Shop::open(&[]).await;
    let cases = [
        ("fourteen chars", "password_too_short"),
        ("passwordpassword", "password_repeated"),
        ("abcdefghijklmnop", "password_sequential"),
        ("!!password123456", "password_common"),
        ("new.customer2026", "password_contains_context"),
        ("palisade-shop-12", "password_contains_context"),
    ];
    for (password, code) in cases {
        let body = serde_json::json!({ "email": "new.customer@shop.example", "password": password });
        let answer = shop.client().json("/api/v1/accounts", body.to_string()).await;
        assert_eq!(answer.problem(), (422, code.to_owned()), "{password}");
    }
    let body = serde_json::json!({ "email": "new@shop.example", "password": "x".repeat(1_025) });
    let answer = shop.client().json("/api/v1/accounts", body.to_string()).await;
    assert_eq!(answer.problem(), (422, "password_too_long".into()));
}
