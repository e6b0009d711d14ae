//! `GET /api/v1/products` and `GET /api/v1/products/{slug}`.
use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::db;
use crate::input::Slug;
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

pub(super) async fn list(State(shop): State<Shop>) -> Result<Json<Products>, Refused> {
    let products = shop.db.products().await?.into_iter().map(Product::from).collect();
    Ok(Json(Products { products }))
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
