//! `GET /api/v1/products`, with `?q=` those that have a word in their name, and `GET /api/v1/products/{slug}`.
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::Uri;
use serde::{Deserialize, Serialize};

use crate::db;
use crate::input::Slug;
use crate::limits;
use crate::problem::{Problem, Refused};
use crate::shop::Shop;

#[derive(Serialize)]
pub(super) struct Products {
    products: Vec<Product>,
}

/// A product. The price is in minor units of its currency.
#[derive(Serialize)]
pub(super) struct Product {
    slug: String,
    sku: String,
    name: String,
    price: u32,
    currency: String,
    html: String,
}

/// What is looked for.
#[derive(Deserialize)]
pub(super) struct Search {
    #[serde(default)]
    q: String,
}

/// Whether a request for the list is a search.
pub(crate) fn is_search(uri: &Uri) -> bool {
    uri.path().ends_with("/products") && uri.query().is_some()
}

pub(super) async fn list(
    State(shop): State<Shop>,
    search: Result<Query<Search>, QueryRejection>,
) -> Result<Json<Products>, Refused> {
    let Query(Search { q }) = search.map_err(|_| Problem::FIELDS)?;
    if q.len() > limits::SEARCH {
        return Err(Problem::FIELDS.into());
    }
    let (word, all) = (q.to_lowercase(), shop.db.products().await?);
    let found = all
        .into_iter()
        .filter(|product| product.name.to_lowercase().contains(&word));
    Ok(Json(Products {
        products: found.map(Product::from).collect(),
    }))
}

pub(super) async fn one(State(shop): State<Shop>, Slug(slug): Slug) -> Result<Json<Product>, Refused> {
    let product = shop.db.product(slug).await?.ok_or(Problem::NOT_FOUND)?;
    Ok(Json(product.into()))
}

impl From<db::Product> for Product {
    fn from(product: db::Product) -> Self {
        Self {
            slug: product.slug,
            sku: product.sku,
            name: product.name,
            price: product.price.minor(),
            currency: product.price.currency().to_owned(),
            html: product.html,
        }
    }
}
