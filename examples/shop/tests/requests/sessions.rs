//! Signing in, staying signed in, signing out.
use crate::shop::{Answer, Shop};

const ADA: &str = "ada@shop.example";
const BOB: &str = "bob@shop.example";

fn goes_to(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.header("location"))
}

/// The names of the sessions that a page of the account offers to end.
fn ends(page: &Answer) -> Vec<String> {
    let parts = page.body.split("name=\"session\" value=\"").skip(1);
    parts
        .map(|part| part.split('"').next().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_login_leads_to_the_account_with_a_host_bound_cookie() {
    let shop = Shop::open(&[]).await;
    let answer = shop.client().login(ADA, shop.password(ADA)).await;
    assert_eq!(goes_to(&answer), (303, "/account"));
    let id = answer.cookie().unwrap();
    assert_eq!(
        answer.header("set-cookie"),
        format!("__Host-id={id}; Path=/; Secure; HttpOnly; SameSite=Lax")
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    let account = shop.client().with_cookie(&id).get("/account").await;
    assert_eq!(account.page(), 200);
    assert!(account.body.contains(ADA) && account.body.contains("This session"));
    assert!(!account.body.contains(&id), "the id stays in the cookie");
}

#[tokio::test]
async fn an_id_that_was_planted_before_a_login_is_worth_nothing_after_it() {
    let shop = Shop::open(&[]).await;
    let planted = "A".repeat(43);
    let answer = shop
        .client()
        .with_cookie(&planted)
        .login(ADA, shop.password(ADA))
        .await;
    let id = answer.cookie().unwrap();
    assert_ne!(id, planted);
    assert_eq!(
        goes_to(&shop.client().with_cookie(&planted).get("/account").await),
        (303, "/login")
    );
    assert_eq!(shop.client().with_cookie(&id).get("/account").await.status, 200);
}

#[tokio::test]
async fn doors_lead_to_where_one_belongs() {
    let shop = Shop::open(&[]).await;
    let ada = shop.signed_in(ADA).await;
    for path in ["/login", "/register"] {
        assert_eq!(goes_to(&ada.get(path).await), (303, "/account"), "{path}");
        assert_eq!(
            goes_to(&ada.form(path, "email=x&password=y").await),
            (303, "/account"),
            "{path}"
        );
    }
    assert_eq!(goes_to(&shop.client().get("/account").await), (303, "/login"));
    for path in ["/logout", "/account/sessions/end", "/account/sessions/end-others"] {
        assert_eq!(
            goes_to(&shop.client().form(path, "session=x").await),
            (303, "/login"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_session_that_was_signed_out_stays_dead() {
    let shop = Shop::open(&[]).await;
    let ada = shop.signed_in(ADA).await;
    let answer = ada.form("/logout", "").await;
    assert_eq!(goes_to(&answer), (303, "/login?signed-out"));
    assert!(answer.forgets_cookie());
    let replayed = ada.get("/account").await;
    assert_eq!(goes_to(&replayed), (303, "/login"));
    // It was good until a moment ago, and the browser may have a newer one by now, which stays.
    assert!(!replayed.forgets_cookie());
}

#[tokio::test]
async fn one_session_ends_and_the_others_stay() {
    let shop = Shop::open(&[]).await;
    let (first, second, third) = (
        shop.signed_in(ADA).await,
        shop.signed_in(ADA).await,
        shop.signed_in(ADA).await,
    );
    let offered = ends(&first.get("/account").await);
    assert_eq!(offered.len(), 2, "all but this one");
    let answer = first
        .form("/account/sessions/end", format!("session={}", offered[0]))
        .await;
    assert_eq!(goes_to(&answer), (303, "/account"));
    let alive = [&second, &third].map(|client| client.get("/account"));
    let [second, third] = alive;
    let alive = [second.await.status == 200, third.await.status == 200];
    assert_eq!(alive.iter().filter(|alive| **alive).count(), 1);
    assert_eq!(ends(&first.get("/account").await), offered[1..]);
}

#[tokio::test]
async fn all_others_end_and_this_one_stays() {
    let shop = Shop::open(&[]).await;
    let (first, second, third) = (
        shop.signed_in(ADA).await,
        shop.signed_in(ADA).await,
        shop.signed_in(ADA).await,
    );
    let bob = shop.signed_in(BOB).await;
    assert_eq!(
        goes_to(&first.form("/account/sessions/end-others", "").await),
        (303, "/account")
    );
    assert_eq!(first.get("/account").await.status, 200);
    assert_eq!(second.get("/account").await.status, 303);
    assert_eq!(third.get("/account").await.status, 303);
    assert_eq!(bob.get("/account").await.status, 200);
}

#[tokio::test]
async fn nobody_ends_the_session_of_somebody_else() {
    let shop = Shop::open(&[]).await;
    let (ada, elsewhere, bob) = (
        shop.signed_in(ADA).await,
        shop.signed_in(ADA).await,
        shop.signed_in(BOB).await,
    );
    let adas = ends(&ada.get("/account").await);
    assert_eq!(
        goes_to(
            &bob.form("/account/sessions/end", format!("session={}", adas[0]))
                .await
        ),
        (303, "/account")
    );
    assert_eq!(elsewhere.get("/account").await.status, 200);
    assert_eq!(bob.form("/account/sessions/end", "session=%00").await.page(), 422);
}

#[tokio::test]
async fn the_one_that_is_ended_by_itself_is_signed_out() {
    let shop = Shop::open(&[]).await;
    let (ada, other) = (shop.signed_in(ADA).await, shop.signed_in(ADA).await);
    let own = ends(&other.get("/account").await).remove(0);
    let answer = ada.form("/account/sessions/end", format!("session={own}")).await;
    assert_eq!(goes_to(&answer), (303, "/login?signed-out"));
    assert!(answer.forgets_cookie());
    assert_eq!(other.get("/account").await.status, 200);
}

#[tokio::test]
async fn a_role_and_a_tenant_come_from_the_database() {
    let shop = Shop::open(&[]).await;
    let cases = [
        (ADA, "Customer"),
        ("mel@shop.example", "Merchant of north"),
        ("sam@shop.example", "Merchant of south"),
        ("root@shop.example", "Administrator"),
    ];
    for (email, role) in cases {
        let page = shop.signed_in(email).await.get("/account").await.body;
        assert!(page.contains(&format!("<dd>{role}</dd>")), "{email}");
    }
}
