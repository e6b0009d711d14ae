//! The commands that a request with a session costs, as the server counts them: ours beside tower-sessions and its store.
use std::convert::Infallible;
use std::future::{Future, ready};
use std::pin::Pin;
use std::time::Duration;

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderValue, Request, Response};
use palisade_core::{Principal, PrincipalKind, Subject};
use palisade_redis::Redis;
use palisade_session::{CookiePolicy, Lifetimes, RedisStore, Session, SessionLayer, Sessions};
use palisade_testkit::RedisServer;
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_sessions_014::{Session as PeerSession, SessionManagerLayer};
use tower_sessions_redis_store::RedisStore as PeerStore;
use tower_sessions_redis_store::fred::prelude::{ClientLike, Config, Pool};

use crate::requests::{Body, answer, request};
use crate::{Bar, Row};

/// So many that what each process asks once a second, which generations were revoked, does not show in tenths.
const REQUESTS: u64 = 1_000;

/// What is counted is commands, not time.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the request does, and the most commands that are good enough.
const ACTS: [(Act, &str, f64); 3] = [
    (Act::Read, "a request that reads", 1.0),
    (Act::Write, "a request that writes", 2.0),
    (Act::Login, "a request that signs a visitor in", 3.0),
];

#[derive(Clone, Copy)]
enum Act {
    Read,
    Write,
    Login,
}

type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

pub(super) fn rows() -> Vec<Row> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    ACTS.map(|act| runtime.block_on(row(act))).into()
}

async fn row((act, named, bar): (Act, &str, f64)) -> Row {
    let (ours, peer) = (ours(act).await, peer(act).await);
    Row {
        what: format!("redis sessions, {named}: commands, tower-sessions beside it"),
        ours,
        peer,
        floor: None,
        ratio: ours / peer,
        bar: Some(Bar::Most(bar)),
        unit: "",
        allocations: None,
    }
}

async fn ours(act: Act) -> f64 {
    let server = RedisServer::start();
    let redis = Redis::standalone(&server.url()).unwrap();
    let store = RedisStore::new(redis.with_deadline(PATIENCE).unwrap());
    let sessions = Sessions::new(store, CookiePolicy::default(), Lifetimes::account());
    let layer = SessionLayer::new(sessions.clone());
    let page = layer.layer(service_fn(move |request: Request<Body>| -> Answer {
        let session = request.extensions().get::<Session>().unwrap().clone();
        let is_new = session.reference().is_none();
        let visits: u64 = session.get("visits").unwrap().unwrap_or_default();
        match act {
            Act::Read if !is_new => {}
            Act::Login if !is_new => {
                let sessions = sessions.clone();
                return Box::pin(async move {
                    let somebody = Subject::new(session.reference().unwrap().to_string()).unwrap();
                    let principal = Principal::new(somebody, PrincipalKind::Customer);
                    sessions.login(&session, principal).await.unwrap();
                    Ok(answer())
                });
            }
            Act::Read | Act::Write | Act::Login => session.insert("visits", &(visits + 1)).unwrap(),
        }
        Box::pin(ready(Ok(answer())))
    }));
    commands(&server, act, page).await
}

async fn peer(act: Act) -> f64 {
    let server = RedisServer::start();
    let config = Config::from_url(&server.url()).unwrap();
    let pool = Pool::new(config, None, None, None, 1).unwrap();
    let _running = pool.connect();
    pool.wait_for_connect().await.unwrap();
    let layer = SessionManagerLayer::new(PeerStore::new(pool));
    let page = layer.layer(service_fn(move |request: Request<Body>| async move {
        let session = request.extensions().get::<PeerSession>().unwrap().clone();
        let visits: Option<u64> = session.get("visits").await.unwrap();
        match (act, visits) {
            (Act::Read, Some(_)) => {}
            // As axum-login does it.
            (Act::Login, Some(_)) => {
                session.cycle_id().await.unwrap();
                session.insert("user", "42").await.unwrap();
            }
            (_, visits) => session
                .insert("visits", visits.unwrap_or_default() + 1)
                .await
                .unwrap(),
        }
        Ok::<_, Infallible>(answer())
    }));
    commands(&server, act, page).await
}

/// Commands a request, after the first visit that begins the session; each login is somebody else's.
async fn commands<S>(server: &RedisServer, act: Act, page: S) -> f64
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone,
{
    let visit = async |cookie: Option<&HeaderValue>| {
        let mut request = request();
        if let Some(cookie) = cookie {
            request.headers_mut().insert(COOKIE, cookie.clone());
        }
        let response = page.clone().oneshot(request).await.unwrap();
        let set = response.headers().get(SET_COOKIE)?.to_str().unwrap().to_owned();
        Some(HeaderValue::from_str(set.split(';').next().unwrap()).unwrap())
    };
    let visitors = if matches!(act, Act::Login) {
        REQUESTS + 1
    } else {
        1
    };
    let mut cookies = Vec::new();
    for _ in 0..visitors {
        cookies.push(visit(None).await.unwrap());
    }
    // The first of each kind makes the server know the scripts.
    drop(visit(cookies.last()).await);
    server.expect_ok(&["CONFIG", "RESETSTAT"]);
    for number in 0..REQUESTS {
        drop(visit(cookies.get((number % visitors) as usize)).await);
    }
    (sent(server) * 10.0 / REQUESTS as f64).round() / 10.0
}

/// The commands that came over the wire: scripts where there are any, and none of what they call; everything where not.
fn sent(server: &RedisServer) -> f64 {
    let scripts = server.calls("evalsha") + server.calls("eval");
    let plain = ["get", "set", "del", "exists", "expire"].map(|command| server.calls(command));
    let sent = if scripts > 0 {
        scripts
    } else {
        plain.into_iter().sum()
    };
    sent as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The counts are those of the server, so the bars hold on any machine or on none.
    #[test]
    fn requests_with_a_session_cost_no_more_commands_than_they_may() {
        for row in rows() {
            assert_eq!(row.holds(), Some(true), "{row:?}");
        }
    }
}
