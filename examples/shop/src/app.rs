//! The routes, and the layers before them in the recommended order.
use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};
use palisade::core::{ClientAddrCheck, ConfigError, GuardLayer, Head, TrustedProxies};
use palisade::ratelimit::{ByClient, ByPrincipal, KeyBy, KeyHasher, Keyed, RateLimitLayer};
use palisade::session::SessionLayer;
use tower::ServiceBuilder;

use crate::headers::Https;
use crate::problem::Problem;
use crate::shop::Shop;
use crate::stores::Stores;
use crate::{api, assets, headers, host, limits, pages, present};

/// What the layers are made from, beside the shop.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) proxies: TrustedProxies,
    pub(crate) https: Https,
}

/// The shop with every layer.
pub(crate) fn protected(shop: Shop, stores: &Stores, settings: Settings) -> Result<Router, ConfigError> {
    let requests = RateLimitLayer::new(stores.limit("requests", limits::REQUESTS)?, ByClient::new());
    let registrations = RateLimitLayer::new(stores.limit("register", limits::REGISTER)?, ByClient::new());
    let api = RateLimitLayer::new(stores.limit("api", limits::API)?, by_caller);
    let limited = |route: MethodRouter<Shop>| route.layer(registrations.clone());

    let personal = SessionLayer::new(shop.sessions.clone());
    let pages = pages::open().merge(pages::personal(limited)).layer(personal);
    let clients = ClientAddrCheck::new(settings.proxies, peer).with_recorder(shop.recorder.clone());
    // From the outermost to the innermost: each stands before what it protects and behind what it needs.
    let layers = ServiceBuilder::new()
        .layer(GuardLayer::new(clients))
        .layer(DefaultBodyLimit::max(limits::BODY))
        .layer(requests);
    let routes = routes(pages, api::routes(limited).layer(api)).layer(layers);
    Ok(finish(routes, settings.https).with_state(shop))
}

/// The shop without any Palisade layer, and without the pages that need a session.
pub(crate) fn bare(shop: Shop, settings: &Settings) -> Router {
    let routes = routes(pages::open(), api::routes(|route| route)).layer(DefaultBodyLimit::max(limits::BODY));
    finish(routes, settings.https).with_state(shop)
}

/// A call of the API counts for whoever makes it: the principal, or the network where nobody is signed in. A search reads the
/// whole catalogue, and costs as much.
fn by_caller(head: &Head<'_>, keys: &KeyHasher) -> Keyed {
    match (ByPrincipal::new().key(head, keys), api::is_search(head.uri())) {
        (Keyed::Count(attempt), true) => Keyed::Count(attempt.with_cost(limits::SEARCH_COST)),
        (keyed, _) => keyed,
    }
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
