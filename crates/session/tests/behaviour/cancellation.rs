//! A client that hangs up: every future is dropped at each of its waiting points.
use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use http::Request;
use palisade_core::Subject;
use palisade_session::{Session, SessionLayer};
use tower::{Layer, ServiceExt, service_fn};

use crate::browser::{Browser, Site, ok, principal};

/// Polls so many times and drops the future; the answer, if there was one by then.
fn polled<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    (0..times).find_map(|_| match future.as_mut().poll(&mut cx) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    })
}

/// Drops `act` at every point there is, each time on a fresh site with a visitor's session that is then looked at.
async fn at_every_point<T>(
    act: impl AsyncFn(&Site, &Session) -> T,
    look: impl AsyncFn(&Site, &Session, usize, Option<T>),
) {
    for times in 0..8 {
        let (site, mut browser) = (Site::new(), Browser::default());
        site.login(&mut browser, "ada").await;
        site.fill(&mut browser, "tea").await;
        let session = site.sessions.load(browser.request().headers()).await.unwrap();
        site.store.slow();
        let done = polled(act(&site, &session), times);
        assert!(times < 7 || done.is_some(), "the last round goes through");
        look(&site, &session, times, done).await;
    }
}

async fn sessions_of(site: &Site, subject: &Subject) -> usize {
    site.sessions.list(subject).await.unwrap().len()
}

#[tokio::test]
async fn a_dropped_login_leaves_one_session_or_the_old_one_and_never_two() {
    let act = async |site: &Site, session: &Session| site.sessions.login(session, principal("ada")).await;
    at_every_point(act, async |site, session, _, done| {
        assert_eq!(sessions_of(site, principal("ada").subject()).await, 1);
        assert_eq!(site.store.memory.len(), 1);
        assert_eq!(site.sessions.set_cookie(session).is_some(), done.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_dropped_renewal_leaves_one_session() {
    let act = async |site: &Site, session: &Session| site.sessions.renew(session).await;
    at_every_point(act, async |site, _, _, _| {
        let list = site.sessions.list(principal("ada").subject()).await.unwrap();
        let carts: Vec<_> = list
            .iter()
            .map(|listed| listed.record().values().get("cart"))
            .collect();
        assert_eq!(carts, [Some(&b"\"tea\""[..])]);
    })
    .await;
}

#[tokio::test]
async fn a_dropped_logout_is_done_or_can_be_repeated() {
    let act = async |site: &Site, session: &Session| site.sessions.logout(session).await;
    at_every_point(act, async |site, session, _, _| {
        site.sessions.logout(session).await.unwrap();
        assert!(site.store.memory.is_empty() && session.principal().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_dropped_save_keeps_what_was_changed() {
    let act = async |site: &Site, session: &Session| {
        session.insert("cart", "coffee").unwrap();
        site.sessions.save(session).await
    };
    at_every_point(act, async |site, session, times, _| {
        site.sessions.save(session).await.unwrap();
        let list = site.sessions.list(principal("ada").subject()).await.unwrap();
        let cart = list[0].record().values().get("cart").unwrap();
        let want = if times == 0 {
            &b"\"tea\""[..]
        } else {
            b"\"coffee\""
        };
        assert_eq!(cart, want, "dropped after {times} polls");
    })
    .await;
}

#[tokio::test]
async fn a_dropped_modification_is_made_once_or_not_at_all() {
    let act = async |site: &Site, session: &Session| {
        site.sessions
            .modify(session, "items", |items: &mut u32| *items += 1)
            .await
    };
    at_every_point(act, async |site, _, _, done| {
        let list = site.sessions.list(principal("ada").subject()).await.unwrap();
        let items = list[0].record().values().get("items");
        assert!(items.is_none_or(|items| items == b"1"));
        assert!(done.is_none() || items.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_request_that_is_dropped_anywhere_leaves_a_session_that_works() {
    for times in 0..12 {
        let (site, mut browser) = (Site::new(), Browser::default());
        site.login(&mut browser, "ada").await;
        site.store.slow();
        let inner = service_fn(|request: Request<()>| async move {
            let session = request.extensions().get::<Session>().unwrap();
            session.insert("cart", "tea").unwrap();
            Ok::<_, Infallible>(ok())
        });
        let service = SessionLayer::new(site.sessions.clone()).layer(inner);
        let answer = polled(service.oneshot(browser.request()), times);
        assert!(times < 11 || answer.is_some(), "the last round goes through");
        let seen = site.look(&mut browser).await;
        assert_eq!(
            seen.subject.as_deref(),
            Some("ada"),
            "dropped after {times} polls"
        );
        assert!(
            answer.is_none() || seen.cart.is_some(),
            "what was answered is stored"
        );
    }
}
