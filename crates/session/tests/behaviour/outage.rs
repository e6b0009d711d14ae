//! What happens when the store fails.
use palisade_core::{Refusal, SecurityEvent, StoreErrorKind};
use palisade_session::SessionRefusedKind;

use crate::browser::{Browser, Site, ok, principal};

#[tokio::test]
async fn axum_session_takes_an_outage_for_an_empty_session_and_ours_refuses() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.login(&mut ada, "ada").await;
    site.fill(&mut ada, "tea").await;
    for fault in [StoreErrorKind::Failed, StoreErrorKind::TimedOut] {
        site.store.fail(fault);
        let before = ada.clone();
        let response = site.visit(&mut ada, |_| async { panic!("the handler must not run") });
        let response = response.await;
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        assert_eq!(ada.cookie, before.cookie, "the cookie stays");
        site.store.fail(None);
        let seen = site.look(&mut ada).await;
        assert_eq!(
            (seen.subject.as_deref(), seen.cart.as_deref()),
            (Some("ada"), Some("tea"))
        );
    }
}

#[tokio::test]
async fn visitors_without_a_session_do_not_feel_an_outage_until_they_need_one() {
    let site = Site::new();
    site.store.fail(StoreErrorKind::Failed);
    assert_eq!(site.look(&mut Browser::default()).await.status, 200);
    let mut visitor = Browser::default();
    let response = site.visit(&mut visitor, |session| {
        session.insert("cart", "tea").unwrap();
        async { ok() }
    });
    let response = response.await;
    assert_eq!(response.status(), 503, "no page may say that the cart was stored");
    assert!(!response.headers().contains_key("set-cookie"));
}

#[tokio::test]
async fn an_outage_is_told_once_and_so_is_its_end() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.login(&mut ada, "ada").await;
    for _ in 0..2 {
        site.store.fail(StoreErrorKind::TimedOut);
        for _ in 0..3 {
            assert_eq!(site.visit(&mut ada, |_| async { ok() }).await.status(), 503);
        }
        site.store.fail(None);
        for _ in 0..3 {
            assert_eq!(site.look(&mut ada).await.status, 200);
        }
    }
    let (failed, recovered) = (SecurityEvent::ControlFailed, SecurityEvent::ControlRecovered);
    let want = [
        SecurityEvent::SessionCreated,
        failed,
        recovered,
        failed,
        recovered,
    ];
    assert_eq!(site.events(), want);
    assert_eq!(site.reasons()[1].1, Some("timed_out"));
}

#[tokio::test]
async fn a_full_store_is_told_once_although_reading_goes_on() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.login(&mut ada, "ada").await;
    for _ in 0..3 {
        site.store.fail(StoreErrorKind::Full);
        let session = site.sessions.load(&http::HeaderMap::new()).await.unwrap();
        session.insert("cart", "tea").unwrap();
        let refused = site.sessions.save(&session).await.unwrap_err();
        assert_eq!(
            (refused.kind(), refused.status().as_u16()),
            (SessionRefusedKind::StoreFull, 503)
        );
        site.store.fail(None);
        assert_eq!(site.look(&mut ada).await.status, 200);
    }
    assert_eq!(
        site.events(),
        [SecurityEvent::SessionCreated, SecurityEvent::ControlFailed]
    );
    site.fill(&mut Browser::default(), "tea").await;
    assert_eq!(site.events().last(), Some(&SecurityEvent::ControlRecovered));
}

#[tokio::test]
async fn a_login_that_fails_leaves_the_session_as_it_was() {
    let site = Site::new();
    let mut visitor = Browser::default();
    site.fill(&mut visitor, "tea").await;
    let session = site.sessions.load(visitor.request().headers()).await.unwrap();
    site.store.fail(StoreErrorKind::Failed);
    assert!(site.sessions.login(&session, principal("ada")).await.is_err());
    assert!(session.principal().is_none() && site.sessions.set_cookie(&session).is_none());
    site.store.fail(None);
    site.sessions.login(&session, principal("ada")).await.unwrap();
    assert_eq!(session.get::<String>("cart").unwrap().as_deref(), Some("tea"));
}

#[tokio::test]
async fn a_logout_that_fails_says_so_and_can_be_repeated() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.login(&mut ada, "ada").await;
    let session = site.sessions.load(ada.request().headers()).await.unwrap();
    site.store.fail(StoreErrorKind::TimedOut);
    let refused = site.sessions.logout(&session).await.unwrap_err();
    assert_eq!(refused.kind(), SessionRefusedKind::StoreTimedOut);
    assert!(session.principal().is_some(), "nobody is told that they are out");
    site.store.fail(None);
    site.sessions.logout(&session).await.unwrap();
    assert!(site.store.memory.is_empty());
}

#[tokio::test]
async fn a_login_reaches_the_browser_although_its_values_could_not_be_saved() {
    let site = Site::new();
    let mut ada = Browser::default();
    let response = site.visit(&mut ada, |session| {
        let (sessions, store) = (site.sessions.clone(), site.store.clone());
        async move {
            sessions.login(&session, principal("ada")).await.unwrap();
            session.insert("cart", "tea").unwrap();
            store.fail(StoreErrorKind::Failed);
            ok()
        }
    });
    assert_eq!(response.await.status(), 503);
    site.store.fail(None);
    assert_eq!(site.look(&mut ada).await.subject.as_deref(), Some("ada"));
}

#[tokio::test]
async fn what_could_not_be_saved_can_be_saved_again() {
    let site = Site::new();
    let session = site.sessions.load(&http::HeaderMap::new()).await.unwrap();
    session.insert("cart", "tea").unwrap();
    site.store.fail(StoreErrorKind::Failed);
    assert!(site.sessions.save(&session).await.is_err());
    site.store.fail(None);
    site.sessions.save(&session).await.unwrap();
    assert_eq!(site.store.memory.len(), 1);
}

#[tokio::test]
async fn lists_and_ends_fail_loudly() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.login(&mut ada, "ada").await;
    let session = site.sessions.load(ada.request().headers()).await.unwrap();
    let ada = principal("ada");
    site.store.fail(StoreErrorKind::Failed);
    assert!(site.sessions.list(ada.subject()).await.is_err());
    assert!(
        site.sessions
            .end(ada.subject(), session.reference().unwrap())
            .await
            .is_err()
    );
    assert!(site.sessions.end_all(ada.subject()).await.is_err());
    assert!(site.sessions.end_others(&session).await.is_err());
    assert!(site.sessions.renew(&session).await.is_err());
}
