//! A flood of requests without a cookie. It is a program of its own, so that nothing else moves its memory.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response};
use palisade_session::{CookiePolicy, Lifetimes, MemoryStore, Session, SessionLayer, Sessions};
use tower::{Layer, Service, ServiceExt, service_fn};

const REQUESTS: u32 = 1_000_000;

/// What the memory of this process may grow by, in KiB: its allocator takes memory in larger steps than it needs.
const SLACK: u64 = 4 * 1024;

/// Resident memory in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// What a page does with a visitor's session: it looks, takes back what it did, and stores nothing.
async fn page(request: Request<()>) -> Result<Response<Bytes>, Infallible> {
    let session = request.extensions().get::<Session>().unwrap();
    assert!(session.principal().is_none() && session.get::<u32>("cart").unwrap().is_none());
    session.insert("cart", &1).unwrap();
    session.remove("cart");
    Ok(Response::new(Bytes::new()))
}

#[tokio::test]
async fn a_million_requests_without_a_cookie_cost_no_memory() {
    let store = MemoryStore::new();
    let sessions = Sessions::new(store.clone(), CookiePolicy::default(), Lifetimes::customer());
    let mut site = SessionLayer::new(sessions).layer(service_fn(page));
    let mut before = 0;
    for request in 0..REQUESTS {
        let response = site.ready().await.unwrap().call(Request::new(())).await.unwrap();
        assert!(response.headers().is_empty());
        // The first ones fill what is only made once.
        if request == REQUESTS / 100 {
            before = resident();
        }
    }
    assert!(store.is_empty());
    let grown = resident().saturating_sub(before);
    assert!(grown <= SLACK, "{grown} KiB");
}
