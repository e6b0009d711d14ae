//! Many objects, and parts of one.
use std::collections::BTreeMap;

use palisade_core::{Principal, Subject};
use palisade_rbac::{Action, Allowed, Authority, Columns, Field, RefusedKind, Role};

use crate::shop::{
    Order, ReadOrder, ShipOrder, assignments, customer, order, plan, shop, staff, subject, tenant,
};

#[test]
fn a_list_is_filtered_by_one_look_at_the_rules() {
    let authority = shop();
    let orders: Vec<_> = ["north", "south", "east"]
        .into_iter()
        .flat_map(|of| ["ada", "bob"].map(|whose| order(of, whose)))
        .collect();
    let seen = |who: &Principal| -> Vec<(String, String)> {
        let kept = authority.filter(who, ReadOrder, &orders).unwrap();
        let name = |order: &Allowed<ReadOrder, &Order>| {
            (
                order.tenant.as_ref().unwrap().as_str().to_owned(),
                order.customer.as_str().to_owned(),
            )
        };
        kept.iter().map(name).collect()
    };
    let pair = |of: &str, whose: &str| (of.to_owned(), whose.to_owned());
    assert_eq!(
        seen(&customer("ada")),
        [pair("north", "ada"), pair("south", "ada"), pair("east", "ada")]
    );
    assert_eq!(seen(&staff("sam")), [pair("south", "ada"), pair("south", "bob")]);
    assert_eq!(seen(&staff("mel")).len(), 4);
    assert_eq!(seen(&staff("nobody")), []);
}

#[test]
fn a_list_with_holes_is_not_shown() {
    let authority = shop();
    let unknown = Order {
        paid: None,
        ..order("north", "ada")
    };
    let refused = authority
        .filter(&staff("mel"), ShipOrder, [order("north", "ada"), unknown])
        .unwrap_err();
    assert_eq!(refused.kind(), RefusedKind::Undecided);
}

#[test]
fn fields_are_shown_and_changed_by_permission() {
    let policy = plan()
        .add_field(Field::new("order", "total").read("order:read"))
        .add_field(Field::new("order", "note").read("order:read").write("order:edit"))
        .add_field(Field::new("order", "margin").read("order:edit"))
        .add_field(Field::new("order", "secret"))
        .build()
        .unwrap();
    let authority = Authority::assigned(policy, assignments()).unwrap();
    let record = || {
        BTreeMap::from([
            ("total", 7),
            ("note", 1),
            ("margin", 3),
            ("secret", 9),
            ("new column", 5),
        ])
    };
    let shown = |who: &Principal| -> Vec<&str> {
        let view = authority.view(who, &order("north", "ada")).unwrap();
        view.readable(record()).into_keys().collect()
    };
    assert_eq!(shown(&staff("mel")), ["margin", "note", "total"]);
    assert_eq!(shown(&customer("ada")), ["note", "total"]);
    assert_eq!(shown(&customer("bob")), [""; 0]);
    let patch = |who: &Principal, field| {
        let view = authority.view(who, &order("north", "ada")).unwrap();
        let change = serde_json::Map::from_iter([("note".to_owned(), 1.into()), (field, 2.into())]);
        view.patch(change)
            .map(|patch| patch.into_inner().len())
            .map_err(|no| no.kind())
    };
    assert_eq!(patch(&staff("mel"), "note".to_owned()), Ok(1));
    for field in ["total", "secret", "role", "__proto__", "Note"] {
        assert_eq!(
            patch(&staff("mel"), field.to_owned()),
            Err(RefusedKind::Forbidden),
            "{field}"
        );
    }
    assert_eq!(
        patch(&customer("ada"), "note".to_owned()),
        Err(RefusedKind::Forbidden)
    );
}

/// Orders of all tenants, owners and proposers that differ, in a table of SQLite and as they are.
fn database() -> (rusqlite::Connection, Vec<Order>) {
    let db = rusqlite::Connection::open_in_memory().unwrap();
    let table = "CREATE TABLE orders (id INTEGER PRIMARY KEY, tenant TEXT, customer TEXT, proposer TEXT)";
    db.execute(table, ()).unwrap();
    let mut orders = Vec::new();
    for of in [None, Some("north"), Some("south"), Some("east"), Some("o'west")] {
        for whose in ["ada", "bob"] {
            for proposer in [None, Some("mel"), Some("tess"), Some("zoe")] {
                let row = (i64::try_from(orders.len()).unwrap(), of, whose, proposer);
                let insert = "INSERT INTO orders (id, tenant, customer, proposer) VALUES (?, ?, ?, ?)";
                db.execute(insert, row).unwrap();
                orders.push(Order {
                    tenant: of.map(tenant),
                    proposer: proposer.map(subject),
                    ..order("x", whose)
                });
            }
        }
    }
    (db, orders)
}

fn people() -> Vec<Principal> {
    let tess: Subject = subject("tess");
    vec![
        customer("ada"),
        customer("bob").with_tenant(tenant("north")),
        staff("mel"),
        staff("mel").with_tenant(tenant("east")),
        staff("mel").acted_by(tess),
        staff("root"),
        staff("root").with_tenant(tenant("south")),
        staff("nobody"),
    ]
}

/// The condition in SQL, asked of SQLite, beside the decision about each row.
#[test]
fn a_query_returns_exactly_what_the_rules_allow() {
    let (db, orders) = database();
    let columns = Columns::new("tenant", "customer").with_proposer("proposer");
    let mut texts = std::collections::BTreeSet::new();
    let strict = plan().require_four_eyes("order:*").allow_impersonated("order:*");
    for plan in [plan(), strict] {
        let mut held = assignments();
        held.add(subject("root"), "suspended", Some(tenant("south")));
        held.add(subject("ada"), "clerk", Some(tenant("o'west")));
        let policy = plan
            .add_role(Role::new("suspended").deny("order:*"))
            .build()
            .unwrap();
        let authority = Authority::assigned(policy, held).unwrap();
        for who in people() {
            let reach = authority.reach(&who, ReadOrder::PERMISSION).unwrap();
            let condition = reach.sql(&columns).unwrap();
            let text = format!("SELECT id FROM orders WHERE {} ORDER BY id", condition.text());
            let mut query = db.prepare(&text).unwrap();
            let values = rusqlite::params_from_iter(condition.values());
            let rows = query.query_map(values, |row| row.get(0)).unwrap();
            let found: Vec<i64> = rows.map(Result::unwrap).collect();
            let allowed = |order: &Order| authority.authorize(&who, ReadOrder, order).is_ok();
            let want = (0_i64..).zip(&orders).filter(|(_, order)| allowed(order));
            assert_eq!(
                found,
                want.map(|(id, _)| id).collect::<Vec<_>>(),
                "{who:?}\n{text}"
            );
            texts.insert(text);
        }
    }
    assert!(texts.len() >= 8, "{texts:#?}");
}

#[test]
fn dual_control_is_not_forgotten_in_a_query() {
    let policy = plan().require_four_eyes("order:read").build().unwrap();
    let authority = Authority::assigned(policy, assignments()).unwrap();
    let reach = authority.reach(&staff("mel"), ReadOrder::PERMISSION).unwrap();
    assert!(reach.sql(&Columns::new("tenant", "customer")).is_err());
    assert!(!reach.is_nothing());
    let nothing = authority.reach(&staff("nobody"), ReadOrder::PERMISSION).unwrap();
    assert!(nothing.is_nothing());
}
