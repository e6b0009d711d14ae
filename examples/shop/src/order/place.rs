//! Placing, reading and refunding orders: the same for the pages and for the API.
use palisade::core::Principal;
use palisade::rbac::{self, Action, Allowed, Columns};

use super::{Draft, Items, Order, OrderKey};
use crate::access::{PlaceOrder, ReadOrder, RefundOrder, Unchecked};
use crate::problem::{Problem, Refused};
use crate::shop::Shop;

/// Where an order says whose it is, in the database.
const COLUMNS: Columns = Columns::new("tenant", "customer");

/// What somebody wants to order.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) items: Items,
    /// What they were shown that it comes to, in minor units: at another total nothing is ordered.
    pub(crate) total: Option<u32>,
    pub(crate) key: OrderKey,
}

impl Shop {
    /// Places an order, once for each key: whoever asks again, because no answer came or twice at once, is told of the same
    /// order, whatever has become of it or of the catalogue.
    pub(crate) async fn place(
        &self,
        customer: &Principal,
        wish: &Wish,
    ) -> Result<Allowed<ReadOrder, Order>, Refused> {
        let known = self.db.order_of_key(customer.subject(), wish.key.as_str());
        let placed = match known.await? {
            Some(placed) => placed,
            None => self.place_now(customer, wish).await?,
        };
        let order = placed.authorize(&self.authority, customer, ReadOrder)?;
        if wish.items.are_of(&order) {
            Ok(order)
        } else {
            Err(Problem::KEY_REUSED.into())
        }
    }

    async fn place_now(&self, customer: &Principal, wish: &Wish) -> Result<Unchecked<Order>, Refused> {
        let products = self.db.products_of(wish.items.skus()).await?;
        let draft = Draft::new(customer.subject().clone(), &wish.items, &products)?;
        if wish.total.is_some_and(|shown| shown != draft.total.minor()) {
            return Err(Problem::TOTAL_CHANGED.into());
        }
        let draft = self.authority.authorize(customer, PlaceOrder, draft)?;
        Ok(self.db.place(draft, wish.key.as_str().to_owned()).await?)
    }

    /// The order of that id, to do `action` with it. One that is not there is refused like one that is not theirs.
    pub(crate) async fn order<A: Action<Resource = Order>>(
        &self,
        who: &Principal,
        action: A,
        id: String,
    ) -> Result<Allowed<A, Order>, Refused> {
        let found = self.db.order(id).await?;
        let found = found.ok_or_else(rbac::Refused::not_found)?;
        Ok(found.authorize(&self.authority, who, action)?)
    }

    /// Pays an order back.
    pub(crate) async fn refund(
        &self,
        merchant: &Principal,
        id: String,
    ) -> Result<Allowed<RefundOrder, Order>, Refused> {
        let order = self.order(merchant, RefundOrder, id).await?;
        if self.db.refund(&order).await? {
            Ok(order)
        } else {
            Err(Problem::NOT_PAID.into())
        }
    }

    /// The latest orders with which somebody may do `action`. The query asks for no others, so that a list is never read from
    /// one tenant and thinned out for another; what it finds is checked like any order.
    pub(crate) async fn orders<A: Action<Resource = Order>>(
        &self,
        who: &Principal,
        action: A,
    ) -> Result<Vec<Allowed<A, Order>>, Refused> {
        let reach = self.authority.reach(who, A::PERMISSION)?;
        let found = self
            .db
            .orders(reach.sql(&COLUMNS).map_err(|_| Problem::INTERNAL)?)
            .await?;
        Ok(Unchecked::filter(found, &self.authority, who, action)?)
    }
}
