//! The pages.
use crate::shop::{PASSWORD, Shop};

#[tokio::test]
async fn the_catalogue_is_a_page() {
    let shop = Shop::open(&[]).await;
    let list = shop.client().get("/").await;
    assert_eq!(list.page(), 200);
    assert!(list.body.contains("href=\"/products/oak-stool\"") && list.body.contains("€149.00"));
    let one = shop.client().get("/products/oak-stool").await;
    assert_eq!(one.page(), 200);
    assert!(one.body.contains("<h1>Oak stool</h1>"));
    assert_eq!(list.header("set-cookie"), "", "who only looks gets no cookie");
}

#[tokio::test]
async fn no_page_has_script_or_style_in_it() {
    let shop = Shop::open(&[]).await;
    let mel = shop.signed_in("mel@shop.example").await;
    for path in ["/", "/products/tall-vase", "/login", "/register", "/nothing"] {
        let page = shop.client().get(path).await.body;
        assert!(
            !page.contains("<script") && !page.contains("<style") && !page.contains("style="),
            "{path}"
        );
    }
    let page = mel.get("/account").await.body;
    assert!(!page.contains("<script") && !page.contains("style="));
}

#[tokio::test]
async fn a_registration_with_a_fault_shows_it_beside_what_was_typed() {
    let shop = Shop::open(&[]).await;
    let answer = shop
        .client()
        .form("/register", "email=new%40shop.example&password=shorthunter2")
        .await;
    assert_eq!(answer.page(), 422);
    assert!(answer.body.contains("value=\"new@shop.example\"") && answer.body.contains("role=\"alert\""));
    assert!(
        answer
            .body
            .contains("aria-describedby=\"password-hint password-problem\" aria-invalid=\"true\"")
    );
    assert!(!answer.body.contains("hunter2"), "a password is never sent back");
    let answer = shop
        .client()
        .form(
            "/register",
            format!("email=%22%3E%3Cscript%3E&password={PASSWORD}"),
        )
        .await;
    assert_eq!(answer.page(), 422);
    assert!(answer.body.contains("value=\"&quot;&gt;&lt;script&gt;\"") && !answer.body.contains(PASSWORD));
}

#[tokio::test]
async fn the_page_registers_a_free_and_a_taken_address_alike() {
    let shop = Shop::open(&[]).await;
    for email in ["new%40shop.example", "new%40shop.example", "ada%40shop.example"] {
        let answer = shop
            .client()
            .form("/register", format!("email={email}&password={PASSWORD}"))
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("location")),
            (303, "/login?registered")
        );
    }
    assert_eq!(
        shop.client().login("new%40shop.example", PASSWORD).await.status,
        303
    );
}

#[tokio::test]
async fn a_refused_login_does_not_say_what_was_wrong() {
    let shop = Shop::open(&[]).await;
    let known = shop.client().login("ada@shop.example", "wrong hunter2").await;
    let unknown = shop.client().login("nobody@shop.example", "wrong hunter2").await;
    assert_eq!((known.page(), unknown.page()), (401, 401));
    assert_eq!(known.body.replace("ada@", "nobody@"), unknown.body);
    assert!(!known.body.contains("hunter2"));
}

#[tokio::test]
async fn words_before_the_form_are_the_shops_own() {
    let shop = Shop::open(&[]).await;
    assert!(
        shop.client()
            .get("/login?signed-out")
            .await
            .body
            .contains("You are signed out.")
    );
    let strange = shop.client().get("/login?%3Cscript%3E").await;
    assert_eq!(strange.body, shop.client().get("/login").await.body);
}
