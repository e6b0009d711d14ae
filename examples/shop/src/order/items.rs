//! What a client asks for.
use std::collections::BTreeSet;

use serde::Deserialize;

use super::{Line, Order};
use crate::limits;
use crate::problem::Problem;

/// An article and how many pieces of it: all that a client says about an order. Prices are the shop's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Item {
    pub(crate) sku: String,
    pub(crate) quantity: u32,
}

/// The items of an order, bounded: 1 to [`limits::ORDER_ITEMS`] different articles, 1 to [`limits::ORDER_QUANTITY`] of each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Items(pub(super) Vec<Item>);

impl Items {
    /// Takes items, in the order of their articles: two lists that differ in nothing else are one.
    pub(crate) fn new(mut items: Vec<Item>) -> Result<Self, Problem> {
        items.sort();
        let articles: BTreeSet<_> = items.iter().map(|item| item.sku.as_str()).collect();
        let many = (1..=limits::ORDER_ITEMS).contains(&items.len()) && articles.len() == items.len();
        let few = |item: &Item| (1..=limits::ORDER_QUANTITY).contains(&item.quantity);
        if many && items.iter().all(few) && articles.iter().all(|sku| sku.len() <= limits::SKU) {
            Ok(Self(items))
        } else {
            Err(Problem::ITEMS)
        }
    }

    /// The items, by their articles.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Item> {
        self.0.iter()
    }

    /// The article numbers.
    pub(crate) fn skus(&self) -> Vec<String> {
        self.0.iter().map(|item| item.sku.clone()).collect()
    }

    /// Whether an order is for these.
    pub(crate) fn are_of(&self, order: &Order) -> bool {
        let mut ordered: Vec<_> = order.lines.iter().map(Line::item).collect();
        ordered.sort();
        ordered == self.0
    }
}
