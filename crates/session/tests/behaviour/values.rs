//! What a session holds, and when it is stored.
use std::sync::Arc;

use palisade_session::SessionRefusedKind;

use crate::browser::{Browser, Site, ok, status};

#[tokio::test]
async fn axum_session_grows_with_every_cookieless_visit_and_ours_does_not() {
    let site = Site::new();
    for _ in 0..1_000 {
        let mut visitor = Browser::default();
        site.look(&mut visitor).await;
        assert_eq!(visitor.cookie, None);
    }
    assert!(site.store.memory.is_empty());
    assert!(site.store.calls().is_empty(), "the store is not even asked");
}

#[tokio::test]
async fn removing_what_is_not_there_stores_nothing() {
    let site = Site::new();
    let mut visitor = Browser::default();
    site.visit(&mut visitor, |session| {
        session.insert("cart", "tea").unwrap();
        session.remove("cart");
        session.remove("other");
        async { ok() }
    })
    .await;
    assert_eq!(visitor.cookie, None);
    assert!(site.store.calls().is_empty());
}

#[tokio::test]
async fn an_equal_value_is_no_write() {
    let site = Site::new();
    let mut visitor = Browser::default();
    site.fill(&mut visitor, "tea").await;
    assert_eq!(site.store.calls(), ["create"]);
    site.fill(&mut visitor, "tea").await;
    assert_eq!(site.store.calls(), ["load"]);
    site.visit(&mut visitor, |session| {
        session.insert("cart", "coffee").unwrap();
        session.insert("cart", "tea").unwrap();
        async { ok() }
    })
    .await;
    assert_eq!(site.store.calls(), ["load"], "there and back again");
    site.fill(&mut visitor, "coffee").await;
    assert_eq!(site.store.calls(), ["load", "update"]);
}

#[tokio::test]
async fn values_have_types_and_only_the_one_asked_for_is_read() {
    let site = Site::new();
    let session = site.sessions.load(&http::HeaderMap::new()).await.unwrap();
    session.insert("count", &7_u32).unwrap();
    session.insert("names", &["a", "b"]).unwrap();
    site.sessions.save(&session).await.unwrap();
    assert_eq!(session.get::<u32>("count").unwrap(), Some(7));
    assert_eq!(session.get::<u32>("nothing").unwrap(), None);
    let refused = session.get::<u32>("names").unwrap_err();
    assert_eq!(refused.kind(), SessionRefusedKind::ValueUnreadable);
    session.remove("count");
    assert_eq!(session.get::<u32>("count").unwrap(), None);
    site.sessions.save(&session).await.unwrap();
    assert_eq!(session.get::<Vec<String>>("names").unwrap().unwrap(), ["a", "b"]);
    assert!(!format!("{session:?}").contains("names"));
}

#[tokio::test]
async fn what_has_no_json_form_is_refused() {
    let site = Site::new();
    let session = site.sessions.load(&http::HeaderMap::new()).await.unwrap();
    let keyed = std::collections::BTreeMap::from([(vec![1], 1)]);
    let refused = session.insert("map", &keyed).unwrap_err();
    assert_eq!(refused.kind(), SessionRefusedKind::ValueUnwritable);
}

#[tokio::test]
async fn a_session_has_a_bounded_size() {
    let site = Site::new();
    let sessions = site.sessions.clone().with_max_bytes(100).unwrap();
    let session = sessions.load(&http::HeaderMap::new()).await.unwrap();
    session.insert("a", &"x".repeat(97)).unwrap();
    let too_large = |name: &str, value: &str| {
        let refused = session.insert(name, value).unwrap_err();
        assert_eq!(refused.kind(), SessionRefusedKind::ValueTooLarge);
    };
    too_large("b", "");
    too_large("a", &"y".repeat(98));
    assert_eq!(
        session.get::<String>("a").unwrap(),
        Some("x".repeat(97)),
        "as it was"
    );
    sessions.save(&session).await.unwrap();
    too_large("b", "");
    session.insert("a", &"z".repeat(97)).unwrap();
    for bytes in [0, 1024 * 1024 + 1] {
        assert!(site.sessions.clone().with_max_bytes(bytes).is_err());
    }
}

