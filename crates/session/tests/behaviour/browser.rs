//! A site with sessions, and browsers that visit it.
use std::convert::Infallible;
use std::future::Future;

use bytes::Bytes;
use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Request, Response};
use palisade_core::{
    ClientAddr, Collected, FakeClock, Principal, PrincipalKind, Recorder, SecurityEvent, Subject,
};
use palisade_session::{CookiePolicy, Lifetimes, Session, SessionLayer, Sessions};
use tower::{Layer, ServiceExt, service_fn};

use crate::probe::Probe;

pub(crate) const NAME: &str = "__Host-id";

pub(crate) struct Site {
    pub(crate) clock: FakeClock,
    pub(crate) store: Probe,
    pub(crate) sessions: Sessions<Probe>,
    events: Collected,
}

impl Site {
    pub(crate) fn new() -> Self {
        let (clock, events) = (FakeClock::new(), Collected::new());
        let store = Probe::new(&clock);
        let sessions = Sessions::new(store.clone(), CookiePolicy::default(), Lifetimes::account())
            .with_recorder(Recorder::default().add_sink(events.clone()));
        Self {
            clock,
            store,
            sessions,
            events,
        }
    }

    pub(crate) fn events(&self) -> Vec<SecurityEvent> {
        self.events.kinds()
    }

    pub(crate) fn reasons(&self) -> Vec<(SecurityEvent, Option<&'static str>)> {
        self.events.entries()
    }

    /// Sends a request through the layer; `handler` gets its session.
    pub(crate) async fn raw<F>(
        &self,
        request: Request<()>,
        handler: impl Fn(Session) -> F + Clone,
    ) -> Response<Bytes>
    where
        F: Future<Output = Response<Bytes>>,
    {
        let inner = service_fn(move |request: Request<()>| {
            let answer = handler(request.extensions().get::<Session>().unwrap().clone());
            async move { Ok::<_, Infallible>(answer.await) }
        });
        SessionLayer::new(self.sessions.clone())
            .layer(inner)
            .oneshot(request)
            .await
            .unwrap()
    }

    /// A browser's request.
    pub(crate) async fn visit<F>(
        &self,
        browser: &mut Browser,
        handler: impl Fn(Session) -> F + Clone,
    ) -> Response<Bytes>
    where
        F: Future<Output = Response<Bytes>>,
    {
        let response = self.raw(browser.request(), handler).await;
        browser.receive(response.headers());
        response
    }

    /// A browser's request to a page that only shows something.
    pub(crate) async fn look(&self, browser: &mut Browser) -> Seen {
        let seen = std::sync::Arc::new(std::sync::Mutex::new(None));
        let see = std::sync::Arc::clone(&seen);
        let response = self.visit(browser, move |session| {
            let cart = session.get("cart").unwrap();
            *see.lock().unwrap() = Some((session.principal(), cart));
            async { ok() }
        });
        let status = response.await.status().as_u16();
        let (principal, cart) = seen.lock().unwrap().take().unwrap_or_default();
        Seen {
            status,
            subject: principal.map(|principal| principal.subject().as_str().to_owned()),
            cart,
        }
    }

    /// A browser logs in.
    pub(crate) async fn login(&self, browser: &mut Browser, subject: &str) {
        let response = self.visit(browser, |session| {
            let (sessions, ada) = (self.sessions.clone(), principal(subject));
            async move {
                sessions.login(&session, ada).await.unwrap();
                ok()
            }
        });
        assert_eq!(response.await.status(), 200);
    }

    /// A browser puts something into its cart.
    pub(crate) async fn fill(&self, browser: &mut Browser, cart: &str) {
        let response = self.visit(browser, |session| {
            session.insert("cart", cart).unwrap();
            async { ok() }
        });
        assert_eq!(response.await.status(), 200);
    }
}

/// What a page showed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) subject: Option<String>,
    pub(crate) cart: Option<String>,
}

pub(crate) fn ok() -> Response<Bytes> {
    Response::new(Bytes::new())
}

pub(crate) fn status(status: u16) -> Response<Bytes> {
    Response::builder().status(status).body(Bytes::new()).unwrap()
}

pub(crate) fn principal(subject: &str) -> Principal {
    Principal::new(Subject::new(subject).unwrap(), PrincipalKind::Customer)
}

/// Holds at most one cookie, and keeps the rules for `__Host-` names as browsers do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Browser {
    pub(crate) cookie: Option<String>,
}

impl Browser {
    pub(crate) fn request(&self) -> Request<()> {
        let mut request = Request::new(());
        if let Some(id) = &self.cookie {
            let cookie = HeaderValue::try_from(format!("theme=dark; {NAME}={id}; lang=en")).unwrap();
            request.headers_mut().insert(COOKIE, cookie);
        }
        request
            .extensions_mut()
            .insert(ClientAddr::from_peer([192, 0, 2, 7].into()));
        request
    }

    pub(crate) fn receive(&mut self, headers: &HeaderMap) {
        for value in headers.get_all(SET_COOKIE) {
            let value = value.to_str().unwrap();
            let (pair, attributes) = value.split_once("; ").unwrap_or((value, ""));
            let attributes: Vec<_> = attributes.split("; ").collect();
            let (name, id) = pair.split_once('=').unwrap();
            // RFC 6265bis section 5.7: whatever breaks the rules of the prefix is ignored, also a removal.
            let keeps_rules = attributes.contains(&"Secure")
                && attributes.contains(&"Path=/")
                && !attributes.iter().any(|attribute| attribute.starts_with("Domain"));
            if name == NAME && keeps_rules {
                self.cookie = (!attributes.contains(&"Max-Age=0")).then(|| id.to_owned());
            }
        }
    }
}
