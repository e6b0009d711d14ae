//! The fields of responses, the files, and a shop without protection.
use crate::shop::Shop;

const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; \
     base-uri 'none'";

#[tokio::test]
async fn every_answer_carries_the_fields() {
    let shop = Shop::open(&[]).await;
    let client = shop.client();
    let answers = [
        client.get("/").await,
        client.get("/nothing").await,
        client.get("/api/v1/products").await,
        client.get("/assets/shop.css").await,
        client.form("/logout", "").await,
        client.json("/api/v1/accounts", "{").await,
        client
            .clone()
            .with("cookie", "__Host-id=a; __Host-id=b")
            .get("/")
            .await,
    ];
    for answer in answers {
        assert_eq!(answer.header("content-security-policy"), POLICY);
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        assert_eq!(answer.header("strict-transport-security"), "");
        let stored = answer.header("content-type").starts_with("text/css");
        assert_eq!(
            answer.header("cache-control"),
            if stored { "no-cache" } else { "no-store" }
        );
    }
}

#[tokio::test]
async fn a_shop_behind_tls_says_so() {
    let shop = Shop::open(&["--public-origin", "https://shop.example"]).await;
    assert_eq!(
        shop.client().get("/").await.header("strict-transport-security"),
        "max-age=31536000"
    );
}

#[tokio::test]
async fn files_are_kept_for_good_under_the_name_of_their_content() {
    let shop = Shop::open(&[]).await;
    let page = shop.client().get("/").await.body;
    let href = page
        .split("rel=\"stylesheet\" href=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let style = shop.client().get(href).await;
    assert_eq!(
        (style.status.as_u16(), style.header("content-type")),
        (200, "text/css; charset=utf-8")
    );
    assert_eq!(
        style.header("cache-control"),
        "public, max-age=31536000, immutable"
    );
    let known = shop
        .client()
        .with("if-none-match", style.header("etag"))
        .get(href)
        .await;
    assert_eq!((known.status.as_u16(), known.body.as_str()), (304, ""));
    let other = shop
        .client()
        .with("if-none-match", "\"other\"")
        .get("/assets/shop.css?v=other")
        .await;
    assert_eq!(
        (other.status.as_u16(), other.header("cache-control")),
        (200, "no-cache")
    );
    assert_eq!(
        shop.client().get("/assets/icon.svg").await.header("content-type"),
        "image/svg+xml"
    );
}

#[tokio::test]
async fn a_bare_shop_has_no_layer_and_no_door() {
    let shop = Shop::open(&["--bare"]).await;
    let list = shop.client().get("/").await;
    assert_eq!((list.page(), list.header("ratelimit")), (200, ""));
    assert!(!list.body.contains("/login"));
    assert_eq!(shop.client().get("/products/salt-pot").await.page(), 200);
    assert_eq!(shop.client().get("/api/v1/products").await.status, 200);
    for path in ["/login", "/register", "/account"] {
        assert_eq!(shop.client().get(path).await.page(), 404, "{path}");
    }
    let repeated = shop
        .client()
        .with("cookie", "__Host-id=a; __Host-id=b")
        .get("/")
        .await;
    assert_eq!(repeated.page(), 200, "nobody reads cookies");
    for _ in 0..31 {
        assert_eq!(shop.client().json("/api/v1/accounts", "{}").await.status, 422);
    }
}
