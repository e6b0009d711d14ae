//! `/cart`. Nobody has to be signed in: the cart of a visitor goes along when they sign in.
use axum::extract::{RawQuery, State};
use axum::response::Redirect;
use maud::{Markup, html};
use serde::Deserialize;

use super::layout::page;
use super::token::Token;
use super::viewer::{Viewer, Visitor};
use crate::cart::{Cart, CartFull, is_quantity};
use crate::db::Product;
use crate::input::Form;
use crate::limits;
use crate::money::Money;
use crate::problem::{Problem, Refused};
use crate::shop::Shop;

/// What is in it, and what that costs today.
pub(super) async fn show(
    State(shop): State<Shop>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Result<Markup, Refused> {
    let cart = Cart::of(&visitor.session)?;
    let skus = cart.items().iter().map(|item| item.sku.clone()).collect();
    let products = match cart.items() {
        [] => Vec::new(),
        _ => shop.db.products_of(skus).await?,
    };
    let lines = lines(&cart, products);
    Ok(shown(&visitor.viewer(), &lines, notice(query.as_deref())))
}

/// An article, and how many pieces of it.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    sku: String,
    quantity: u32,
}

/// An article.
#[derive(Debug, Deserialize)]
pub(super) struct Chosen {
    sku: String,
}

/// Puts something in. The first thing is what a visitor's session begins with.
pub(super) async fn add(
    State(shop): State<Shop>,
    visitor: Visitor,
    Form(wanted): Form<Wanted>,
) -> Result<Redirect, Refused> {
    if !is_quantity(wanted.quantity) {
        return Err(Problem::FIELDS.into());
    }
    let known = shop.db.products_of(vec![wanted.sku]).await?;
    let Product { sku, .. } = known.first().ok_or(Problem::NOT_FOUND)?;
    let mut added = Ok(());
    let add = |cart: &mut Cart| added = cart.add(sku, wanted.quantity);
    shop.sessions.modify(&visitor.session, Cart::NAME, add).await?;
    Ok(Redirect::to(match added {
        Ok(()) => "/cart",
        Err(CartFull) => "/cart?full",
    }))
}

/// Changes how many pieces of something there are.
pub(super) async fn update(
    State(shop): State<Shop>,
    visitor: Visitor,
    Form(wanted): Form<Wanted>,
) -> Result<Redirect, Refused> {
    if !is_quantity(wanted.quantity) {
        return Err(Problem::FIELDS.into());
    }
    change(&shop, &visitor, |cart| cart.set(&wanted.sku, wanted.quantity)).await
}

/// Takes something out.
pub(super) async fn remove(
    State(shop): State<Shop>,
    visitor: Visitor,
    Form(chosen): Form<Chosen>,
) -> Result<Redirect, Refused> {
    change(&shop, &visitor, |cart| cart.remove(&chosen.sku)).await
}

/// Changes a cart that there is; for one that there is not, no session begins.
async fn change(shop: &Shop, visitor: &Visitor, change: impl FnMut(&mut Cart)) -> Result<Redirect, Refused> {
    if !Cart::of(&visitor.session)?.items().is_empty() {
        shop.sessions.modify(&visitor.session, Cart::NAME, change).await?;
    }
    Ok(Redirect::to("/cart"))
}

/// A line of the cart.
struct Line {
    product: Product,
    quantity: u32,
    /// What it costs; nothing where that is more than an amount can be.
    cost: Option<Money>,
}

/// The articles that the catalogue still has.
fn lines(cart: &Cart, products: Vec<Product>) -> Vec<Line> {
    let line = |product: Product| {
        let item = cart.items().iter().find(|item| item.sku == product.sku)?;
        Some(Line {
            cost: product.price.checked_mul(item.quantity),
            quantity: item.quantity,
            product,
        })
    };
    products.into_iter().filter_map(line).collect()
}

fn total(lines: &[Line]) -> Option<Money> {
    let mut costs = lines.iter().map(|line| line.cost.clone());
    let first = costs.next()??;
    costs.try_fold(first, |sum, cost| sum.checked_add(&cost?))
}

fn notice(query: Option<&str>) -> Option<String> {
    let (articles, pieces) = (limits::CART_ITEMS, limits::CART_QUANTITY);
    let full = || format!("A cart holds {articles} articles, and {pieces} pieces of each.");
    (query == Some("full")).then(full)
}

fn shown(viewer: &Viewer, lines: &[Line], notice: Option<String>) -> Markup {
    page(
        "Cart",
        viewer,
        &html! {
            div.medium {
                h1 { "Your cart" }
                @if let Some(notice) = notice { div.notice role="status" { p { (notice) } } }
                @if lines.is_empty() {
                    p.lede { "There is nothing in it yet." }
                    p { a.button href="/" { "Look at the products" } }
                } @else {
                    ul.list { @for line in lines { li { (entry(line, &viewer.token)) } } }
                    @if let Some(total) = total(lines) { p.total { "Total " strong id="total" { (total) } } }
                    p { a.button href="/checkout" { "Check out" } }
                }
            }
        },
    )
}

fn entry(line: &Line, token: &Token) -> Markup {
    let Product {
        slug,
        sku,
        name,
        price,
        maker,
        ..
    } = &line.product;
    html! {
        div.about {
            strong { a href={ "/products/" (slug) } { (name) } }
            p { (maker) " · " (price) " each" }
        }
        form method="post" action="/cart/update" {
            (token)
            input type="hidden" name="sku" value=(sku);
            (quantity(line.quantity, name))
            button.quiet.small type="submit" aria-label={ "Change the quantity of " (name) } { "Update" }
        }
        span.price { @if let Some(cost) = &line.cost { (cost) } }
        form method="post" action="/cart/remove" {
            (token)
            input type="hidden" name="sku" value=(sku);
            button.quiet.small type="submit" aria-label={ "Remove " (name) } { "Remove" }
        }
    }
}

/// The form that puts an article into the cart.
pub(super) fn add_form(sku: &str, token: &Token) -> Markup {
    html! {
        form.amount method="post" action="/cart/add" {
            (token)
            input type="hidden" name="sku" value=(sku);
            (quantity(1, "pieces"))
            button type="submit" { "Add to cart" }
        }
    }
}

fn quantity(value: u32, of: &str) -> Markup {
    html! {
        input type="number" name="quantity" value=(value) min="1" max=(limits::CART_QUANTITY) required
            aria-label={ "Quantity of " (of) };
    }
}
