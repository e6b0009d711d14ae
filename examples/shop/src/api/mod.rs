//! The JSON API, under `/api/v1`. Paths are relative to the prefix.
mod accounts;
mod products;
mod users;

use palisade::rbac::axum::Routes;
use palisade::rbac::{Authority, Rule};

use crate::access::ListUsers;
use crate::shop::Shop;

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

/// The calls of somebody.
pub(crate) fn personal(authority: &Authority) -> Routes<Shop> {
    Routes::new(authority).get("/admin/users", Rule::action(ListUsers), users::list)
}
