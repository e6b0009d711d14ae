//! What an order is made of, and what it costs.
use palisade::core::{Subject, Tenant};

use super::{Draft, Item, Items};
use crate::db::Product;
use crate::limits;
use crate::money::Money;
use crate::problem::Problem;

fn item(sku: &str, quantity: u32) -> Item {
    Item {
        sku: sku.to_owned(),
        quantity,
    }
}

fn product(tenant: &str, sku: &str, price: u32, currency: &str) -> Product {
    Product {
        slug: sku.to_lowercase(),
        sku: sku.to_owned(),
        name: sku.to_lowercase(),
        price: Money::new(price, currency),
        html: String::new(),
        tenant: Tenant::new(tenant).unwrap(),
        maker: tenant.to_owned(),
    }
}

fn draft(items: Vec<Item>, products: &[Product]) -> Result<Draft, Problem> {
    Draft::new(
        Subject::new("ada").unwrap(),
        &Items::new(items).unwrap(),
        products,
    )
}

#[test]
fn items_are_bounded() {
    let many = |count: usize| {
        (0..count)
            .map(|at| item(&format!("S-{at}"), 1))
            .collect::<Vec<_>>()
    };
    let cases = [
        ("none", vec![], false),
        ("as many as allowed", many(limits::ORDER_ITEMS), true),
        ("too many", many(limits::ORDER_ITEMS + 1), false),
        ("no pieces", vec![item("A", 0)], false),
        (
            "as many pieces as allowed",
            vec![item("A", limits::ORDER_QUANTITY)],
            true,
        ),
        (
            "too many pieces",
            vec![item("A", limits::ORDER_QUANTITY + 1)],
            false,
        ),
        (
            "an article twice",
            vec![item("A", 1), item("B", 1), item("A", 2)],
            false,
        ),
        ("a long name", vec![item(&"A".repeat(limits::SKU + 1), 1)], false),
    ];
    for (name, items, fits) in cases {
        assert_eq!(Items::new(items).is_ok(), fits, "{name}");
    }
}

#[test]
fn the_total_is_the_sum_of_pieces_times_prices() {
    let products = [
        product("north", "A", 250, "EUR"),
        product("north", "B", 999, "EUR"),
    ];
    let draft = draft(vec![item("B", 2), item("A", 3)], &products).unwrap();
    assert_eq!(draft.total, Money::new(2_748, "EUR"));
    assert_eq!(draft.lines.len(), 2);
}

#[test]
fn a_total_that_no_amount_can_be_is_refused() {
    let most = u32::MAX / 2;
    let fits = [product("north", "A", most, "EUR")];
    assert!(draft(vec![item("A", 2)], &fits).is_ok());
    assert_eq!(draft(vec![item("A", 3)], &fits).unwrap_err(), Problem::TOTAL);
    let two = [
        product("north", "A", most, "EUR"),
        product("north", "B", most + 2, "EUR"),
    ];
    assert_eq!(
        draft(vec![item("A", 1), item("B", 1)], &two).unwrap_err(),
        Problem::TOTAL
    );
}

#[test]
fn an_order_is_of_one_maker_and_one_currency() {
    let items = || vec![item("A", 1), item("B", 1)];
    let north = product("north", "A", 1, "EUR");
    for other in [product("south", "B", 1, "EUR"), product("north", "B", 1, "USD")] {
        assert_eq!(
            draft(items(), &[north.clone(), other]).unwrap_err(),
            Problem::MAKERS
        );
    }
    assert_eq!(draft(items(), &[north]).unwrap_err(), Problem::SKU);
    assert_eq!(draft(items(), &[]).unwrap_err(), Problem::SKU);
}
