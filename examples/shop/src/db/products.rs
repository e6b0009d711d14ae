//! The catalogue.
use palisade::core::Tenant;
use rusqlite::{OptionalExtension, Row};

use super::accounts::tenant_of;
use super::{Db, DbError};
use crate::money::Money;

/// Something the shop sells.
#[derive(Clone, Debug)]
pub(crate) struct Product {
    /// Its name in addresses.
    pub(crate) slug: String,
    /// Its article number.
    pub(crate) sku: String,
    /// Its name.
    pub(crate) name: String,
    /// What one piece costs.
    pub(crate) price: Money,
    /// Its description: HTML that the shop itself wrote.
    pub(crate) html: String,
    /// Whose it is.
    pub(crate) tenant: Tenant,
    /// What they are called.
    pub(crate) maker: String,
}

const SELECT: &str = "SELECT p.slug, p.sku, p.name, p.price, p.currency, p.html, p.tenant, t.name
    FROM products p JOIN tenants t ON t.slug = p.tenant";

impl Db {
    /// Every product, in the order they were added.
    pub(crate) async fn products(&self) -> Result<Vec<Product>, DbError> {
        self.call(|connection| {
            let mut select = connection.prepare_cached(&format!("{SELECT} ORDER BY p.id"))?;
            select.query_map((), product)?.collect()
        })
        .await
    }

    /// The product of that slug.
    pub(crate) async fn product(&self, slug: String) -> Result<Option<Product>, DbError> {
        self.call(move |connection| {
            let mut select = connection.prepare_cached(&format!("{SELECT} WHERE p.slug = ?1"))?;
            select.query_row([slug], product).optional()
        })
        .await
    }

    /// The products of these article numbers that there are, in the same order.
    pub(crate) async fn products_of(&self, skus: Vec<String>) -> Result<Vec<Product>, DbError> {
        self.call(move |connection| {
            let mut select = connection.prepare_cached(&format!("{SELECT} WHERE p.sku = ?1"))?;
            let found = skus.iter().map(|sku| select.query_row([sku], product).optional());
            found.filter_map(Result::transpose).collect()
        })
        .await
    }
}

fn product(row: &Row<'_>) -> rusqlite::Result<Product> {
    Ok(Product {
        slug: row.get(0)?,
        sku: row.get(1)?,
        name: row.get(2)?,
        price: Money::new(row.get(3)?, row.get::<_, String>(4)?),
        html: row.get(5)?,
        tenant: tenant_of(row.get(6)?)?,
        maker: row.get(7)?,
    })
}
