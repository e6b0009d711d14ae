//! The routes, and the layers before them in the recommended order.
use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use palisade::auth::BearerLayer;
use palisade::core::{ClientAddrCheck, ConfigError, GuardLayer, Head, TrustedProxies};
use palisade::ratelimit::{ByClient, ByPrincipal, KeyBy, KeyHasher, Keyed, RateLimitLayer};
use palisade::rbac::axum::Routes;
use palisade::rbac::{Authority, Inventory, Rule};
use palisade::session::{Csrf, CsrfLayer, SessionLayer};
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
    /// Who the shop is to browsers, and so which forms are its own.
    pub(crate) csrf: Csrf,
}

/// A router, and the list of its routes with the rule of each.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) router: Router,
    pub(crate) inventory: Inventory,
}

/// The shop with every layer.
pub(crate) fn protected(shop: Shop, stores: &Stores, settings: Settings) -> Result<App, ConfigError> {
    let requests = RateLimitLayer::new(stores.limit("requests", limits::REQUESTS)?, ByClient::new());
    let registrations = RateLimitLayer::new(stores.limit("register", limits::REGISTER)?, ByClient::new());
    let placements = RateLimitLayer::new(stores.limit("orders", limits::ORDERS)?, ByPrincipal::new());
    let calls = RateLimitLayer::new(stores.limit("api", limits::API)?, by_caller);
    let authority = &shop.authority;

    // Who asks for a page is known by the session. It leaves the principal in the request, for the rules of the routes. Where a
    // form comes from is asked whether or not somebody is signed in, or another site could sign them in as somebody else.
    let people = ServiceBuilder::new()
        .layer(SessionLayer::new(shop.sessions.clone()))
        .layer(CsrfLayer::new(settings.csrf.with_recorder(shop.recorder.clone())));
    let pages = pages::open(authority)
        .merge(pages::personal(authority))
        .merge(pages::registration(authority).layer(registrations.clone()))
        .merge(pages::placement(authority).layer(placements.clone()))
        .layer(people);
    // Cookies mean nothing to the API, and no browser adds a bearer token by itself: another site can send nothing in anybody's
    // name. The token tells who calls, and stands before the limit, which counts by principal. A bad one is refused, none is left
    // to the rules. Where tokens are given out, one that has expired is no hindrance.
    let bearer = BearerLayer::new(shop.tokens.access()).optional();
    let api = api::open(authority)
        .merge(api::personal(authority))
        .merge(api::registration(authority).layer(registrations))
        .merge(api::placement(authority).layer(placements))
        .layer(
            ServiceBuilder::new()
                .layer(bearer.with_recorder(shop.recorder.clone()))
                .layer(calls.clone()),
        )
        .merge(api::signing_in(authority).layer(calls));
    let clients = ClientAddrCheck::new(settings.proxies, peer).with_recorder(shop.recorder.clone());
    // From the outermost to the innermost: each stands before what it protects and behind what it needs.
    let layers = ServiceBuilder::new()
        .layer(GuardLayer::new(clients))
        .layer(DefaultBodyLimit::max(limits::BODY))
        .layer(requests);
    let (served, inventory) = routes(authority, pages, api)?;
    let router = finish(served.layer(layers), settings.https).with_state(shop);
    Ok(App { router, inventory })
}

/// The shop without any Palisade layer, and without what is for somebody in particular. A public route has no check.
pub(crate) fn bare(shop: Shop, settings: &Settings) -> Result<App, ConfigError> {
    let authority = &shop.authority;
    let api = api::open(authority).merge(api::registration(authority));
    let (served, inventory) = routes(authority, pages::open(authority), api)?;
    let served = served.layer(DefaultBodyLimit::max(limits::BODY));
    let router = finish(served, settings.https).with_state(shop);
    Ok(App { router, inventory })
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

/// All routes. None is added behind this, so none is without a rule; the shop does not start with one that is there twice or
/// has a rule that the policy does not know.
fn routes(
    authority: &Authority,
    pages: Routes<Shop>,
    api: Routes<Shop>,
) -> Result<(Router<Shop>, Inventory), ConfigError> {
    let (routes, inventory) = Routes::new(authority)
        .merge(pages)
        .merge(assets::routes(authority))
        .nest("/api/v1", api)
        .get("/.well-known/jwks.json", Rule::public(), api::published)
        .get("/health", Rule::public(), || async { "ok\n" })
        .into_router()?;
    let routes = routes
        .fallback(|| async { Problem::NOT_FOUND })
        .method_not_allowed_fallback(|| async { Problem::METHOD });
    Ok((routes, inventory))
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
