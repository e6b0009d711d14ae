//! Changing a password, and showing once more who one is.
use std::sync::Arc;
use std::time::Duration;

use palisade_core::FakeClock;
use palisade_shop::limits;
use palisade_testkit::TempDir;

use crate::shop::{Answer, Client, PASSWORD, Shop};

const ADA: &str = "ada@shop.example";
const BOB: &str = "bob@shop.example";
const CHANGE: &str = "/account/password";

fn goes_to(answer: &Answer) -> (u16, &str) {
    (answer.status.as_u16(), answer.header("location"))
}

async fn is_signed_in(client: &Client) -> bool {
    client.get("/account").await.status == 200
}

async fn change(client: &Client, current: &str, new: &str) -> Answer {
    client.form(CHANGE, format!("current={current}&new={new}")).await
}

/// The text beside the field that is wrong.
fn fault<'a>(answer: &'a Answer, field: &str) -> &'a str {
    let text = answer.body.split(&format!("id=\"{field}-problem\">")).nth(1);
    text.unwrap_or_else(|| panic!("nothing is wrong with {field}: {answer:?}"))
        .split('<')
        .next()
        .unwrap()
}

#[tokio::test]
async fn a_new_password_signs_out_every_other_browser_and_keeps_this_one() {
    let shop = Shop::open(&[]).await;
    let old = shop.password(ADA);
    let (here, there, bob) = (
        shop.signed_in(ADA).await,
        shop.signed_in(ADA).await,
        shop.signed_in(BOB).await,
    );
    let answer = change(&here, old, PASSWORD).await;
    assert_eq!(goes_to(&answer), (303, "/account?password-changed"));
    let anew = shop.client().with_cookie(&answer.cookie().unwrap());
    let account = anew.get("/account?password-changed").await;
    assert!(account.body.contains("Your password is changed"), "{account:?}");
    assert_eq!(account.body.matches("last seen").count(), 1);
    assert!(!is_signed_in(&there).await, "whoever knew the old one is out");
    assert!(is_signed_in(&bob).await);
    assert_eq!(shop.client().login(ADA, old).await.status, 401);
    assert_eq!(shop.client().login(ADA, PASSWORD).await.status, 303);
}

#[tokio::test]
async fn nobody_changes_a_password_that_they_do_not_know() {
    let shop = Shop::open(&[]).await;
    let (ada, other) = (shop.signed_in(ADA).await, shop.signed_in(ADA).await);
    let wrong = change(&ada, "a-guess", PASSWORD).await;
    assert_eq!(
        (wrong.page(), fault(&wrong, "current")),
        (403, "The current password is wrong")
    );
    assert!(!wrong.body.contains("a-guess") && !wrong.body.contains(PASSWORD));
    assert!(
        is_signed_in(&ada).await && is_signed_in(&other).await,
        "nobody is signed out by it"
    );
    let guest = change(&shop.client(), shop.password(ADA), PASSWORD).await;
    assert_eq!(goes_to(&guest), (303, "/login?next=/account/password"));
    let foreign = ada.with("sec-fetch-site", "cross-site");
    let body = format!("current={}&new={PASSWORD}", shop.password(ADA));
    assert_eq!(foreign.post(CHANGE, body).await.page(), 403);
    assert_eq!(shop.client().login(ADA, shop.password(ADA)).await.status, 303);
}

#[tokio::test]
async fn guesses_at_the_current_password_count_as_attempts_to_sign_in() {
    let shop = Shop::open(&[]).await;
    let ada = shop.signed_in(ADA).await;
    let mut guesses = 0;
    let limited = loop {
        let answer = change(&ada, "a-guess", PASSWORD).await;
        if answer.status == 429 || guesses > 30 {
            break answer;
        }
        guesses += 1;
    };
    assert_eq!(limited.page(), 429);
    assert!(limited.body.contains("Too many attempts") && !limited.header("retry-after").is_empty());
    assert!((9..20).contains(&guesses), "{guesses}");
    let login = shop.client().login(ADA, shop.password(ADA)).await;
    assert_eq!(login.status, 429, "they are the same guesses");
}

#[tokio::test]
async fn a_new_password_meets_the_policy() {
    let shop = Shop::open(&[]).await;
    let (ada, old) = (shop.signed_in(ADA).await, shop.password(ADA));
    for new in ["short", "passwordpassword", "ada@shop.example", old] {
        let answer = change(&ada, old, new).await;
        assert_eq!(answer.page(), 422, "{new}");
        assert!(!fault(&answer, "new").is_empty(), "{new}");
    }
    assert_eq!(change(&ada, old, "").await.page(), 422);
    assert_eq!(ada.form(CHANGE, "current=x").await.page(), 422);
    assert_eq!(shop.client().login(ADA, old).await.status, 303);
}

#[tokio::test]
async fn who_signed_in_long_ago_shows_again_who_they_are_and_comes_back() {
    let clock = FakeClock::new();
    let shop = Shop::open_by(Arc::new(TempDir::new()), &[], &clock).await;
    let (ada, old) = (shop.signed_in(ADA).await, shop.password(ADA));
    clock.advance(limits::FRESH);
    assert_eq!(ada.get(CHANGE).await.page(), 200, "just in time");
    clock.advance(Duration::from_secs(1));
    let again = (303, "/login/again?next=/account/password");
    assert_eq!(goes_to(&ada.get(CHANGE).await), again);
    assert_eq!(goes_to(&change(&ada, old, PASSWORD).await), again);
    assert_eq!(
        shop.client().login(ADA, old).await.status,
        303,
        "nothing was changed"
    );

    let form = ada.get(again.1).await;
    assert!(form.body.contains(ADA) && form.body.contains("name=\"next\" value=\"/account/password\""));
    let shown = |password: &str| format!("password={password}&next=/account/password");
    let wrong = ada.form("/login/again", shown("a-guess")).await;
    assert_eq!((wrong.page(), wrong.cookie()), (401, None));
    let not_bob = ada.form("/login/again", shown(shop.password(BOB))).await;
    assert_eq!((not_bob.page(), not_bob.cookie()), (401, None));
    let right = ada.form("/login/again", shown(old)).await;
    assert_eq!(goes_to(&right), (303, CHANGE));
    let fresh = shop.client().with_cookie(&right.cookie().unwrap());
    assert_eq!(fresh.get(CHANGE).await.page(), 200);
    assert_eq!(
        goes_to(&change(&fresh, old, PASSWORD).await),
        (303, "/account?password-changed")
    );
}

#[tokio::test]
async fn showing_again_who_one_is_leads_to_no_other_site_and_needs_a_session() {
    let shop = Shop::open(&[]).await;
    let ada = shop.signed_in(ADA).await;
    let body = format!("password={}&next=//evil.example", shop.password(ADA));
    assert_eq!(
        goes_to(&ada.form("/login/again", body.clone()).await),
        (303, "/account")
    );
    assert_eq!(
        goes_to(&shop.client().form("/login/again", body).await),
        (303, "/login")
    );
    assert_eq!(goes_to(&shop.client().get("/login/again").await), (303, "/login"));
}
