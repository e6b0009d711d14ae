//! An order before it is one.
use palisade::core::{Subject, Tenant};
use palisade::rbac::Resource;

use super::{Item, Items, Line};
use crate::db::Product;
use crate::money::Money;
use crate::problem::Problem;

/// An order that is not placed yet, with the prices of the catalogue.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) customer: Subject,
    pub(crate) tenant: Tenant,
    pub(crate) total: Money,
    pub(crate) lines: Vec<Line>,
}

impl Draft {
    /// What these items are and cost. All are articles of one maker: an order belongs to one tenant, who sees it, sends it and
    /// pays it back, and who must not learn what else somebody buys elsewhere.
    pub(crate) fn new(customer: Subject, items: &Items, products: &[Product]) -> Result<Self, Problem> {
        let (first, currency) = match products {
            [first, ..] => (first, first.price.currency()),
            [] => return Err(Problem::SKU),
        };
        let line = |item: &Item| line(item, products);
        let lines = items.0.iter().map(line).collect::<Result<Vec<_>, _>>()?;
        let together =
            |product: &Product| product.tenant == first.tenant && product.price.currency() == currency;
        if !products.iter().all(together) {
            return Err(Problem::MAKERS);
        }
        Ok(Self {
            customer,
            tenant: first.tenant.clone(),
            total: total(&lines, currency).ok_or(Problem::TOTAL)?,
            lines,
        })
    }
}

impl Resource for Draft {
    const KIND: &'static str = "draft";

    fn tenant(&self) -> Option<&Tenant> {
        Some(&self.tenant)
    }

    fn owner(&self) -> Option<&Subject> {
        Some(&self.customer)
    }
}

fn line(item: &Item, products: &[Product]) -> Result<Line, Problem> {
    let product = products.iter().find(|product| product.sku == item.sku);
    let product = product.ok_or(Problem::SKU)?;
    Ok(Line {
        sku: product.sku.clone(),
        name: product.name.clone(),
        price: product.price.clone(),
        quantity: item.quantity,
    })
}

/// The sum, or nothing where it is more than an amount can be.
fn total(lines: &[Line], currency: &str) -> Option<Money> {
    let cost = |line: &Line| line.price.checked_mul(line.quantity);
    let nothing = Money::new(0, currency);
    lines
        .iter()
        .try_fold(nothing, |sum, line| sum.checked_add(&cost(line)?))
}
