//! The cart: what somebody would like to buy, kept in their session.
use palisade::session::{Session, SessionRefused};
use serde::{Deserialize, Serialize};

use crate::limits;

/// What somebody would like to buy: [`limits::CART_ITEMS`] different articles at most, 1 to [`limits::CART_QUANTITY`] of each.
/// There are no prices in it; those are the shop's, and are looked up when they are shown and when it is ordered.
///
/// Change it by [`Sessions::modify`](palisade::session::Sessions::modify): of two requests at once none is lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Cart {
    items: Vec<CartItem>,
}

/// An article, by its number, and how many pieces of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CartItem {
    pub(crate) sku: String,
    pub(crate) quantity: u32,
}

/// The cart cannot take it: as much as it holds is in it, the rest is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CartFull;

impl Cart {
    /// What its value in a session is called.
    pub(crate) const NAME: &str = "cart";

    /// The cart of a session; an empty one where nothing was put into it.
    pub(crate) fn of(session: &Session) -> Result<Self, SessionRefused> {
        Ok(session.get(Self::NAME)?.unwrap_or_default())
    }

    /// The articles, in the order in which they came.
    pub(crate) fn items(&self) -> &[CartItem] {
        &self.items
    }

    /// The pieces of all articles together.
    pub(crate) fn pieces(&self) -> u32 {
        let quantities = self.items.iter().map(|item| item.quantity);
        quantities.fold(0, u32::saturating_add)
    }

    /// Adds pieces of an article to those that are there.
    pub(crate) fn add(&mut self, sku: &str, quantity: u32) -> Result<(), CartFull> {
        if let Some(item) = self.find(sku) {
            let sum = item.quantity.saturating_add(quantity);
            item.quantity = sum.min(limits::CART_QUANTITY);
            return if item.quantity == sum {
                Ok(())
            } else {
                Err(CartFull)
            };
        }
        if self.items.len() >= limits::CART_ITEMS || !is_quantity(quantity) {
            return Err(CartFull);
        }
        self.items.push(CartItem {
            sku: sku.to_owned(),
            quantity,
        });
        Ok(())
    }

    /// Sets the pieces of an article that is there.
    pub(crate) fn set(&mut self, sku: &str, quantity: u32) {
        if let Some(item) = self.find(sku).filter(|_| is_quantity(quantity)) {
            item.quantity = quantity;
        }
    }

    /// Takes an article out.
    pub(crate) fn remove(&mut self, sku: &str) {
        self.items.retain(|item| item.sku != sku);
    }

    fn find(&mut self, sku: &str) -> Option<&mut CartItem> {
        self.items.iter_mut().find(|item| item.sku == sku)
    }
}

/// Whether somebody may want so many pieces of one article.
pub(crate) fn is_quantity(quantity: u32) -> bool {
    (1..=limits::CART_QUANTITY).contains(&quantity)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantities(cart: &Cart) -> Vec<(&str, u32)> {
        cart.items()
            .iter()
            .map(|item| (item.sku.as_str(), item.quantity))
            .collect()
    }

    #[test]
    fn pieces_of_one_article_add_up_and_stay_bounded() {
        let mut cart = Cart::default();
        assert_eq!(cart.add("A", 2), Ok(()));
        assert_eq!(cart.add("B", 1), Ok(()));
        assert_eq!(cart.add("A", 3), Ok(()));
        assert_eq!(quantities(&cart), [("A", 5), ("B", 1)]);
        for more in [limits::CART_QUANTITY, u32::MAX] {
            assert_eq!(cart.add("A", more), Err(CartFull));
            assert_eq!(quantities(&cart), [("A", limits::CART_QUANTITY), ("B", 1)]);
        }
        for wrong in [0, limits::CART_QUANTITY + 1] {
            assert_eq!(cart.add("C", wrong), Err(CartFull));
            cart.set("B", wrong);
        }
        assert_eq!(cart.pieces(), limits::CART_QUANTITY + 1);
    }

    #[test]
    fn a_cart_holds_a_bounded_number_of_articles() {
        let mut cart = Cart::default();
        for article in 0..limits::CART_ITEMS {
            assert_eq!(cart.add(&format!("A-{article}"), 1), Ok(()));
        }
        assert_eq!(cart.add("one-more", 1), Err(CartFull));
        assert_eq!(cart.add("A-0", 1), Ok(()), "what is there may grow");
        cart.remove("A-1");
        assert_eq!(cart.add("one-more", 1), Ok(()));
        assert_eq!(cart.items().len(), limits::CART_ITEMS);
    }

    #[test]
    fn what_is_not_there_is_not_changed() {
        let mut cart = Cart::default();
        cart.set("A", 1);
        cart.remove("A");
        assert_eq!(cart, Cart::default());
    }
}
