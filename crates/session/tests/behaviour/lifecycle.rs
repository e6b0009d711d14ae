//! Login, renewal, logout, and how long a session lives.
use std::time::Duration;

use palisade_core::{Factor, SecurityEvent, Timestamp};
use palisade_session::{Lifetimes, Login, OVERLAP, SessionRefusedKind};

use crate::browser::{Browser, Site, ok, principal, status};

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_visitor_keeps_the_cart_at_login_and_the_old_id_is_dead() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.fill(&mut ada, "tea").await;
    let mut left_behind = ada.clone();
    site.login(&mut ada, "ada").await;
    assert_ne!(ada.cookie, left_behind.cookie);
    let seen = site.look(&mut ada).await;
    assert_eq!(
        (seen.subject.as_deref(), seen.cart.as_deref()),
        (Some("ada"), Some("tea"))
    );
    let late = site.look(&mut left_behind).await;
    assert_eq!(
        (late.subject, late.cart),
        (None, None),
        "a fixated id gains nothing"
    );
    site.clock.advance(OVERLAP);
    assert_eq!(site.look(&mut left_behind).await.subject, None);
    assert_eq!(left_behind.cookie, None);
    assert_eq!(
        site.events(),
        [
            SecurityEvent::SessionCreated,
            SecurityEvent::SessionFixationAttempt
        ]
    );
}

#[tokio::test]
async fn axum_login_keeps_the_id_when_somebody_is_logged_in_already_and_ours_never_does() {
    let site = Site::new();
    let mut browser = Browser::default();
    site.login(&mut browser, "ada").await;
    let mut before = browser.clone();
    site.login(&mut browser, "ada").await;
    assert_ne!(browser.cookie, before.cookie, "the same account again");
    assert_eq!(site.look(&mut before).await.subject, None);

    site.fill(&mut browser, "tea").await;
    let mut before = browser.clone();
    site.login(&mut browser, "bob").await;
    assert_ne!(browser.cookie, before.cookie, "another account");
    assert_eq!(site.look(&mut before).await.subject, None);
    let seen = site.look(&mut browser).await;
    assert_eq!(
        (seen.subject.as_deref(), seen.cart),
        (Some("bob"), None),
        "bob does not find ada's cart"
    );
}

#[tokio::test]
async fn what_a_handler_noted_for_one_account_does_not_reach_the_next() {
    let site = Site::new();
    let mut browser = Browser::default();
    site.login(&mut browser, "ada").await;
    let response = site.visit(&mut browser, |session| {
        let sessions = site.sessions.clone();
        async move {
            session.insert("cart", "ada's").unwrap();
            sessions.login(&session, principal("bob")).await.unwrap();
            ok()
        }
    });
    response.await;
    assert_eq!(site.look(&mut browser).await.cart, None);
}

#[tokio::test]
async fn tower_sessions_does_not_save_on_5xx_so_a_rotated_session_is_lost_and_ours_is_not() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.fill(&mut ada, "tea").await;
    let response = site.visit(&mut ada, |session| {
        let sessions = site.sessions.clone();
        async move {
            sessions.login(&session, principal("ada")).await.unwrap();
            session.insert("cart", "coffee").unwrap();
            status(500)
        }
    });
    assert_eq!(response.await.status(), 500);
    let seen = site.look(&mut ada).await;
    assert_eq!(
        (seen.subject.as_deref(), seen.cart.as_deref()),
        (Some("ada"), Some("coffee"))
    );
}

#[tokio::test]
async fn a_renewed_session_has_a_new_id_and_all_else_as_before() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.login(&mut ada, "ada").await;
    site.fill(&mut ada, "tea").await;
    let mut before = ada.clone();
    site.visit(&mut ada, |session| {
        let sessions = site.sessions.clone();
        async move {
            let stepped_up = principal("ada").with_factor(Factor::Totp, Timestamp::from_secs(1));
            let name = session.reference();
            sessions.renew_as(&session, stepped_up).await.unwrap();
            assert_eq!(session.principal().unwrap().factors().count(), 1);
            assert_eq!(session.reference(), name, "lists and logs follow it");
            ok()
        }
    })
    .await;
    assert_ne!(ada.cookie, before.cookie);
    assert_eq!(site.look(&mut ada).await.cart.as_deref(), Some("tea"));
    site.clock.advance(OVERLAP);
    assert_eq!(site.look(&mut before).await.subject, None);
    assert!(site.events().contains(&SecurityEvent::SessionRenewed));
}

#[tokio::test]
async fn a_session_is_not_renewed_for_another_account_or_for_nobody() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.visit(&mut ada, |session| {
        let sessions = site.sessions.clone();
        async move {
            let refused = sessions.renew_as(&session, principal("ada")).await.unwrap_err();
            assert_eq!(refused.kind(), SessionRefusedKind::OtherSubject);
            sessions.renew(&session).await.unwrap();
            sessions.login(&session, principal("ada")).await.unwrap();
            let refused = sessions.renew_as(&session, principal("bob")).await.unwrap_err();
            assert_eq!(refused.kind(), SessionRefusedKind::OtherSubject);
            ok()
        }
    })
    .await;
    assert_eq!(site.look(&mut ada).await.subject.as_deref(), Some("ada"));
}

