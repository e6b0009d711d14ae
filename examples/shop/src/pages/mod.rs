//! The pages.
mod account;
mod admin;
mod again;
mod art;
mod cart;
mod checkout;
mod error;
mod forgot;
mod form;
mod layout;
mod login;
mod merchant;
mod next;
mod orders;
mod password;
mod products;
mod register;
mod token;
mod viewer;
mod when;

use palisade::rbac::axum::Routes;
use palisade::rbac::{Authority, Rule};

pub(crate) use self::error::error;
pub(crate) use self::next::Next;
use crate::access::{ListOrders, ListUsers, PlaceOrder, ReadOrder, RefundOrder, RevokeUser};
use crate::shop::Shop;

/// The pages that need no session.
pub(crate) fn open(authority: &Authority) -> Routes<Shop> {
    Routes::new(authority)
        .get("/", Rule::public(), products::list)
        .get("/products/{slug}", Rule::public(), products::one)
}

/// The form that makes an account.
pub(crate) fn registration(authority: &Authority) -> Routes<Shop> {
    Routes::new(authority).post("/register", Rule::public(), register::submit)
}

/// The form that places an order.
pub(crate) fn placement(authority: &Authority) -> Routes<Shop> {
    Routes::new(authority).post("/checkout", Rule::action(PlaceOrder), checkout::submit)
}

/// The pages that need a session, be it an anonymous one.
pub(crate) fn personal(authority: &Authority) -> Routes<Shop> {
    Routes::new(authority)
        .get("/register", Rule::public(), register::form)
        .get("/cart", Rule::public(), cart::show)
        .post("/cart/add", Rule::public(), cart::add)
        .post("/cart/update", Rule::public(), cart::update)
        .post("/cart/remove", Rule::public(), cart::remove)
        .get("/login", Rule::public(), login::form)
        .post("/login", Rule::public(), login::submit)
        .get("/login/again", Rule::signed_in(), again::form)
        .post("/login/again", Rule::signed_in(), again::submit)
        .get("/forgot", Rule::public(), forgot::ask)
        .post("/forgot", Rule::public(), forgot::send)
        .get("/reset/{token}", Rule::public(), forgot::choose)
        .post("/reset", Rule::public(), forgot::submit)
        .post("/logout", Rule::signed_in(), account::logout)
        .get("/account", Rule::signed_in(), account::show)
        .get("/account/password", Rule::signed_in(), password::form)
        .post("/account/password", Rule::signed_in(), password::submit)
        .post("/account/sessions/end", Rule::signed_in(), account::end)
        .post(
            "/account/sessions/end-others",
            Rule::signed_in(),
            account::end_others,
        )
        .get("/checkout", Rule::action(PlaceOrder), checkout::show)
        .get(
            "/orders",
            Rule::action(PlaceOrder).and_action(ReadOrder),
            orders::show,
        )
        .get("/merchant", Rule::action(ListOrders), merchant::show)
        .post("/merchant/refund", Rule::action(RefundOrder), merchant::refund)
        .get("/admin", Rule::action(ListUsers), admin::show)
        .post("/admin/revoke", Rule::action(RevokeUser), admin::revoke)
}
