//! `/orders`: what somebody has ordered.
use axum::extract::{RawQuery, State};
use maud::{Markup, html};
use palisade::core::{Clock, SystemClock, Timestamp};

use super::layout::page;
use super::viewer::SignedIn;
use super::when;
use crate::access::ReadOrder;
use crate::order::{Order, Status};
use crate::problem::Refused;
use crate::shop::Shop;

/// The latest orders of whoever looks.
pub(super) async fn show(
    State(shop): State<Shop>,
    who: SignedIn,
    RawQuery(query): RawQuery,
) -> Result<Markup, Refused> {
    let orders = shop.orders(&who.principal, ReadOrder).await?;
    let now = SystemClock::new().now();
    Ok(page(
        "Orders",
        &who.viewer(),
        &html! {
            div.medium {
                h1 { "Your orders" }
                @if query.as_deref() == Some("placed") {
                    div.notice role="status" { p { "Thank you. Your order is placed; the maker sends it when it is paid." } }
                }
                @if orders.is_empty() { p.lede { "You have not ordered anything yet." } }
                @else { ul.list { @for order in &orders { li { (entry(order, now)) } } } }
            }
        },
    ))
}

/// An order in a list: what, when and how far.
pub(super) fn entry(order: &Order, now: Timestamp) -> Markup {
    html! {
        div.about {
            strong { (order.total) }
            span.badge { (status(order.status)) }
            p { @for line in &order.lines { (line.quantity) " × " (line.name) br; } }
            p { "Ordered " (when::ago(now.since(order.placed))) " from " (order.tenant.as_str()) " · " code { (order.id) } }
        }
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Pending => "To be paid",
        Status::Paid => "Paid",
        Status::Refunded => "Paid back",
    }
}
