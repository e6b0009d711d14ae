//! The routes, and the layers before them in the recommended order.
use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use palisade::core::{ClientAddrCheck, ConfigError, GuardLayer, Head, TrustedProxies};
use palisade::ratelimit::{ByClient, RateLimitLayer, RateLimiter};
use palisade::session::SessionLayer;
use tower::ServiceBuilder;

use crate::headers::Https;
use crate::problem::Problem;
use crate::shop::Shop;
use crate::{api, assets, headers, host, limits, pages, present};

/// What the layers are made from, beside the shop.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) proxies: TrustedProxies,
    pub(crate) https: Https,
}

/// The shop with every layer.
pub(crate) fn protected(shop: Shop, settings: Settings) -> Result<Router, ConfigError> {
    let limit = |name, quota| {
        let limit = RateLimiter::new(name, quota)?.with_recorder(shop.recorder.clone());
        Ok::<_, ConfigError>(RateLimitLayer::new(limit, ByClient::new()))
    };
    let (requests, registrations) = (
        limit("requests", limits::REQUESTS)?,
        limit("register", limits::REGISTER)?,
    );
    let limited = |route: MethodRouter<Shop>| route.layer(registrations.clone());

    let personal = SessionLayer::new(shop.sessions.clone());
    let pages = pages::open().merge(pages::personal(limited)).layer(personal);
    // From the outermost to the innermost: each stands before what it protects and behind what it needs.
    let layers = ServiceBuilder::new()
        .layer(GuardLayer::new(ClientAddrCheck::new(settings.proxies, peer)))
        .layer(DefaultBodyLimit::max(limits::BODY))
        .layer(requests);
    let routes = routes(pages, api::routes(limited)).layer(layers);
    Ok(finish(routes, settings.https).with_state(shop))
}

/// The shop without any Palisade layer, and without the pages that need a session.
pub(crate) fn bare(shop: Shop, settings: &Settings) -> Router {
    let routes = routes(pages::open(), api::routes(|route| route)).layer(DefaultBodyLimit::max(limits::BODY));
    finish(routes, settings.https).with_state(shop)
}

/// The other end of the connection, as the server found it.
fn peer(head: &Head<'_>) -> Option<IpAddr> {
    head.extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(peer)| peer.ip())
}

fn routes(pages: Router<Shop>, api: Router<Shop>) -> Router<Shop> {
    Router::new()
        .merge(pages)
        .merge(assets::routes())
        .nest("/api/v1", api)
        .route("/health", get(|| async { "ok\n" }))
        .fallback(|| async { Problem::NOT_FOUND })
        .method_not_allowed_fallback(|| async { Problem::METHOD })
}

/// What the shop does with or without Palisade: an end for every request, an answer that suits who asked, and the fields.
fn finish(routes: Router<Shop>, https: Https) -> Router<Shop> {
    let layers = ServiceBuilder::new()
        .layer(middleware::map_response_with_state(https, headers::harden))
        .layer(middleware::from_fn(present::present))
        .layer(middleware::from_fn(in_time))
        .layer(middleware::from_fn(host::one));
    routes.layer(layers)
}

/// A body that comes a byte a minute ends here.
async fn in_time(request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(limits::REQUEST, next.run(request));
    answer
        .await
        .unwrap_or_else(|_| Problem::TIMED_OUT.into_response())
}
