//! `/merchant`: the orders of a tenant, and paying them back.
use axum::extract::{RawQuery, State};
use axum::response::Redirect;
use maud::{Markup, html};
use palisade::core::{Clock, SystemClock};
use serde::Deserialize;

use super::layout::page;
use super::orders::entry;
use super::token::Token;
use super::viewer::SignedIn;
use crate::access::ListOrders;
use crate::input::Form;
use crate::order::{Order, Status};
use crate::problem::Refused;
use crate::shop::Shop;

/// The latest orders to the tenant of whoever looks.
pub(super) async fn show(
    State(shop): State<Shop>,
    who: SignedIn,
    RawQuery(query): RawQuery,
) -> Result<Markup, Refused> {
    let orders = shop.orders(&who.principal, ListOrders).await?;
    let (viewer, now) = (who.viewer(), SystemClock::new().now());
    Ok(page(
        "Merchant",
        &viewer,
        &html! {
            div.medium {
                h1 { "Orders to your workshop" }
                @if query.as_deref() == Some("refunded") {
                    div.notice role="status" { p { "The order is paid back." } }
                }
                @if orders.is_empty() { p.lede { "Nobody has ordered anything yet." } }
                @else { ul.list { @for order in &orders { li { (entry(order, now)) (refund_of(order, &viewer.token)) } } } }
            }
        },
    ))
}

/// The order to pay back.
#[derive(Debug, Deserialize)]
pub(super) struct Chosen {
    order: String,
}

/// Pays an order back. Whoever has not given their password for a while is sent to do that first, by the rule of the route.
pub(super) async fn refund(
    State(shop): State<Shop>,
    who: SignedIn,
    Form(chosen): Form<Chosen>,
) -> Result<Redirect, Refused> {
    let _refunded = shop.refund(&who.principal, chosen.order).await?;
    Ok(Redirect::to("/merchant?refunded"))
}

fn refund_of(order: &Order, token: &Token) -> Markup {
    html! {
        @if order.status == Status::Paid {
            form method="post" action="/merchant/refund" {
                (token)
                input type="hidden" name="order" value=(order.id);
                button.quiet.small type="submit" aria-label={ "Pay back the order of " (order.total) } { "Pay back" }
            }
        }
    }
}
