//! Requests that are on their way while the id is replaced, and responses that never arrive.
use std::time::Duration;

use http::header::SET_COOKIE;
use palisade_core::{Factor, Timestamp};
use palisade_session::{Lifetimes, Login, OVERLAP, SessionRefusedKind};

use crate::browser::{Browser, Site, ok, principal};

const MINUTE: Duration = Duration::from_secs(60);

/// The browser steps up; the response arrives, or not.
async fn step_up(site: &Site, browser: &mut Browser) {
    site.visit(browser, |session| {
        let sessions = site.sessions.clone();
        async move {
            let verified = principal("ada").with_factor(Factor::Totp, Timestamp::from_secs(1));
            sessions.renew_as(&session, verified).await.unwrap();
            ok()
        }
    })
    .await;
}

#[tokio::test]
async fn parallel_requests_of_one_page_are_not_logged_out_by_a_renewal() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.login(&mut ada, "ada").await;
    let mut on_the_way = ada.clone();
    step_up(&site, &mut ada).await;
    site.look(&mut ada).await;
    let response = site.visit(&mut on_the_way, |session| {
        assert_eq!(
            session.principal().unwrap().factors().count(),
            0,
            "the rights of before"
        );
        session.insert("cart", "tea").unwrap();
        async { ok() }
    });
    let response = response.await;
    assert_eq!(response.status(), 200);
    assert!(
        !response.headers().contains_key(SET_COOKIE),
        "the newer cookie stays"
    );
    assert_eq!(
        site.look(&mut ada).await.cart.as_deref(),
        Some("tea"),
        "and nothing is lost"
    );
    site.clock.advance(OVERLAP);
    assert_eq!(site.look(&mut on_the_way).await.subject, None, "dead for ever");
    assert_eq!(site.look(&mut ada).await.subject.as_deref(), Some("ada"));
}

#[tokio::test]
async fn actix_extras_265_and_tower_sessions_lose_a_session_whose_response_is_lost_and_ours_does_not() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.login(&mut ada, "ada").await;
    site.fill(&mut ada, "tea").await;
    let mut hung_up = ada.clone();
    step_up(&site, &mut hung_up.clone()).await;
    site.clock.advance(MINUTE * 30);
    let seen = site.look(&mut hung_up).await;
    assert_eq!(
        (seen.subject.as_deref(), seen.cart.as_deref()),
        (Some("ada"), Some("tea"))
    );
    step_up(&site, &mut hung_up).await;
    assert_ne!(hung_up.cookie, ada.cookie, "and can step up again");
    assert_eq!(site.look(&mut hung_up).await.subject.as_deref(), Some("ada"));
}

#[tokio::test]
async fn a_visitor_who_hung_up_at_login_finds_the_cart_after_the_next() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.fill(&mut ada, "tea").await;
    let mut hung_up = ada.clone();
    site.login(&mut ada, "ada").await;
    assert_eq!(site.look(&mut hung_up).await.subject, None);
    assert!(hung_up.cookie.is_some(), "the cookie is left alone");
    site.login(&mut hung_up, "ada").await;
    for browser in [&mut ada, &mut hung_up] {
        let seen = site.look(browser).await;
        assert_eq!(
            (seen.subject.as_deref(), seen.cart.as_deref()),
            (Some("ada"), Some("tea")),
            "whichever cookie arrives last is good"
        );
    }
}

#[tokio::test]
async fn another_account_that_logs_in_with_an_old_id_finds_no_cart() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.fill(&mut ada, "tea").await;
    let mut bob = ada.clone();
    site.login(&mut ada, "ada").await;
    site.login(&mut bob, "bob").await;
    let seen = site.look(&mut bob).await;
    assert_eq!((seen.subject.as_deref(), seen.cart), (Some("bob"), None));
}