#[tokio::test]
async fn two_requests_that_fit_alone_and_not_together_do_not_both_get_in() {
    let site = Site::new();
    let mut browser = Browser::default();
    site.fill(&mut browser, "tea").await;
    let other_tab = browser.clone();
    let response = site.visit(&mut browser, |session| {
        let (sessions, request) = (site.sessions.clone(), other_tab.request());
        async move {
            session.insert("a", &"x".repeat(9_000)).unwrap();
            let other = sessions.load(request.headers()).await.unwrap();
            other.insert("b", &"y".repeat(9_000)).unwrap();
            sessions.save(&other).await.unwrap();
            ok()
        }
    });
    assert_eq!(response.await.status(), 413);
}

#[tokio::test]
async fn requests_that_write_different_names_do_not_undo_each_other() {
    let site = Site::new();
    let mut browser = Browser::default();
    site.fill(&mut browser, "tea").await;
    let load = || site.sessions.load(browser.request().headers());
    let (one, two) = (load().await.unwrap(), load().await.unwrap());
    one.insert("one", &1).unwrap();
    two.insert("two", &2).unwrap();
    site.sessions.save(&one).await.unwrap();
    site.sessions.save(&two).await.unwrap();
    let three = load().await.unwrap();
    assert_eq!(three.get::<u8>("one").unwrap(), Some(1));
    assert_eq!(three.get::<u8>("two").unwrap(), Some(2));
    assert_eq!(three.get::<String>("cart").unwrap().as_deref(), Some("tea"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_requests_that_add_to_a_cart_none_is_lost() {
    let site = Arc::new(Site::new());
    let mut browser = Browser::default();
    site.fill(&mut browser, "tea").await;
    let barrier = Arc::new(tokio::sync::Barrier::new(100));
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let (site, barrier, request) = (Arc::clone(&site), Arc::clone(&barrier), browser.request());
            tokio::spawn(async move {
                let session = site.sessions.load(request.headers()).await.unwrap();
                barrier.wait().await;
                site.sessions
                    .modify(&session, "items", |items: &mut u32| *items += 1)
                    .await
                    .unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let session = site.sessions.load(browser.request().headers()).await.unwrap();
    assert_eq!(session.get::<u32>("items").unwrap(), Some(100));
    assert_eq!(site.store.memory.len(), 1, "and there is no extra session");
}

#[tokio::test]
async fn modify_begins_an_anonymous_session_and_writes_nothing_new_twice() {
    let site = Site::new();
    let session = site.sessions.load(&http::HeaderMap::new()).await.unwrap();
    site.sessions
        .modify(&session, "items", |items: &mut u32| *items = 1)
        .await
        .unwrap();
    assert_eq!(site.store.calls(), ["create"]);
    assert!(site.sessions.set_cookie(&session).is_some());
    site.sessions
        .modify(&session, "items", |items: &mut u32| *items = 1)
        .await
        .unwrap();
    assert!(site.store.calls().is_empty());
}

#[tokio::test]
async fn modify_does_not_wake_a_session_that_was_ended() {
    let site = Site::new();
    let mut browser = Browser::default();
    site.login(&mut browser, "ada").await;
    let session = site.sessions.load(browser.request().headers()).await.unwrap();
    site.sessions
        .end_all(session.principal().unwrap().subject())
        .await
        .unwrap();
    let refused = site
        .sessions
        .modify(&session, "items", |items: &mut u32| *items = 1)
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), SessionRefusedKind::Ended);
    assert!(session.principal().is_none() && site.store.memory.is_empty());
}

#[tokio::test]
async fn values_are_saved_whatever_the_status() {
    let site = Site::new();
    let mut visitor = Browser::default();
    site.visit(&mut visitor, |session| {
        session.insert("cart", "tea").unwrap();
        async { status(503) }
    })
    .await;
    assert_eq!(site.look(&mut visitor).await.cart.as_deref(), Some("tea"));
}

#[tokio::test]
async fn many_small_values_are_refused_as_one_large_one_is() {
    let site = Site::new();
    let mut visitor = Browser::default();
    site.visit(&mut visitor, |session| {
        for n in 0..256 {
            session.insert(&n.to_string(), &0).unwrap();
        }
        let refused = session.insert("one more", &0).unwrap_err();
        assert_eq!(refused.kind(), SessionRefusedKind::ValueTooLarge);
        session.insert("0", &1).unwrap();
        session.remove("1");
        session.insert("in its place", &0).unwrap();
        async { ok() }
    })
    .await;
    assert_eq!(site.look(&mut visitor).await.status, 200);
}
