//! The JSON API, under `/api/v1`.
mod accounts;
mod products;

use axum::Router;
use axum::routing::{MethodRouter, get, post};

use crate::shop::Shop;

pub(crate) use products::is_search;

/// The routes, relative to the prefix. `limit` is put before registrations.
pub(crate) fn routes(limit: impl Fn(MethodRouter<Shop>) -> MethodRouter<Shop>) -> Router<Shop> {
    Router::new()
        .route("/accounts", limit(post(accounts::create)))
        .route("/products", get(products::list))
        .route("/products/{slug}", get(products::one))
}
