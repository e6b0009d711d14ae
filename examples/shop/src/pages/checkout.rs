//! `/checkout`: from the cart to orders, one for each maker.
use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Redirect;
use maud::{Markup, html};
use palisade::core::{Tenant, random_bytes};
use serde::Deserialize;

use super::layout::page;
use super::token::Token;
use super::viewer::SignedIn;
use crate::cart::Cart;
use crate::db::Product;
use crate::input::Form;
use crate::order::{Draft, Item, Items, OrderKey, Wish};
use crate::problem::{Problem, Refused};
use crate::shop::Shop;

/// What is in the cart, as the orders that it makes.
pub(super) async fn show(State(shop): State<Shop>, who: SignedIn) -> Result<Markup, Refused> {
    let cart = Cart::of(&who.session)?;
    let skus = cart.items().iter().map(|item| item.sku.clone()).collect();
    let offers = offers(&who, &cart, shop.db.products_of(skus).await?)?;
    let viewer = who.viewer();
    Ok(page(
        "Check out",
        &viewer,
        &html! {
            div.medium {
                h1 { "Check out" }
                @if offers.is_empty() {
                    p.lede { "There is nothing in your cart." }
                    p { a.button href="/" { "Look at the products" } }
                }
                @if offers.len() > 1 { p.lede { "Each maker sends what they make, so these are " (offers.len()) " orders." } }
                @for offer in &offers { (offer.section(&viewer.token)) }
            }
        },
    ))
}

/// What somebody was shown and agreed to.
#[derive(Debug, Deserialize)]
pub(super) struct Agreed {
    items: String,
    total: u32,
    key: String,
}

/// Orders what the form shows, at the total that it shows, once for each form that was made: a second click orders nothing.
pub(super) async fn submit(
    State(shop): State<Shop>,
    who: SignedIn,
    Form(agreed): Form<Agreed>,
) -> Result<Redirect, Refused> {
    let wish = Wish {
        items: read(&agreed.items)?,
        total: Some(agreed.total),
        key: OrderKey::parse(&agreed.key)?,
    };
    let order = shop.place(&who.principal, &wish).await?;
    let ordered = |cart: &mut Cart| order.lines.iter().for_each(|line| cart.remove(&line.sku));
    shop.sessions.modify(&who.session, Cart::NAME, ordered).await?;
    Ok(Redirect::to("/orders?placed"))
}

/// An order that somebody can place, and the key for it.
struct Offer {
    maker: String,
    items: Items,
    draft: Draft,
    key: String,
}

/// What a cart can be ordered as. An article that the catalogue no longer has is left out.
fn offers(who: &SignedIn, cart: &Cart, products: Vec<Product>) -> Result<Vec<Offer>, Refused> {
    let mut makers: BTreeMap<Tenant, Vec<Product>> = BTreeMap::new();
    for product in products {
        makers.entry(product.tenant.clone()).or_default().push(product);
    }
    let offer = |products: Vec<Product>| {
        let item = |product: &Product| {
            let found = cart.items().iter().find(|item| item.sku == product.sku);
            found.map(|item| Item {
                sku: item.sku.clone(),
                quantity: item.quantity,
            })
        };
        let items = Items::new(products.iter().filter_map(item).collect())?;
        Ok(Offer {
            maker: products
                .first()
                .map(|product| product.maker.clone())
                .unwrap_or_default(),
            draft: Draft::new(who.principal.subject().clone(), &items, &products)?,
            items,
            key: new_key()?,
        })
    };
    makers.into_values().map(offer).collect()
}

/// 128 random bits: nobody has used that key.
fn new_key() -> Result<String, Problem> {
    let bytes = random_bytes::<16>().map_err(|_| Problem::INTERNAL)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

impl Offer {
    fn section(&self, token: &Token) -> Markup {
        html! {
            section.section {
                h2 { "From " (self.maker) }
                ul.list {
                    @for line in &self.draft.lines {
                        li {
                            div.about { strong { (line.name) } p { (line.quantity) " × " (line.price) } }
                            @if let Some(cost) = line.price.checked_mul(line.quantity) { span.price { (cost) } }
                        }
                    }
                }
                form method="post" action="/checkout" {
                    (token)
                    input type="hidden" name="items" value=(written(&self.items));
                    input type="hidden" name="total" value=(self.draft.total.minor());
                    input type="hidden" name="key" value=(self.key);
                    p.total { "Total " strong { (self.draft.total) } }
                    button type="submit" { "Order from " (self.maker) }
                }
            }
        }
    }
}

/// Items in one field: `N-1001*2 N-1002*1`.
fn written(items: &Items) -> String {
    let parts: Vec<_> = items
        .iter()
        .map(|item| format!("{}*{}", item.sku, item.quantity))
        .collect();
    parts.join(" ")
}

fn read(text: &str) -> Result<Items, Problem> {
    let item = |part: &str| {
        let (sku, quantity) = part.rsplit_once('*').ok_or(Problem::FIELDS)?;
        Ok(Item {
            sku: sku.to_owned(),
            quantity: quantity.parse().map_err(|_| Problem::FIELDS)?,
        })
    };
    let items: Result<Vec<Item>, Problem> = text.split(' ').map(item).collect();
    Items::new(items?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(sku: &str, quantity: u32) -> Item {
        Item {
            sku: sku.to_owned(),
            quantity,
        }
    }

    #[test]
    fn what_is_written_into_a_form_is_read_back() {
        let items = Items::new(vec![item("N-1001", 2), item("N-1002", 99)]).unwrap();
        assert_eq!(written(&items), "N-1001*2 N-1002*99");
        assert_eq!(read(&written(&items)), Ok(items));
    }

    #[test]
    fn what_was_not_written_there_is_refused() {
        let cases = [
            ("", Problem::FIELDS),
            ("N-1001", Problem::FIELDS),
            ("N-1001*", Problem::FIELDS),
            ("N-1001*-1", Problem::FIELDS),
            ("N-1001*1  N-1002*1", Problem::FIELDS),
            ("N-1001*0", Problem::ITEMS),
            ("N-1001*100", Problem::ITEMS),
            ("N-1001*1 N-1001*1", Problem::ITEMS),
        ];
        for (text, problem) in cases {
            assert_eq!(read(text), Err(problem), "{text:?}");
        }
    }
}
