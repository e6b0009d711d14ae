//! The pages.
mod account;
mod art;
mod device;
mod error;
mod form;
mod layout;
mod login;
mod products;
mod register;
mod viewer;
mod when;

use axum::Router;
use axum::routing::{MethodRouter, get, post};

pub(crate) use self::error::error;
use crate::shop::Shop;

/// The pages that need no session.
pub(crate) fn open() -> Router<Shop> {
    Router::new()
        .route("/", get(products::list))
        .route("/products/{slug}", get(products::one))
}

/// The pages that need one. `limit` is put before registrations.
pub(crate) fn personal(limit: impl Fn(MethodRouter<Shop>) -> MethodRouter<Shop>) -> Router<Shop> {
    Router::new()
        .route(
            "/register",
            get(register::form).merge(limit(post(register::submit))),
        )
        .route("/login", get(login::form).post(login::submit))
        .route("/logout", post(account::logout))
        .route("/account", get(account::show))
        .route("/account/sessions/end", post(account::end))
        .route("/account/sessions/end-others", post(account::end_others))
}
