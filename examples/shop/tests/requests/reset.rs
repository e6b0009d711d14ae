//! A password that was forgotten, and the link in the mail.
use palisade_shop::limits;
use palisade_testkit::eventually;

use crate::shop::{Answer, Client, Shop};

const ADA: &str = "ada@shop.example";
const NEW: &str = "plain+oats+with+raisins";

async fn forgot(client: &Client, email: &str) -> Answer {
    client.form("/forgot", format!("email={email}")).await
}

async fn reset(client: &Client, token: &str, new: &str) -> Answer {
    client.form("/reset", format!("token={token}&new={new}")).await
}

/// The mail after those that came before.
async fn next_mail(shop: &Shop, before: usize) -> String {
    eventually("a mail was written", async || shop.mails().len() > before).await;
    shop.mails().pop().unwrap()
}

/// The token of a link that was asked for.
async fn token(shop: &Shop, email: &str) -> String {
    let before = shop.mails().len();
    assert_eq!(forgot(&shop.client(), email).await.page(), 200);
    let mail = next_mail(shop, before).await;
    assert!(mail.starts_with(&format!("To: {email}\n")), "{mail}");
    let (_, link) = mail.split_once(&format!("{}/reset/", shop.url())).unwrap();
    link.split_whitespace().next().unwrap().to_owned()
}

#[tokio::test]
async fn a_link_gives_a_new_password_once_and_signs_everybody_out() {
    let shop = Shop::open(&[]).await;
    let browser = shop.signed_in(ADA).await;
    let token = token(&shop, ADA).await;
    assert_eq!(token.len(), 43);
    for _ in ["looked at", "and by a scanner"] {
        let form = shop.client().get(&format!("/reset/{token}")).await;
        assert_eq!(form.page(), 200);
        assert!(form.body.contains(&token) && form.header("cache-control") == "no-store");
    }
    let before = shop.mails().len();
    let changed = reset(&shop.client(), &token, NEW).await;
    assert_eq!(
        (changed.status.as_u16(), changed.header("location")),
        (303, "/login?reset")
    );
    assert!(changed.cookie().is_none(), "nobody is signed in by it");
    assert_eq!(browser.get("/account").await.status, 303);
    assert_eq!(shop.client().login(ADA, shop.password(ADA)).await.page(), 401);
    assert_eq!(shop.client().login(ADA, NEW).await.status, 303);
    assert!(
        next_mail(&shop, before)
            .await
            .contains("Your password was changed")
    );
    assert_eq!(reset(&shop.client(), &token, NEW).await.page(), 400, "once");
    assert_eq!(shop.client().get(&format!("/reset/{token}")).await.page(), 400);
}

#[tokio::test]
async fn an_unknown_address_gets_the_same_answer_and_no_mail() {
    let shop = Shop::open(&[]).await;
    let known = forgot(&shop.client(), ADA).await;
    next_mail(&shop, 0).await;
    for email in ["nobody@shop.example", "", "no+address", &"x".repeat(2_000)] {
        let unknown = forgot(&shop.client_at([192, 0, 2, 2].into()), email).await;
        assert_eq!(
            (known.status, &known.body),
            (unknown.status, &unknown.body),
            "{email}"
        );
        let names = |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(&known), names(&unknown));
    }
    // Another mail comes through the same queue, behind what could have been written for the others.
    forgot(&shop.client(), "bob@shop.example").await;
    let last = next_mail(&shop, 1).await;
    assert!(last.starts_with("To: bob@shop.example\n"), "{last}");
    assert_eq!(shop.mails().len(), 2);
}

#[tokio::test]
async fn a_weak_password_is_refused_and_the_link_stays_good() {
    let shop = Shop::open(&[]).await;
    let token = token(&shop, ADA).await;
    for weak in ["short", "passwordpassword", "ada%40shop.example1"] {
        let refused = reset(&shop.client(), &token, weak).await;
        assert_eq!(refused.page(), 422, "{weak}");
        assert!(refused.body.contains(&token), "and can be tried again");
    }
    assert_eq!(
        shop.client().login(ADA, shop.password(ADA)).await.status,
        303,
        "as it was"
    );
    assert_eq!(reset(&shop.client(), &token, NEW).await.status, 303);
}

#[tokio::test]
async fn a_change_voids_links_and_an_invented_one_is_void() {
    let shop = Shop::open(&[]).await;
    let token = token(&shop, ADA).await;
    let browser = shop.signed_in(ADA).await;
    let body = format!("current={}&new={NEW}", shop.password(ADA));
    assert_eq!(browser.form("/account/password", body).await.status, 303);
    let old = reset(&shop.client(), &token, "four+green+bottles+on+walls").await;
    let none = reset(&shop.client(), &"A".repeat(43), "four+green+bottles+on+walls").await;
    assert_eq!((old.page(), &old.body), (400, &none.body));
    assert_eq!(shop.client().login(ADA, NEW).await.status, 303);
}

#[tokio::test]
async fn links_are_limited_by_account_and_network() {
    let shop = Shop::open(&[]).await;
    for _ in 0..limits::RESET_ACCOUNT.max_burst().get() {
        assert_eq!(forgot(&shop.client(), ADA).await.page(), 200);
    }
    let elsewhere = shop.client_at([198, 51, 100, 7].into());
    let refused = forgot(&elsewhere, ADA).await;
    assert_eq!(refused.page(), 429);
    assert_ne!(refused.header("retry-after"), "");
    assert_eq!(forgot(&elsewhere, "bob@shop.example").await.page(), 200);
    assert_eq!(
        shop.client().login(ADA, shop.password(ADA)).await.status,
        303,
        "who remembers signs in"
    );
}

#[tokio::test]
async fn the_host_that_a_request_names_is_in_no_link() {
    let shop = Shop::open(&[]).await;
    let client = shop.client().without_host().with("host", "evil.example");
    let client = client.with("x-forwarded-host", "evil.example");
    assert_eq!(forgot(&client, ADA).await.page(), 200);
    let mail = next_mail(&shop, 0).await;
    assert!(mail.contains(&shop.url()) && !mail.contains("evil"), "{mail}");
}

#[cfg(unix)]
#[tokio::test]
async fn mails_are_for_the_shops_own_user() {
    use std::os::unix::fs::PermissionsExt;
    let shop = Shop::open(&[]).await;
    forgot(&shop.client(), ADA).await;
    next_mail(&shop, 0).await;
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&shop.outbox()), 0o700);
    for mail in std::fs::read_dir(shop.outbox()).unwrap() {
        assert_eq!(mode(&mail.unwrap().path()), 0o600);
    }
}
