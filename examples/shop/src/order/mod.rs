//! Orders: what somebody buys from one maker.
mod draft;
mod items;
mod key;
mod place;

use palisade::core::{Subject, Tenant, Timestamp};
use palisade::rbac::Resource;

pub(crate) use self::draft::Draft;
pub(crate) use self::items::{Item, Items};
pub(crate) use self::key::OrderKey;
pub(crate) use self::place::Wish;
use crate::money::Money;

/// One line of an order: an article as it was when it was ordered.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) sku: String,
    pub(crate) name: String,
    /// What one piece costs.
    pub(crate) price: Money,
    pub(crate) quantity: u32,
}

impl Line {
    fn item(&self) -> Item {
        Item {
            sku: self.sku.clone(),
            quantity: self.quantity,
        }
    }
}

/// An order that was placed.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) tenant: Tenant,
    pub(crate) customer: Subject,
    pub(crate) total: Money,
    pub(crate) status: Status,
    pub(crate) placed: Timestamp,
    pub(crate) lines: Vec<Line>,
}

/// How far an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// It is placed, and not paid.
    Pending,
    /// It is paid.
    Paid,
    /// It was paid, and the money went back.
    Refunded,
}

impl Status {
    /// The name, in the database and in the API.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Paid => "paid",
            Self::Refunded => "refunded",
        }
    }
}

impl Resource for Order {
    const KIND: &'static str = "order";

    fn tenant(&self) -> Option<&Tenant> {
        Some(&self.tenant)
    }

    fn owner(&self) -> Option<&Subject> {
        Some(&self.customer)
    }
}

#[cfg(test)]
mod tests;
