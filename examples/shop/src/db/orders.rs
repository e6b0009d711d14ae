//! Orders, and the keys under which they were asked for.
use palisade::core::{Subject, Timestamp};
use palisade::rbac::{Allowed, SqlCondition};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params_from_iter};

use super::accounts::{new_id, subject, tenant_of};
use super::{Db, DbError};
use crate::access::{PlaceOrder, RefundOrder, Unchecked};
use crate::limits;
use crate::money::Money;
use crate::order::{Draft, Line, Order, Status};

/// Orders and their lines in one look, however many there are. What it finds is for whoever is allowed to see it.
const SELECT: &str = "SELECT o.id, o.tenant, o.customer, o.total, o.currency, o.status, o.placed_at,
        l.sku, l.name, l.price, l.quantity
    FROM (SELECT * FROM orders WHERE {} ORDER BY placed_at DESC, id LIMIT ?) AS o
    JOIN order_lines AS l ON l.order_id = o.id
    ORDER BY o.placed_at DESC, o.id, l.position";
const OF_KEY: &str =
    "SELECT order_id FROM order_keys WHERE customer = ?1 AND key = ?2 AND expires_at > unixepoch()";
const INSERT: &str = "INSERT INTO orders (id, tenant, customer, total, currency) VALUES (?1, ?2, ?3, ?4, ?5)";
const INSERT_LINE: &str = "INSERT INTO order_lines (order_id, position, sku, name, price, quantity)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const INSERT_KEY: &str = "INSERT INTO order_keys (customer, key, order_id, expires_at)
    VALUES (?1, ?2, ?3, unixepoch() + ?4)";
const REFUND: &str = "UPDATE orders SET status = 'refunded' WHERE id = ?1 AND status = 'paid'";

impl Db {
    /// The order of that id, for whoever is allowed to do something with it.
    pub(crate) async fn order(&self, id: String) -> Result<Option<Unchecked<Order>>, DbError> {
        self.call(move |connection| one(connection, &id)).await
    }

    /// The latest orders that a query may see: [`limits::PAGE`] at most.
    pub(crate) async fn orders(&self, reach: SqlCondition) -> Result<Vec<Unchecked<Order>>, DbError> {
        self.call(move |connection| {
            let values = reach.values().into_iter().map(str::to_owned);
            select(connection, reach.text(), values, limits::PAGE)
        })
        .await
    }

    /// The order that the customer asked for under that key, as long as the key is kept.
    pub(crate) async fn order_of_key(
        &self,
        customer: &Subject,
        key: &str,
    ) -> Result<Option<Unchecked<Order>>, DbError> {
        let (customer, key) = (customer.as_str().to_owned(), key.to_owned());
        self.call(move |connection| of_key(connection, &customer, &key))
            .await
    }

    /// Places an order, unless one was placed under that key meanwhile: then it is that one. Order and key are stored
    /// together or not at all.
    pub(crate) async fn place(
        &self,
        draft: Allowed<PlaceOrder, Draft>,
        key: String,
    ) -> Result<Unchecked<Order>, DbError> {
        let id = new_id()?;
        self.call(move |connection| {
            // Immediate: two processes that share the file do not both find no key.
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute("DELETE FROM order_keys WHERE expires_at <= unixepoch()", ())?;
            let customer = draft.customer.as_str().to_owned();
            if let Some(known) = of_key(&transaction, &customer, &key)? {
                return Ok(known);
            }
            insert(&transaction, &draft, &id)?;
            transaction.execute(INSERT_KEY, (&customer, &key, &id, limits::KEY_SECONDS))?;
            let placed = one(&transaction, &id)?;
            transaction.commit()?;
            placed.ok_or(rusqlite::Error::QueryReturnedNoRows)
        })
        .await
    }

    /// Pays an order back, if it is paid; whether it was. Of two that try at once, one does.
    pub(crate) async fn refund(&self, order: &Allowed<RefundOrder, Order>) -> Result<bool, DbError> {
        let id = order.id.clone();
        self.call(move |connection| Ok(connection.prepare_cached(REFUND)?.execute([id])? == 1))
            .await
    }
}

fn insert(transaction: &Transaction<'_>, draft: &Draft, id: &str) -> rusqlite::Result<()> {
    let (tenant, customer) = (draft.tenant.as_str(), draft.customer.as_str());
    transaction.execute(
        INSERT,
        (id, tenant, customer, draft.total.minor(), draft.total.currency()),
    )?;
    let mut insert = transaction.prepare_cached(INSERT_LINE)?;
    for (position, line) in (0_u32..).zip(&draft.lines) {
        insert.execute((
            id,
            position,
            &line.sku,
            &line.name,
            line.price.minor(),
            line.quantity,
        ))?;
    }
    Ok(())
}

fn of_key(connection: &Connection, customer: &str, key: &str) -> rusqlite::Result<Option<Unchecked<Order>>> {
    let mut select = connection.prepare_cached(OF_KEY)?;
    let id: Option<String> = select.query_row((customer, key), |row| row.get(0)).optional()?;
    id.map_or(Ok(None), |id| one(connection, &id))
}

fn one(connection: &Connection, id: &str) -> rusqlite::Result<Option<Unchecked<Order>>> {
    let found = select(connection, "id = ?", [id.to_owned()], 1)?;
    Ok(found.into_iter().next())
}

/// The orders that meet a condition, latest first.
fn select(
    connection: &Connection,
    condition: &str,
    values: impl IntoIterator<Item = String>,
    most: u8,
) -> rusqlite::Result<Vec<Unchecked<Order>>> {
    let mut select = connection.prepare_cached(&SELECT.replace("{}", condition))?;
    let values = values.into_iter().map(Value::from);
    let mut rows = select.query(params_from_iter(values.chain([i64::from(most).into()])))?;
    let mut orders: Vec<Order> = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, line): (String, _) = (row.get(0)?, line(row)?);
        match orders.last_mut() {
            Some(order) if order.id == id => order.lines.push(line),
            _ => orders.push(order(row, line)?),
        }
    }
    Ok(orders.into_iter().map(Unchecked::new).collect())
}

fn order(row: &Row<'_>, first: Line) -> rusqlite::Result<Order> {
    Ok(Order {
        id: row.get(0)?,
        tenant: tenant_of(row.get(1)?)?,
        customer: subject(row.get(2)?)?,
        total: Money::new(row.get(3)?, row.get::<_, String>(4)?),
        status: row.get(5)?,
        placed: Timestamp::from_secs(u64::try_from(row.get::<_, i64>(6)?).unwrap_or_default()),
        lines: vec![first],
    })
}

fn line(row: &Row<'_>) -> rusqlite::Result<Line> {
    Ok(Line {
        sku: row.get(7)?,
        name: row.get(8)?,
        price: Money::new(row.get(9)?, row.get::<_, String>(4)?),
        quantity: row.get(10)?,
    })
}

impl FromSql for Status {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let all = [Self::Pending, Self::Paid, Self::Refunded];
        let name = value.as_str()?;
        let found = all.into_iter().find(|status| status.as_str() == name);
        found.ok_or(FromSqlError::InvalidType)
    }
}