#[tokio::test]
async fn a_late_visitor_begins_no_session_over_a_newer_one() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.fill(&mut ada, "tea").await;
    let mut late = ada.clone();
    site.login(&mut ada, "ada").await;
    let response = site.visit(&mut late, |session| {
        session.insert("cart", "coffee").unwrap();
        async { ok() }
    });
    let response = response.await;
    assert_eq!(response.status(), 409);
    assert!(!response.headers().contains_key(SET_COOKIE));
    assert_eq!(site.store.memory.len(), 1);
}

#[tokio::test]
async fn a_request_that_comes_right_after_logout_leaves_the_cookie_alone() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.login(&mut ada, "ada").await;
    let mut late = ada.clone();
    let session = site.sessions.load(ada.request().headers()).await.unwrap();
    site.sessions.logout(&session).await.unwrap();
    assert_eq!(site.look(&mut late).await.subject, None);
    assert!(
        late.cookie.is_some(),
        "somebody may have logged in again meanwhile"
    );
    site.clock.advance(OVERLAP);
    site.look(&mut late).await;
    assert_eq!(late.cookie, None, "later it is removed");
    let last = site.reasons().pop();
    assert_eq!(
        last,
        Some((palisade_core::SecurityEvent::SessionExpired, Some("ended")))
    );
}

#[tokio::test]
async fn of_two_step_ups_at_once_the_second_is_told_to_come_again() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.login(&mut ada, "ada").await;
    let (first, second) = (
        site.sessions.load(ada.request().headers()).await.unwrap(),
        site.sessions.load(ada.request().headers()).await.unwrap(),
    );
    site.sessions.renew_as(&first, principal("ada")).await.unwrap();
    let refused = site
        .sessions
        .renew_as(&second, principal("ada"))
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), SessionRefusedKind::Superseded);
    assert!(
        site.sessions.set_cookie(&second).is_none(),
        "the first one's cookie stays"
    );
    site.sessions.renew(&second).await.unwrap();
    assert!(
        site.sessions.set_cookie(&second).is_none(),
        "it has just been renewed"
    );
}

#[tokio::test]
async fn an_id_is_replaced_when_it_is_old_and_the_session_goes_on() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.visit(&mut ada, |session| {
        let sessions = site.sessions.clone();
        let lifetimes = Lifetimes::account().with_renewal(MINUTE * 20).unwrap();
        async move {
            let login = Login::new(principal("ada")).with_lifetimes(lifetimes);
            sessions.login(&session, login).await.unwrap();
            ok()
        }
    })
    .await;
    let mut stolen = ada.clone();
    site.clock.advance(MINUTE * 10);
    site.look(&mut ada).await;
    assert_eq!(ada.cookie, stolen.cookie, "young");
    site.clock.advance(MINUTE * 10);
    site.store.calls();
    site.fill(&mut ada, "tea").await;
    assert_eq!(site.store.calls(), ["load", "update", "rotate"]);
    assert_ne!(ada.cookie, stolen.cookie);
    assert_eq!(site.look(&mut ada).await.cart.as_deref(), Some("tea"));
    site.clock.advance(OVERLAP);
    assert_eq!(site.look(&mut stolen).await.subject, None);
    assert_eq!(site.look(&mut ada).await.subject.as_deref(), Some("ada"));
}

#[tokio::test]
async fn a_renewal_by_age_that_fails_is_tried_again_and_fails_no_request() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.visit(&mut ada, |session| {
        let sessions = site.sessions.clone();
        let lifetimes = Lifetimes::account().with_renewal(MINUTE).unwrap();
        async move {
            let login = Login::new(principal("ada")).with_lifetimes(lifetimes);
            sessions.login(&session, login).await.unwrap();
            ok()
        }
    })
    .await;
    let before = ada.cookie.clone();
    site.clock.advance(MINUTE);
    let response = site.visit(&mut ada, |_| {
        site.store.fail(palisade_core::StoreErrorKind::TimedOut);
        async { ok() }
    });
    assert_eq!(response.await.status(), 200);
    site.store.fail(None);
    assert_eq!(ada.cookie, before);
    site.look(&mut ada).await;
    assert_ne!(ada.cookie, before, "with the next request");
}
