//! The JSON API, under `/api/v1`. Paths are relative to the prefix.
mod accounts;
mod auth;
mod keys;
mod me;
mod orders;
mod products;
mod users;

use palisade::rbac::axum::Routes;
use palisade::rbac::{Authority, Rule};

use crate::access::{ListUsers, PlaceOrder, ReadOrder, RefundOrder, RevokeUser};
use crate::shop::Shop;

pub(crate) use keys::published;
pub(crate) use products::is_search;

/// The calls that everybody may make.
pub(crate) fn open(authority: &Authority) -> Routes<Shop> {
    Routes::new(authority)
        .get("/products", Rule::public(), products::list)
        .get("/products/{slug}", Rule::public(), products::one)
}

/// The call that makes an account.
pub(crate) fn registration(authority: &Authority) -> Routes<Shop> {
    Routes::new(authority).post("/accounts", Rule::public(), accounts::create)
}

/// The call that places an order.
pub(crate) fn placement(authority: &Authority) -> Routes<Shop> {
    Routes::new(authority).post("/orders", Rule::action(PlaceOrder), orders::place)
}

/// The calls that take no access token but give one.
pub(crate) fn signing_in(authority: &Authority) -> Routes<Shop> {
    Routes::new(authority)
        .post("/auth/login", Rule::public(), auth::login)
        .post("/auth/refresh", Rule::public(), auth::refresh)
}

/// The calls of somebody. An order is hidden from who may see none at all as it is from who may not see this one: whoever asks
/// for one that is not theirs learns nothing, whatever they are.
pub(crate) fn personal(authority: &Authority) -> Routes<Shop> {
    Routes::new(authority)
        .post("/auth/logout", Rule::signed_in(), auth::logout)
        .post("/auth/logout-all", Rule::signed_in(), auth::logout_all)
        .get("/me", Rule::signed_in(), me::show)
        .get("/me/sessions", Rule::signed_in(), me::sessions)
        .delete("/me/sessions/{id}", Rule::signed_in(), me::end)
        .get("/admin/users", Rule::action(ListUsers), users::list)
        .post(
            "/admin/users/{id}/revoke",
            Rule::action(RevokeUser),
            users::revoke,
        )
        .get("/orders/{id}", Rule::action(ReadOrder).hidden(), orders::one)
        .post(
            "/orders/{id}/refund",
            Rule::action(RefundOrder).hidden(),
            orders::refund,
        )
}
