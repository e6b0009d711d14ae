//! A real browser: which cookies it keeps, sends and drops, and what an attacker's page can do with them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::extract::State;
use axum::response::Html;
use axum::routing::{get, post};
use axum::{Extension, Router};
use palisade_core::{Principal, PrincipalKind, Subject};
use palisade_session::{
    CookiePolicy, Csrf, CsrfLayer, Lifetimes, MemoryStore, Session, SessionLayer, SessionRefused, Sessions,
};
use palisade_testkit::{Browser, eventually};
use tokio::net::TcpListener;

/// The shop, and how often somebody bought something.
#[derive(Clone)]
struct Shop {
    sessions: Sessions,
    bought: Arc<AtomicU32>,
}

async fn login(State(shop): State<Shop>, session: Extension<Session>) -> &'static str {
    let ada = Principal::new(Subject::new("ada").unwrap(), PrincipalKind::Customer);
    done(shop.sessions.login(&session, ada).await)
}

async fn logout(State(shop): State<Shop>, session: Extension<Session>) -> &'static str {
    done(shop.sessions.logout(&session).await)
}

fn done(result: Result<(), SessionRefused>) -> &'static str {
    result.map_or("failed", |()| "done")
}

async fn page(session: Extension<Session>) -> Html<&'static str> {
    let known =
        "<title>shop</title><p id=who>ada</p><form method=post action=/buy><button>Buy</button></form>";
    Html(if session.principal().is_some() {
        known
    } else {
        "<title>shop</title><p id=who>nobody</p>"
    })
}

async fn buy(State(shop): State<Shop>, session: Extension<Session>) -> &'static str {
    if session.principal().is_none() {
        return "nobody buys";
    }
    shop.bought.fetch_add(1, Ordering::SeqCst);
    "bought"
}

/// Serves on a free port for as long as the test's runtime lives.
async fn serve(listener: TcpListener, router: Router) {
    axum::serve(listener, router).await.unwrap();
}

/// The shop on `localhost`; browsers take that for as good as HTTPS.
async fn shop(cookie: CookiePolicy) -> (Shop, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let shop = Shop {
        sessions: Sessions::new(MemoryStore::new(), cookie, Lifetimes::account()),
        bought: Arc::default(),
    };
    let csrf = Csrf::new([origin.as_str()]).unwrap();
    let router = Router::new()
        .route("/", get(page))
        .route("/login", get(login))
        .route("/logout", get(logout))
        .route("/buy", post(buy))
        .layer(CsrfLayer::new(csrf))
        .layer(SessionLayer::new(shop.sessions.clone()))
        .with_state(shop.clone());
    tokio::spawn(serve(listener, router));
    (shop, origin)
}

/// Another site, whose page sends a form to the shop by itself.
async fn attacker(target: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let page = format!(
        "<title>attack</title><form method=post action='{target}/buy'></form>\
         <script>document.forms[0].submit()</script>"
    );
    let router = Router::new().route("/", get(move || async move { Html(page) }));
    tokio::spawn(serve(listener, router));
    url
}

async fn text(browser: &Browser) -> String {
    browser.client().source().await.unwrap()
}

async fn visit(browser: &Browser, url: &str) -> String {
    browser.client().goto(url).await.unwrap();
    text(browser).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_keeps_the_cookie_and_drops_it_at_logout() {
    let (shop, origin) = shop(CookiePolicy::default()).await;
    let browser = Browser::start().await;
    assert!(visit(&browser, &origin).await.contains("nobody"));
    assert!(browser.cookies().await.is_empty(), "a visitor has none");
    assert!(visit(&browser, &format!("{origin}/login")).await.contains("done"));
    assert!(visit(&browser, &origin).await.contains("ada"));
    let script = browser
        .client()
        .execute("return document.cookie", Vec::new())
        .await
        .unwrap();
    assert_eq!(script, "", "no script reads it");
    let first = browser.cookie("__Host-id").await;
    visit(&browser, &format!("{origin}/login")).await;
    let second = browser.cookie("__Host-id").await;
    assert!(first.is_some() && second.is_some());
    assert!(
        visit(&browser, &origin).await.contains("ada"),
        "the new one replaced the old one"
    );
    let button = browser
        .client()
        .find(palisade_testkit::fantoccini::Locator::Css("button"))
        .await;
    button.unwrap().click().await.unwrap();
    eventually("our own form passes", async || {
        text(&browser).await.contains("bought")
    })
    .await;
    assert_eq!(shop.bought.load(Ordering::SeqCst), 1);
    visit(&browser, &format!("{origin}/logout")).await;
    assert!(browser.cookie("__Host-id").await.is_none(), "really removed");
    assert!(visit(&browser, &origin).await.contains("nobody"));
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_sites_form_buys_nothing_although_the_cookie_is_sent() {
    // Without SameSite, so that nothing but the check is in the way.
    let (shop, origin) = shop(CookiePolicy::default().dangerous().same_site_none()).await;
    let attack = attacker(&origin).await;
    let browser = Browser::start().await;
    visit(&browser, &format!("{origin}/login")).await;
    browser.client().goto(&attack).await.unwrap();
    eventually("the form was sent and answered", async || {
        text(&browser).await.contains("csrf_refused")
    })
    .await;
    assert_eq!(shop.bought.load(Ordering::SeqCst), 0);
    assert!(
        visit(&browser, &origin).await.contains("ada"),
        "and nobody is logged out"
    );
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_sites_form_has_no_cookie_by_default() {
    let (shop, origin) = shop(CookiePolicy::default()).await;
    let attack = attacker(&origin).await;
    let browser = Browser::start().await;
    visit(&browser, &format!("{origin}/login")).await;
    browser.client().goto(&attack).await.unwrap();
    eventually("the form was sent and answered", async || {
        text(&browser).await.contains("csrf_refused")
    })
    .await;
    assert_eq!(shop.bought.load(Ordering::SeqCst), 0);
    browser.close().await;
}
