//! `POST /api/v1/orders`, `GET /api/v1/orders/{id}` and `POST /api/v1/orders/{id}/refund`.
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::access::ReadOrder;
use crate::input::{Caller, Json, Slug};
use crate::order::{self, Item, Items, OrderKey, Status, Wish};
use crate::problem::Refused;
use crate::shop::Shop;

/// What somebody orders.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    items: Vec<Item>,
}

/// What an order comes to, in minor units of its currency, and how far it is.
#[derive(Serialize)]
pub(super) struct Summary {
    id: String,
    total: u32,
    currency: String,
    status: &'static str,
}

/// An order, with its lines.
#[derive(Serialize)]
pub(super) struct Order {
    #[serde(flatten)]
    summary: Summary,
    tenant: String,
    /// Seconds since the Unix epoch.
    placed_at: u64,
    items: Vec<Line>,
}

/// One line; the price is that of one piece.
#[derive(Serialize)]
struct Line {
    sku: String,
    name: String,
    price: u32,
    quantity: u32,
}

/// Places an order, once for each `Idempotency-Key` of the caller. The answer to a request that is sent again is the first one,
/// which said "pending".
pub(super) async fn place(
    State(shop): State<Shop>,
    Caller(customer): Caller,
    key: OrderKey,
    Json(wanted): Json<Wanted>,
) -> Result<(StatusCode, axum::Json<Summary>), Refused> {
    let wish = Wish {
        items: Items::new(wanted.items)?,
        total: None,
        key,
    };
    let order = shop.place(&customer, &wish).await?;
    Ok((
        StatusCode::CREATED,
        axum::Json(Summary::new(&order, Status::Pending)),
    ))
}

/// An order, to the customer who placed it and to the merchant of its tenant.
pub(super) async fn one(
    State(shop): State<Shop>,
    Caller(who): Caller,
    Slug(id): Slug,
) -> Result<axum::Json<Order>, Refused> {
    let order = shop.order(&who, ReadOrder, id).await?;
    Ok(axum::Json(Order::from(&*order)))
}

/// Pays an order back.
pub(super) async fn refund(
    State(shop): State<Shop>,
    Caller(merchant): Caller,
    Slug(id): Slug,
) -> Result<axum::Json<Summary>, Refused> {
    let order = shop.refund(&merchant, id).await?;
    Ok(axum::Json(Summary::new(&order, Status::Refunded)))
}

impl Summary {
    fn new(order: &order::Order, status: Status) -> Self {
        Self {
            id: order.id.clone(),
            total: order.total.minor(),
            currency: order.total.currency().to_owned(),
            status: status.as_str(),
        }
    }
}

impl From<&order::Order> for Order {
    fn from(order: &order::Order) -> Self {
        Self {
            summary: Summary::new(order, order.status),
            tenant: order.tenant.as_str().to_owned(),
            placed_at: order.placed.as_secs(),
            items: order.lines.iter().map(Line::from).collect(),
        }
    }
}

impl From<&order::Line> for Line {
    fn from(line: &order::Line) -> Self {
        Self {
            sku: line.sku.clone(),
            name: line.name.clone(),
            price: line.price.minor(),
            quantity: line.quantity,
        }
    }
}
