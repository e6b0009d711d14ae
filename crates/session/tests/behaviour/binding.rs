//! Who may have how many sessions, from where, and until when all of them end.
use http::HeaderMap;
use http::header::USER_AGENT;
use palisade_core::{ClientAddr, SecurityEvent, Tenant};
use palisade_session::{Concurrent, Login, Scope, Session, SessionRefusedKind};

use crate::browser::{Browser, Site, ok, principal};

fn agent(name: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(USER_AGENT, name.parse().unwrap())])
}

async fn from(site: &Site, browser: &Browser, ip: [u8; 4]) -> Session {
    let client = ClientAddr::from_peer(ip.into());
    let request = browser.request();
    site.sessions.load_from(request.headers(), client).await.unwrap()
}

#[tokio::test]
async fn another_program_or_network_is_a_signal_and_no_refusal() {
    let site = Site::new();
    let mut ada = Browser::default();
    site.visit(&mut ada, |session| {
        let sessions = site.sessions.clone();
        async move {
            let login = Login::new(principal("ada")).with_agent(&agent("Firefox"));
            sessions.login(&session, login).await.unwrap();
            ok()
        }
    })
    .await;
    let same = from(&site, &ada, [192, 0, 2, 7]).await;
    assert!(!site.sessions.signals(&same, &agent("Firefox")).changed());
    let cases = [
        ([192, 0, 2, 7], agent("curl"), "user_agent"),
        ([192, 0, 2, 7], HeaderMap::new(), "user_agent"),
        ([198, 51, 100, 1], agent("Firefox"), "network"),
        ([198, 51, 100, 1], agent("curl"), "user_agent_and_network"),
    ];
    for (ip, headers, reason) in cases {
        let session = from(&site, &ada, ip).await;
        let signals = site.sessions.signals(&session, &headers);
        assert!(signals.changed() && session.principal().is_some(), "{reason}");
        assert_eq!(signals.agent_changed(), reason.contains("agent"));
        assert_eq!(signals.network_changed(), reason.contains("network"));
        let last = site.reasons().pop();
        assert_eq!(last, Some((SecurityEvent::SessionBindingChanged, Some(reason))));
    }
}

#[tokio::test]
async fn what_was_not_noted_is_no_signal() {
    let site = Site::new();
    let mut visitor = Browser::default();
    site.login(&mut visitor, "ada").await;
    let session = site.sessions.load(visitor.request().headers()).await.unwrap();
    assert!(
        !site.sessions.signals(&session, &agent("curl")).changed(),
        "no program noted"
    );
    let nobody = site.sessions.load(&HeaderMap::new()).await.unwrap();
    assert!(
        !site.sessions.signals(&nobody, &agent("curl")).changed(),
        "no session"
    );
}

#[tokio::test]
async fn an_account_with_one_session_is_logged_out_elsewhere() {
    let site = Site::new();
    let sessions = site
        .sessions
        .clone()
        .with_concurrent(Concurrent::end_oldest(1).unwrap());
    let (first, second) = (
        sessions.load(&HeaderMap::new()).await.unwrap(),
        sessions.load(&HeaderMap::new()).await.unwrap(),
    );
    sessions.login(&first, principal("ada")).await.unwrap();
    sessions.login(&second, principal("ada")).await.unwrap();
    let list = sessions.list(principal("ada").subject()).await.unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!(Some(list[0].reference()), second.reference());
}

#[tokio::test]
async fn a_login_beyond_is_refused_and_told() {
    let site = Site::new();
    let sessions = site
        .sessions
        .clone()
        .with_concurrent(Concurrent::refuse(1).unwrap());
    let mut visitor = Browser::default();
    site.fill(&mut visitor, "tea").await;
    let (first, second) = (
        sessions.load(&HeaderMap::new()).await.unwrap(),
        sessions.load(visitor.request().headers()).await.unwrap(),
    );
    sessions.login(&first, principal("ada")).await.unwrap();
    let refused = sessions.login(&second, principal("ada")).await.unwrap_err();
    assert_eq!(refused.kind(), SessionRefusedKind::TooManySessions);
    assert_eq!(
        second.get::<String>("cart").unwrap().as_deref(),
        Some("tea"),
        "as it was"
    );
    assert!(site.events().contains(&SecurityEvent::ExcessSessionsExceeded));
    sessions.logout(&first).await.unwrap();
    sessions.login(&second, principal("ada")).await.unwrap();
}

#[tokio::test]
async fn everything_of_a_tenant_or_of_everybody_ends_at_once() {
    let site = Site::new();
    let north = Tenant::new("north").unwrap();
    let (mut ada, mut mel, mut visitor) = (Browser::default(), Browser::default(), Browser::default());
    site.login(&mut ada, "ada").await;
    site.fill(&mut visitor, "tea").await;
    site.visit(&mut mel, |session| {
        let (sessions, mel) = (site.sessions.clone(), principal("mel").with_tenant(north.clone()));
        async move {
            sessions.login(&session, mel).await.unwrap();
            ok()
        }
    })
    .await;
    let reference = site
        .sessions
        .load(mel.request().headers())
        .await
        .unwrap()
        .reference()
        .unwrap();
    assert!(site.sessions.holder(reference).await.unwrap().is_some());
    site.sessions.revoke(Scope::Tenant(&north)).await.unwrap();
    assert!(
        site.sessions.holder(reference).await.unwrap().is_none(),
        "its sockets close"
    );
    assert_eq!(site.look(&mut mel).await.subject, None);
    assert_eq!(site.look(&mut ada).await.subject.as_deref(), Some("ada"));
    site.sessions.revoke(Scope::Everybody).await.unwrap();
    assert_eq!(site.look(&mut ada).await.subject, None);
    assert_eq!(site.look(&mut visitor).await.cart, None);
    let last = site.reasons().into_iter().filter_map(|(_, reason)| reason);
    let told: Vec<_> = last.filter(|reason| reason.starts_with("revoked")).collect();
    assert_eq!(told, ["revoked_tenant", "revoked_everybody"]);
}

#[tokio::test]
async fn a_page_with_a_cart_is_in_no_cache() {
    let site = Site::new();
    let mut visitor = Browser::default();
    site.fill(&mut visitor, "tea").await;
    let page = site.visit(&mut visitor, |_| async { ok() }).await;
    assert_eq!(page.headers()["cache-control"], "no-store");
}
