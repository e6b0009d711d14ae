//! All sessions of one account.
use palisade_core::{SecurityEvent, TokenRef};
use palisade_session::Login;

use crate::browser::{Browser, Site, ok, principal};

#[tokio::test]
async fn an_account_sees_its_devices_and_ends_one() {
    let site = Site::new();
    let (mut phone, mut desk) = (Browser::default(), Browser::default());
    site.login(&mut phone, "ada").await;
    site.clock.advance(std::time::Duration::from_secs(120));
    site.visit(&mut desk, |session| {
        let sessions = site.sessions.clone();
        async move {
            let login = Login::new(principal("ada")).with_device("Firefox on Linux");
            sessions.login(&session, login).await.unwrap();
            ok()
        }
    })
    .await;
    site.login(&mut Browser::default(), "bob").await;
    let ada = principal("ada");
    let list = site.sessions.list(ada.subject()).await.unwrap();
    let [first, second] = list.as_slice() else {
        panic!("two sessions")
    };
    assert_eq!(
        (first.device(), second.device()),
        (Some("Firefox on Linux"), None)
    );
    assert_eq!(first.network().unwrap().to_string(), "192.0.2.7/32");
    assert!(first.created() > second.created() && first.last_seen() >= first.created());

    let session = site.sessions.load(desk.request().headers()).await.unwrap();
    assert_eq!(session.reference(), Some(first.reference()), "this one");
    let chosen = TokenRef::parse(second.reference().to_string().as_bytes()).unwrap();
    assert!(
        !site
            .sessions
            .end(principal("bob").subject(), chosen)
            .await
            .unwrap()
    );
    assert!(site.sessions.end(ada.subject(), chosen).await.unwrap());
    assert_eq!(site.look(&mut phone).await.subject, None);
    assert_eq!(site.look(&mut desk).await.subject.as_deref(), Some("ada"));
    assert!(
        site.reasons()
            .contains(&(SecurityEvent::SessionLogout, Some("ended")))
    );
}

#[tokio::test]
async fn a_changed_password_ends_the_others_and_keeps_this_one() {
    let site = Site::new();
    let mut browsers = vec![Browser::default(); 5];
    for browser in &mut browsers {
        site.login(browser, "ada").await;
    }
    let mut here = browsers.pop().unwrap();
    site.visit(&mut here, |session| {
        let sessions = site.sessions.clone();
        async move {
            sessions.renew(&session).await.unwrap();
            assert_eq!(sessions.end_others(&session).await.unwrap(), 4);
            ok()
        }
    })
    .await;
    assert_eq!(site.look(&mut here).await.subject.as_deref(), Some("ada"));
    for browser in &mut browsers {
        assert_eq!(site.look(browser).await.subject, None);
    }
    assert_eq!(
        site.sessions.end_all(principal("ada").subject()).await.unwrap(),
        1
    );
}

#[tokio::test]
async fn an_anonymous_session_has_no_others() {
    let site = Site::new();
    let mut visitor = Browser::default();
    site.fill(&mut visitor, "tea").await;
    let session = site.sessions.load(visitor.request().headers()).await.unwrap();
    assert_eq!(site.sessions.end_others(&session).await.unwrap(), 0);
    assert_eq!(site.store.memory.len(), 1);
}
