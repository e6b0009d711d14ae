//! The session layer beside tower-sessions: in memory, with a cookie, reading or writing one value or none; and the
//! anti-forgery layer beside tower-http's.
use std::convert::Infallible;

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderValue, Method, Request, Response};
use palisade_core::{Principal, PrincipalKind, Subject};
use palisade_session::{Csrf, CsrfLayer, Lifetimes, Session, SessionLayer, Sessions};
use tower::{Layer, ServiceExt, service_fn};
use tower_http::csrf::CsrfLayer as PeerCsrfLayer;
use tower_sessions::{MemoryStore, Session as PeerSession, SessionManagerLayer};

use crate::requests::{Bare, Body, answer, request, through};
use crate::{Bar, Pair};

pub(super) fn pairs() -> Vec<Pair> {
    let untouched = Pair {
        what: "session layer, cookie present, session untouched / tower-sessions".to_owned(),
        ours: {
            let (layer, cookie) = ours(0);
            through(layer.layer(Bare), with(cookie))
        },
        peer: {
            let (layer, cookie) = peer(0);
            through(layer.layer(Bare), with(cookie))
        },
        floor: Some(through(Bare, request)),
        bar: Some(Bar::Ratio(0.3)),
    };
    let mut pairs = vec![untouched];
    pairs.extend([(0, 0.4), (10, 0.25), (50, 0.1)].map(|(values, bar)| reading(values, bar)));
    pairs.extend([0, 10].map(writing));
    pairs.push(forgery());
    pairs
}

/// A form of the site itself, as today's browsers send it.
fn forgery() -> Pair {
    let make = || {
        let mut request = request();
        *request.method_mut() = Method::POST;
        let headers = request.headers_mut();
        headers.insert("sec-fetch-site", HeaderValue::from_static("same-origin"));
        headers.insert(COOKIE, HeaderValue::from_static("theme=dark"));
        request
    };
    let csrf = Csrf::new(["https://shop.example"]).expect("an origin");
    Pair {
        what: "anti-forgery layer, a form of the site itself / tower-http".to_owned(),
        ours: through(CsrfLayer::new(csrf).layer(Bare), make),
        peer: through(PeerCsrfLayer::new().layer(Bare), make),
        floor: Some(through(Bare, make)),
        bar: None,
    }
}

/// Counts the visits of a session that holds `values` others.
fn writing(values: usize) -> Pair {
    let (our_layer, our_cookie) = ours(values);
    let (peer_layer, peer_cookie) = peer(values);
    let our_service = our_layer.layer(service_fn(|request: Request<Body>| {
        let session = request.extensions().get::<Session>().expect("a session");
        let visits: u64 = session.get("visits").expect("readable").expect("there");
        session.insert("visits", &(visits + 1)).expect("small");
        std::future::ready(Ok::<_, Infallible>(answer()))
    }));
    let peer_service = peer_layer.layer(service_fn(|request: Request<Body>| async move {
        let session = request
            .extensions()
            .get::<PeerSession>()
            .expect("a session")
            .clone();
        let visits: u64 = session.get("visits").await.expect("readable").expect("there");
        session.insert("visits", visits + 1).await.expect("inserted");
        Ok::<_, Infallible>(answer())
    }));
    Pair {
        what: format!("session layer, count one value beside {values} others / tower-sessions"),
        ours: through(our_service, with(our_cookie)),
        peer: through(peer_service, with(peer_cookie)),
        floor: Some(through(Bare, request)),
        bar: None,
    }
}

/// Reads one value of a session that holds `values` others.
fn reading(values: usize, bar: f64) -> Pair {
    let (our_layer, our_cookie) = ours(values);
    let (peer_layer, peer_cookie) = peer(values);
    let our_service = our_layer.layer(service_fn(|request: Request<Body>| {
        let session = request.extensions().get::<Session>().expect("a session");
        let visits: u64 = session.get("visits").expect("readable").expect("there");
        std::hint::black_box(visits);
        std::future::ready(Ok::<_, Infallible>(answer()))
    }));
    let peer_service = peer_layer.layer(service_fn(|request: Request<Body>| async move {
        let session = request
            .extensions()
            .get::<PeerSession>()
            .expect("a session")
            .clone();
        let visits: u64 = session.get("visits").await.expect("readable").expect("there");
        std::hint::black_box(visits);
        Ok::<_, Infallible>(answer())
    }));
    Pair {
        what: format!("session layer, read one value beside {values} others / tower-sessions"),
        ours: through(our_service, with(our_cookie)),
        peer: through(peer_service, with(peer_cookie)),
        floor: Some(through(Bare, request)),
        bar: Some(Bar::Ratio(bar)),
    }
}

fn with(cookie: HeaderValue) -> impl FnMut() -> Request<Body> + 'static {
    move || {
        let mut request = request();
        request.headers_mut().insert(COOKIE, cookie.clone());
        request
    }
}

/// The name=value part of a response's Set-Cookie.
fn cookie_of(response: &Response<Body>) -> HeaderValue {
    let set = response.headers()[SET_COOKIE].to_str().expect("text");
    HeaderValue::from_str(set.split(';').next().expect("a first part")).expect("a value")
}

fn value(n: usize) -> String {
    format!("the value of number {n}, of a customary length")
}

/// Our layer, and the cookie of somebody signed in whose session holds `visits` and `values` others.
fn ours(values: usize) -> (SessionLayer, HeaderValue) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let sessions = Sessions::in_memory(Lifetimes::account());
    let layer = SessionLayer::new(sessions.clone());
    let login = layer.layer(service_fn(move |request: Request<Body>| {
        let sessions = sessions.clone();
        async move {
            let session = request.extensions().get::<Session>().expect("a session").clone();
            let ada = Principal::new(Subject::new("42").expect("an id"), PrincipalKind::Customer);
            sessions.login(&session, ada).await.expect("signed in");
            session.insert("visits", &7_u64).expect("small");
            for n in 0..values {
                session.insert(&format!("value {n}"), &value(n)).expect("small");
            }
            Ok::<_, Infallible>(Response::new(Body::default()))
        }
    }));
    let response = runtime.block_on(login.oneshot(request())).expect("answered");
    (layer, cookie_of(&response))
}

/// The peer's layer and cookie, for the same session.
fn peer(values: usize) -> (SessionManagerLayer<MemoryStore>, HeaderValue) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let layer = SessionManagerLayer::new(MemoryStore::default());
    let login = layer.layer(service_fn(move |request: Request<Body>| async move {
        let session = request
            .extensions()
            .get::<PeerSession>()
            .expect("a session")
            .clone();
        session.insert("visits", 7_u64).await.expect("inserted");
        for n in 0..values {
            session
                .insert(&format!("value {n}"), value(n))
                .await
                .expect("inserted");
        }
        Ok::<_, Infallible>(Response::new(Body::default()))
    }));
    let response = runtime.block_on(login.oneshot(request())).expect("answered");
    (layer, cookie_of(&response))
}
