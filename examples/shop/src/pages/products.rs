//! `/` and `/products/{slug}`.
use axum::extract::State;
use maud::{Markup, PreEscaped, html};

use super::layout::page;
use super::viewer::{Standing, Viewer};
use super::{art, cart};
use crate::db::Product;
use crate::input::Slug;
use crate::problem::{Problem, Refused};
use crate::shop::Shop;

/// Every product.
pub(super) async fn list(State(shop): State<Shop>, viewer: Viewer) -> Result<Markup, Refused> {
    let products = shop.db.products().await?;
    Ok(page(
        "Products",
        &viewer,
        &html! {
            h1 { "Things that last" }
            p.lede { "Wood and brass from the north, clay from the south. Made in small numbers, mended for life." }
            ul.grid { @for product in &products { li { (card(product)) } } }
        },
    ))
}

fn card(product: &Product) -> Markup {
    html! {
        article.card {
            (PreEscaped(art::of(&product.slug)))
            div.text {
                h2 { a href={ "/products/" (product.slug) } { (product.name) } }
                p { span.maker { (product.maker) } span.price { (product.price) } }
            }
        }
    }
}

/// One product.
pub(super) async fn one(
    State(shop): State<Shop>,
    Slug(slug): Slug,
    viewer: Viewer,
) -> Result<Markup, Refused> {
    let product = shop.db.product(slug).await?.ok_or(Problem::NOT_FOUND)?;
    Ok(page(
        &product.name,
        &viewer,
        &html! {
            p.crumb { a href="/" { "All products" } }
            article.product {
                (PreEscaped(art::of(&product.slug)))
                div {
                    p.maker { (product.maker) }
                    h1 { (product.name) }
                    p.price { (product.price) }
                    @if viewer.standing != Standing::Anyone { (cart::add_form(&product.sku, &viewer.token)) }
                    // The shop's own migrations wrote it; nothing that anybody else wrote may ever stand here.
                    div.description { (PreEscaped(&product.html)) }
                    dl.facts { dt { "Article" } dd { (product.sku) } dt { "Made by" } dd { (product.maker) } }
                }
            }
        },
    ))
}
