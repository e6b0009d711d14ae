//! `GET /.well-known/jwks.json`.
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;

use crate::shop::Shop;

/// The public keys of the access tokens, for whoever verifies them. A key that is declared compromised must not outlive that by
/// more than five minutes in anybody's cache.
pub(crate) async fn published(State(shop): State<Shop>) -> impl IntoResponse {
    let fields = [
        (CONTENT_TYPE, "application/jwk-set+json"),
        (CACHE_CONTROL, "public, max-age=300"),
    ];
    (fields, shop.tokens.published())
}