#[tokio::test]
async fn logout_is_final_in_the_store_and_the_browser_drops_the_cookie() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.login(&mut ada, "ada").await;
    let mut stolen = ada.clone();
    site.visit(&mut ada, |session| {
        let sessions = site.sessions.clone();
        async move {
            session.insert("cart", "unsaved").unwrap();
            sessions.logout(&session).await.unwrap();
            assert!(session.principal().is_none());
            assert_eq!(session.get::<String>("cart").unwrap(), None);
            status(500)
        }
    })
    .await;
    assert_eq!(ada.cookie, None, "whatever the status");
    assert!(site.store.memory.is_empty());
    assert_eq!(site.look(&mut stolen).await.subject, None);
    assert!(site.events().contains(&SecurityEvent::SessionLogout));
}

#[tokio::test]
async fn a_handler_can_leave_a_word_after_logout_in_a_new_anonymous_session() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.login(&mut ada, "ada").await;
    let before = ada.cookie.clone();
    site.visit(&mut ada, |session| {
        let sessions = site.sessions.clone();
        async move {
            sessions.logout(&session).await.unwrap();
            session.insert("cart", "bye").unwrap();
            ok()
        }
    })
    .await;
    assert!(ada.cookie.is_some() && ada.cookie != before);
    let seen = site.look(&mut ada).await;
    assert_eq!((seen.subject, seen.cart.as_deref()), (None, Some("bye")));
}

#[tokio::test]
async fn actix_session_resurrects_on_a_save_that_races_logout_and_ours_does_not() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.login(&mut ada, "ada").await;
    let other_tab = ada.clone();
    // One request has loaded the session and writes; in between, another logs out.
    let response = site.visit(&mut ada, |session| {
        let (sessions, request) = (site.sessions.clone(), other_tab.request());
        async move {
            session.insert("cart", "late").unwrap();
            let other = sessions.load(request.headers()).await.unwrap();
            sessions.logout(&other).await.unwrap();
            ok()
        }
    });
    assert_eq!(response.await.status(), 200, "the late request is not at fault");
    assert!(site.store.memory.is_empty(), "and wakes nothing");
    assert_eq!(site.look(&mut ada).await.subject, None);
}

#[tokio::test]
async fn logout_ends_a_session_that_another_request_has_given_a_new_id() {
    for again in [false, true] {
        let site = Site::new();
        let mut ada = Browser::default();
        site.login(&mut ada, "ada").await;
        let late = site.sessions.load(ada.request().headers()).await.unwrap();
        site.visit(&mut ada, |session| {
            let sessions = site.sessions.clone();
            async move {
                if again {
                    sessions.login(&session, principal("ada")).await.unwrap();
                } else {
                    sessions.renew(&session).await.unwrap();
                }
                ok()
            }
        })
        .await;
        site.sessions.logout(&late).await.unwrap();
        assert!(site.store.memory.is_empty(), "logged in again: {again}");
        assert_eq!(site.look(&mut ada).await.subject, None);
    }
}

#[tokio::test]
async fn what_was_written_while_somebody_logged_in_is_told_as_not_stored() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.fill(&mut ada, "tea").await;
    let other_tab = ada.clone();
    let response = site.visit(&mut ada, |session| {
        let (sessions, request) = (site.sessions.clone(), other_tab.request());
        async move {
            session.insert("cart", "late").unwrap();
            let other = sessions.load(request.headers()).await.unwrap();
            sessions.login(&other, principal("ada")).await.unwrap();
            ok()
        }
    });
    let response = response.await;
    assert_eq!(response.status(), 409, "not a 200 for a cart that is nowhere");
    assert!(response.body().ends_with(b"\"code\":\"session_superseded\"}"));
    assert!(
        !response.headers().contains_key("set-cookie"),
        "the newer cookie is left alone"
    );
}

#[tokio::test]
async fn reading_counts_as_use_and_costs_no_write() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.login(&mut ada, "ada").await;
    site.store.calls();
    for _ in 0..20 {
        site.clock.advance(MINUTE * 59);
        assert_eq!(site.look(&mut ada).await.subject.as_deref(), Some("ada"));
        assert_eq!(site.store.calls(), ["load"]);
    }
    site.clock.advance(MINUTE * 60);
    assert_eq!(site.look(&mut ada).await.subject, None, "idle for an hour");
}

#[tokio::test]
async fn tower_sessions_has_idle_or_absolute_and_ours_has_both() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.login(&mut ada, "ada").await;
    for _ in 0..47 {
        site.clock.advance(MINUTE * 30);
        assert_eq!(site.look(&mut ada).await.subject.as_deref(), Some("ada"));
    }
    site.clock.advance(MINUTE * 30);
    assert_eq!(
        site.look(&mut ada).await.subject,
        None,
        "24 hours end a session in use"
    );
}

#[tokio::test]
async fn a_login_may_have_lifetimes_of_its_own() {
    let site = Site::new();
    let mut mel = Browser::default();
    site.visit(&mut mel, |session| {
        let sessions = site.sessions.clone();
        async move {
            let login = Login::new(principal("mel")).with_lifetimes(Lifetimes::staff());
            sessions.login(&session, login).await.unwrap();
            ok()
        }
    })
    .await;
    site.clock.advance(MINUTE * 15);
    assert_eq!(site.look(&mut mel).await.subject, None);
}
