//! A client that hangs up: every future is dropped at each of its waiting points, with a real server at the other end. What
//! was sent may be done or not; never half, never twice, and nobody's session is lost or comes back.
use std::future::{Future, poll_fn};
use std::task::Poll;
use std::time::Duration;

use palisade_core::{Purpose, Token};
use palisade_session::{RedisStore, Session, SessionRefusedKind, Sessions, Store};
use palisade_testkit::RedisServer;

use crate::site::{Jar, principal, sessions, standalone};

/// More than any future of these waits.
const MOST: usize = 64;

/// Polls whenever there is something to do, so many times, and drops the future; the answer, if there was one by then.
async fn polled<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let (mut future, mut left) = (Box::pin(future), times);
    poll_fn(|cx| {
        let Some(next) = left.checked_sub(1) else {
            return Poll::Ready(None);
        };
        left = next;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Runs rounds, the next with one poll more, until one is done.
async fn rounds(round: impl AsyncFn(usize) -> bool) {
    let mut waited = 0..MOST;
    for times in waited.by_ref() {
        if round(times).await {
            assert!(times >= 2, "it waited for nothing: {times}");
            return;
        }
    }
    assert!(!waited.is_empty(), "the act never ends");
}

/// A server, and sessions on it that are the same for all rounds.
struct Site {
    server: RedisServer,
    sessions: Sessions<RedisStore>,
}

impl Site {
    /// The connection stands, and the scripts are known: what waits is the act alone.
    async fn start() -> Self {
        let server = RedisServer::start();
        let site = Self {
            sessions: sessions(standalone(&server.url())),
            server,
        };
        let mut jar = Jar::default();
        jar.fill(&site.sessions, "warm").await;
        jar.login(&site.sessions, "warm").await;
        site
    }

    /// Drops `act` at every point there is, each time with a session of somebody new, that is then looked at.
    async fn at_every_point<T>(
        &self,
        act: impl AsyncFn(&Sessions<RedisStore>, &Session, &str) -> T,
        look: impl AsyncFn(&mut Jar, &Session, &str, Option<T>),
    ) {
        rounds(async |times| {
            let (who, mut jar) = (format!("ada{times}"), Jar::default());
            jar.login(&self.sessions, &who).await;
            jar.fill(&self.sessions, "tea").await;
            let session = jar.load(&self.sessions).await.unwrap();
            let done = polled(act(&self.sessions, &session, &who), times).await;
            let last = done.is_some();
            look(&mut jar, &session, &who, done).await;
            last
        })
        .await;
    }

    async fn alive(&self, who: &str) -> usize {
        let list = self.sessions.list(principal(who).subject()).await;
        list.unwrap().len()
    }
}

fn tea(who: &str) -> (Option<String>, Option<String>) {
    (Some(who.to_owned()), Some("tea".to_owned()))
}

#[tokio::test]
async fn a_dropped_login_leaves_one_session_and_the_cart() {
    let site = Site::start().await;
    let act = async |sessions: &Sessions<RedisStore>, session: &Session, who: &str| {
        sessions.login(session, principal(who)).await.unwrap();
    };
    site.at_every_point(act, async |jar, session, who, done| {
        assert_eq!(site.alive(who).await, 1, "{who}");
        assert_eq!(site.sessions.set_cookie(session).is_some(), done.is_some());
        // Whether or not it was done, who tries again is in, and has what they had.
        jar.login(&site.sessions, who).await;
        assert_eq!(jar.look(&site.sessions).await, tea(who));
    })
    .await;
}

#[tokio::test]
async fn a_visitor_whose_login_was_dropped_finds_the_cart_at_the_next() {
    let site = Site::start().await;
    rounds(async |times| {
        let (who, mut jar) = (format!("eve{times}"), Jar::default());
        jar.fill(&site.sessions, "tea").await;
        let session = jar.load(&site.sessions).await.unwrap();
        let done = polled(site.sessions.login(&session, principal(&who)), times).await;
        let begun = site.alive(&who).await;
        assert!(begun <= 1 && (done.is_none() || begun == 1), "{who}: {begun}");
        jar.login(&site.sessions, &who).await;
        assert_eq!(jar.look(&site.sessions).await, tea(&who));
        done.is_some()
    })
    .await;
}

#[tokio::test]
async fn a_dropped_renewal_leaves_the_old_cookie_good() {
    let site = Site::start().await;
    let act = async |sessions: &Sessions<RedisStore>, session: &Session, _: &str| {
        sessions.renew(session).await.unwrap();
    };
    site.at_every_point(act, async |jar, _, who, _| {
        assert_eq!(jar.look(&site.sessions).await, tea(who));
        assert_eq!(site.alive(who).await, 1, "{who}");
    })
    .await;
}

#[tokio::test]
async fn a_dropped_logout_is_done_or_can_be_repeated_and_is_final_then() {
    let site = Site::start().await;
    let act = async |sessions: &Sessions<RedisStore>, session: &Session, _: &str| {
        sessions.logout(session).await.unwrap();
    };
    site.at_every_point(act, async |jar, session, who, done| {
        let other = jar.load(&site.sessions).await.unwrap();
        assert!(done.is_none() || other.principal().is_none(), "{who}");
        site.sessions.logout(session).await.unwrap();
        assert_eq!(site.alive(who).await, 0, "{who}");
        if other.principal().is_some() {
            other.insert("cart", "coffee").unwrap();
            let refused = site.sessions.save(&other).await.unwrap_err();
            assert_eq!(refused.kind(), SessionRefusedKind::Ended, "nothing comes back");
        }
        assert_eq!(jar.look(&site.sessions).await, (None, None));
    })
    .await;
}

#[tokio::test]
async fn dropped_ends_of_all_end_none_of_somebody_elses_and_can_be_repeated() {
    let site = Site::start().await;
    let mut bob = Jar::default();
    bob.login(&site.sessions, "bob").await;
    let act = async |sessions: &Sessions<RedisStore>, _: &Session, who: &str| {
        let mut second = Jar::default();
        second.login(sessions, who).await;
        sessions.end_all(principal(who).subject()).await.unwrap()
    };
    site.at_every_point(act, async |jar, _, who, done| {
        assert!(site.alive(who).await <= 2 && done.is_none_or(|ended| ended == 2));
        site.sessions.end_all(principal(who).subject()).await.unwrap();
        assert_eq!(site.alive(who).await, 0, "{who}");
        assert_eq!(jar.look(&site.sessions).await, (None, None));
    })
    .await;
    assert_eq!(bob.look(&site.sessions).await.0.as_deref(), Some("bob"));
}

#[tokio::test]
async fn a_dropped_save_is_made_whole_or_not_at_all_and_can_be_repeated() {
    let site = Site::start().await;
    let act = async |sessions: &Sessions<RedisStore>, session: &Session, _: &str| {
        session.insert("cart", "coffee").unwrap();
        session.insert("cups", "two").unwrap();
        sessions.save(session).await.unwrap();
    };
    site.at_every_point(act, async |jar, session, who, done| {
        let seen = jar.load(&site.sessions).await.unwrap();
        let (cart, cups) = (
            seen.get::<String>("cart").unwrap(),
            seen.get::<String>("cups").unwrap(),
        );
        let whole = (cart.as_deref(), cups.as_deref());
        assert!(
            [(Some("tea"), None), (Some("coffee"), Some("two"))].contains(&whole),
            "{whole:?}"
        );
        assert!(done.is_none() || cups.is_some());
        site.sessions.save(session).await.unwrap();
        assert_eq!(jar.look(&site.sessions).await.0.as_deref(), Some(who));
    })
    .await;
}

#[tokio::test]
async fn a_dropped_modification_is_made_once_or_not_at_all() {
    let site = Site::start().await;
    let act = async |sessions: &Sessions<RedisStore>, session: &Session, _: &str| {
        let add = |items: &mut u32| *items = items.saturating_add(1);
        sessions.modify(session, "items", add).await.unwrap();
    };
    site.at_every_point(act, async |jar, _, _, done| {
        let seen = jar.load(&site.sessions).await.unwrap();
        let items = seen.get::<u32>("items").unwrap();
        assert!(items.is_none_or(|items| items == 1), "{items:?}");
        assert!(done.is_none() || items.is_some());
    })
    .await;
}

#[tokio::test]
async fn what_a_dropped_first_visit_leaves_behind_runs_out_by_itself() {
    let site = Site::start().await;
    rounds(async |times| {
        let visitor = Jar::default().load(&site.sessions).await.unwrap();
        visitor.insert("cart", "tea").unwrap();
        let done = polled(site.sessions.save(&visitor), times).await;
        assert_eq!(site.sessions.set_cookie(&visitor).is_some(), done.is_some());
        let keys = site.server.command(&["KEYS", "*:sess:*"]);
        for key in keys.lines() {
            let left: i64 = site.server.command(&["PTTL", key]).parse().unwrap();
            assert!(left > 0, "{key} stays");
        }
        done.is_some()
    })
    .await;
}

#[tokio::test]
async fn a_dropped_claim_is_never_granted_twice() {
    let server = RedisServer::start();
    let store = RedisStore::new(standalone(&server.url()));
    rounds(async |times| {
        let value = Token::generate().unwrap().hash(Purpose::new("test"));
        let first = polled(store.claim(value, Duration::from_secs(60)), times).await;
        let second = store.claim(value, Duration::from_secs(60)).await.unwrap();
        let first = first.map(Result::unwrap);
        assert!(!(first == Some(true) && second), "granted twice");
        assert!(!store.claim(value, Duration::from_secs(60)).await.unwrap());
        first == Some(true)
    })
    .await;
}
