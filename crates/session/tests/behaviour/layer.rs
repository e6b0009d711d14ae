//! What the layer does to requests and responses.
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, SET_COOKIE, VARY};
use http::{HeaderValue, Request, Response};
use palisade_core::{Principal, StatusOnly, StoreErrorKind};
use palisade_session::{Session, SessionLayer, SessionRefused, SessionService, Sessions};
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::browser::{Browser, Site, ok, principal};

#[tokio::test]
async fn every_cookie_comes_with_no_store_and_vary() {
    let site = Site::new();
    let mut visitor = Browser::default();
    let response = site.visit(&mut visitor, |session| {
        session.insert("cart", "tea").unwrap();
        let mut response = ok();
        let headers = response.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=600"));
        headers.insert(VARY, HeaderValue::from_static("accept"));
        headers.insert(SET_COOKIE, HeaderValue::from_static("theme=dark"));
        async { response }
    });
    let response = response.await;
    let all = |name| {
        response
            .headers()
            .get_all(name)
            .iter()
            .map(|value| value.to_str().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(all(CACHE_CONTROL), ["no-store"]);
    assert_eq!(all(VARY), ["accept", "cookie"]);
    assert_eq!(all(SET_COOKIE).len(), 2, "the handler's own cookie stays");
}

#[tokio::test]
async fn vary_is_not_said_twice() {
    for said in ["Cookie", "accept, cookie", "*"] {
        let site = Site::new();
        let mut visitor = Browser::default();
        let response = site.visit(&mut visitor, |session| {
            session.insert("cart", "tea").unwrap();
            let mut response = ok();
            response
                .headers_mut()
                .insert(VARY, HeaderValue::from_static(said));
            async { response }
        });
        assert_eq!(response.await.headers().get_all(VARY).iter().count(), 1, "{said}");
    }
}

#[tokio::test]
async fn pages_of_somebody_are_not_stored_unless_the_handler_says_otherwise() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.login(&mut ada, "ada").await;
    let page = site.visit(&mut ada, |_| async { ok() }).await;
    assert_eq!(page.headers()[CACHE_CONTROL], "no-store");
    let script = site.visit(&mut ada, |_| {
        let mut response = ok();
        response
            .headers_mut()
            .insert(CACHE_CONTROL, HeaderValue::from_static("immutable"));
        async { response }
    });
    assert_eq!(script.await.headers()[CACHE_CONTROL], "immutable");
}

#[tokio::test]
async fn a_page_of_somebody_is_not_stored_when_the_session_ended_meanwhile_either() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.login(&mut ada, "ada").await;
    let page = site.visit(&mut ada, |session| {
        let sessions = site.sessions.clone();
        async move {
            session.insert("cart", "late").unwrap();
            sessions.end_all(principal("ada").subject()).await.unwrap();
            ok()
        }
    });
    assert_eq!(page.await.headers()[CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn fields_for_caches_on_the_way_do_not_outrank_no_store_beside_a_cookie() {
    for name in ["cdn-cache-control", "acme-cdn-cache-control", "surrogate-control"] {
        let site = Site::new();
        let mut visitor = Browser::default();
        let response = site.visit(&mut visitor, |session| {
            session.insert("cart", "tea").unwrap();
            let mut response = ok();
            response
                .headers_mut()
                .insert(name, HeaderValue::from_static("max-age=600"));
            async { response }
        });
        assert!(!response.await.headers().contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn an_untouched_anonymous_visit_leaves_the_response_as_it_was() {
    let site = Site::new();
    let mut visitor = Browser::default();
    let response = site.visit(&mut visitor, |_| async { ok() }).await;
    assert!(response.headers().is_empty());
}

#[tokio::test]
async fn the_principal_is_in_the_extensions_of_requests_that_have_one() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.login(&mut ada, "ada").await;
    let inner = service_fn(|request: Request<()>| async move {
        let principal = request.extensions().get::<Principal>();
        let subject = principal.map(|principal| principal.subject().as_str().to_owned());
        Ok::<_, Infallible>(Response::new(Bytes::from(subject.unwrap_or_default())))
    });
    let service = SessionLayer::new(site.sessions.clone()).layer(inner);
    let response = service.clone().oneshot(ada.request()).await.unwrap();
    assert_eq!(response.body(), "ada");
    let response = service.oneshot(Browser::default().request()).await.unwrap();
    assert_eq!(response.body(), "");
}

#[tokio::test]
async fn a_refusal_is_answered_as_asked_and_stays_in_the_extensions() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.login(&mut ada, "ada").await;
    site.store.fail(StoreErrorKind::TimedOut);
    let inner = service_fn(|_: Request<()>| async { Ok::<_, Infallible>(Response::new(String::new())) });
    let layer = SessionLayer::new(site.sessions.clone()).with_response(StatusOnly::default());
    let response = layer.layer(inner).oneshot(ada.request()).await.unwrap();
    assert_eq!((response.status().as_u16(), response.body().as_str()), (503, ""));
    let refused = response.extensions().get::<SessionRefused>().unwrap();
    let cause = std::error::Error::source(refused).unwrap();
    assert!(!format!("{refused} {refused:?} {cause} {cause:?}").contains("hunter2"));
}

/// Ready once for every time that it is polled ready, as a rate limit or a concurrency limit is.
#[derive(Debug, Default)]
struct OnceReady(AtomicBool);

impl Clone for OnceReady {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Service<Request<()>> for OnceReady {
    type Response = Response<Bytes>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<Bytes>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.store(true, Ordering::SeqCst);
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        assert!(self.0.swap(false, Ordering::SeqCst), "called without being ready");
        std::future::ready(Ok(ok()))
    }
}

#[tokio::test]
async fn the_service_that_was_ready_is_the_one_that_is_called() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.login(&mut ada, "ada").await;
    let mut service = SessionLayer::new(site.sessions.clone()).layer(OnceReady::default());
    for round in 0..2 {
        for browser in [&ada, &Browser::default(), &ada] {
            let ready = ServiceExt::<Request<()>>::ready(&mut service).await.unwrap();
            let response = ready.call(browser.request()).await.unwrap();
            assert_eq!(response.status(), 200, "round {round}");
        }
        // The first round is answered at once, the second one waits for the store.
        site.store.slow();
    }
}

#[test]
fn layer_service_and_handles_can_be_shared() {
    fn sent<T: Send>(_: T) {}
    fn shared<T: Clone + Send + Sync + std::fmt::Debug>() {}
    shared::<Session>();
    shared::<Sessions>();
    shared::<SessionLayer>();
    shared::<SessionService<OnceReady>>();
    let site = Site::new();
    sent(
        SessionLayer::new(site.sessions)
            .layer(OnceReady::default())
            .oneshot(Request::new(())),
    );
}
