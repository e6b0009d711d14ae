//! A store on a server of its own, and a site over it.
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use palisade_core::{Clock, FakeClock, Principal, PrincipalKind, Subject};
use palisade_redis::Redis;
use palisade_session::{CookiePolicy, Lifetimes, RedisStore, Session, SessionRefused, Sessions};

/// Long enough for a machine that builds and tests at the same time.
const PATIENT: Duration = Duration::from_secs(5);

pub(crate) fn patient(redis: Redis) -> Redis {
    redis.with_deadline(PATIENT).unwrap()
}

pub(crate) fn standalone(url: &str) -> Redis {
    patient(Redis::standalone(url).unwrap())
}

/// An empty store: each has a prefix of its own.
pub(crate) fn fresh(redis: &Redis, clock: &FakeClock) -> RedisStore {
    static STORES: AtomicU32 = AtomicU32::new(0);
    let prefix = format!("t{}", STORES.fetch_add(1, Ordering::Relaxed));
    let clock = clock.clone();
    let redis = redis.clone().with_prefix(&prefix).unwrap();
    RedisStore::new(redis).with_time_ahead(move || clock.monotonic())
}

pub(crate) fn principal(subject: &str) -> Principal {
    Principal::new(Subject::new(subject).unwrap(), PrincipalKind::Customer)
}

pub(crate) fn sessions(redis: Redis) -> Sessions<RedisStore> {
    Sessions::new(
        RedisStore::new(redis),
        CookiePolicy::default(),
        Lifetimes::account(),
    )
}

/// One browser's cookie.
#[derive(Clone, Debug, Default)]
pub(crate) struct Jar(HeaderMap);

impl Jar {
    pub(crate) async fn load(&self, sessions: &Sessions<RedisStore>) -> Result<Session, SessionRefused> {
        sessions.load(&self.0).await
    }

    /// Takes what the response sets.
    pub(crate) fn take(&mut self, sessions: &Sessions<RedisStore>, session: &Session) {
        let mut response = HeaderMap::new();
        sessions.finish(session, &mut response);
        let Some(set) = response.get(SET_COOKIE) else {
            return;
        };
        let pair = set.to_str().unwrap().split(';').next().unwrap();
        self.0.insert(COOKIE, HeaderValue::from_str(pair).unwrap());
    }

    pub(crate) async fn login(&mut self, sessions: &Sessions<RedisStore>, subject: &str) {
        let session = self.load(sessions).await.unwrap();
        sessions.login(&session, principal(subject)).await.unwrap();
        self.take(sessions, &session);
    }

    pub(crate) async fn fill(&mut self, sessions: &Sessions<RedisStore>, cart: &str) {
        let session = self.load(sessions).await.unwrap();
        session.insert("cart", cart).unwrap();
        sessions.save(&session).await.unwrap();
        self.take(sessions, &session);
    }

    /// Who is logged in, and what is in the cart.
    pub(crate) async fn look(&self, sessions: &Sessions<RedisStore>) -> (Option<String>, Option<String>) {
        let session = self.load(sessions).await.unwrap();
        let subject = session
            .principal()
            .map(|principal| principal.subject().as_str().to_owned());
        (subject, session.get("cart").unwrap())
    }
}
