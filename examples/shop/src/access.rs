//! Who may do what: what there is to be done, the policy, and who holds which role.
use axum::extract::FromRef;
use palisade::core::{ConfigError, Principal};
use palisade::rbac::{Action, Allowed, Assignments, Authority, Policy, Refused, Resource, actions};

use crate::db::{Role, User};
use crate::order::{Draft, Order};
use crate::shop::Shop;

actions! {
    /// Everything that takes a right. A route that is for everybody says so; what is not here cannot be asked for.
    pub(crate) RIGHTS {
        /// See the orders of a tenant.
        ListOrders on Order = "order:list";
        /// Place an order.
        PlaceOrder on Draft = "order:place";
        /// Look at an order.
        ReadOrder on Order = "order:read";
        /// Pay an order back.
        RefundOrder on Order = "order:refund";
        /// See the list of all accounts.
        ListUsers = "user:list";
        /// End everything that an account is signed in with.
        RevokeUser = "user:revoke";
    }
}

const POLICY: &str = include_str!("../policy.toml");

/// Decides by the policy and by what is known of the staff.
///
/// Roles come from a table in memory and never from the principal: a session or a token lives for hours, and would keep a
/// role that was taken away meanwhile. Customers need no row in it, their kind is their role, so the table is as short as the
/// list of staff. It is read when the shop starts, which is when roles change here; a shop with a page for that calls
/// [`Authority::change`] after it has stored the change. A look-up for each request would be as right, but then every page
/// would wait for the database, and none could be shown while it fails.
pub(crate) fn authority(staff: &[User]) -> Result<Authority, ConfigError> {
    let mut assignments = Assignments::new();
    for user in staff.iter().filter(|user| user.role != Role::Customer) {
        assignments.add(user.id.clone(), user.role.as_str(), user.tenant.clone());
    }
    Authority::assigned(Policy::from_toml(RIGHTS, POLICY)?, assignments)
}

/// Something that was read from the database, of which nothing can be seen before somebody may do something with it.
#[must_use]
pub(crate) struct Unchecked<R>(R);

impl<R: Resource> Unchecked<R> {
    /// What was read.
    pub(crate) const fn new(resource: R) -> Self {
        Self(resource)
    }

    /// The thing itself and the witness that `who` may do `action` with it, in one.
    pub(crate) fn authorize<A: Action<Resource = R>>(
        self,
        authority: &Authority,
        who: &Principal,
        action: A,
    ) -> Result<Allowed<A, R>, Refused> {
        authority.authorize(who, action, self.0)
    }

    /// Those of a list with which `who` may do `action`.
    pub(crate) fn filter<A: Action<Resource = R>>(
        list: Vec<Self>,
        authority: &Authority,
        who: &Principal,
        action: A,
    ) -> Result<Vec<Allowed<A, R>>, Refused> {
        authority.filter(who, action, list.into_iter().map(|unchecked| unchecked.0))
    }
}

/// So that a handler can ask for a witness of [`palisade::rbac`] as an argument.
impl FromRef<Shop> for Authority {
    fn from_ref(shop: &Shop) -> Self {
        shop.authority.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use palisade::core::{Clock, Factor, PrincipalKind, Refusal, Subject, SystemClock, Tenant, Timestamp};

    use super::*;
    use crate::money::Money;
    use crate::order::Status;

    fn user(id: &str, role: Role, tenant: Option<&str>) -> User {
        User {
            id: Subject::new(id).unwrap(),
            email: format!("{id}@shop.example"),
            role,
            tenant: tenant.map(|tenant| Tenant::new(tenant).unwrap()),
        }
    }

    /// An order of ada's in the north.
    fn order() -> Order {
        Order {
            id: "1".to_owned(),
            tenant: Tenant::new("north").unwrap(),
            customer: Subject::new("ada").unwrap(),
            total: Money::new(1, "EUR"),
            status: Status::Paid,
            placed: Timestamp::UNIX_EPOCH,
            lines: Vec::new(),
        }
    }

    /// Somebody who gave their password at that time.
    fn since(id: &str, kind: PrincipalKind, at: Timestamp) -> Principal {
        Principal::new(Subject::new(id).unwrap(), kind).with_factor(Factor::Password, at)
    }

    fn may_list(authority: &Authority, principal: &Principal) -> bool {
        authority.allow::<ListUsers>(principal).is_ok()
    }

    #[test]
    fn a_role_that_a_principal_brings_along_counts_for_nothing() {
        let authority = authority(&[user("root", Role::Administrator, None)]).unwrap();
        let somebody = |id: &str| Principal::new(Subject::new(id).unwrap(), PrincipalKind::Staff);
        assert!(may_list(&authority, &somebody("root")));
        assert!(!may_list(&authority, &somebody("mel").add_role("administrator")));
    }

    /// Who may do what with an order of ada's in the north; 0 stands for "may".
    #[test]
    fn an_order_is_for_its_customer_and_for_the_merchant_of_its_tenant() {
        let staff = [
            user("mel", Role::Merchant, Some("north")),
            user("sam", Role::Merchant, Some("south")),
            user("root", Role::Administrator, None),
        ];
        let (authority, now) = (authority(&staff).unwrap(), SystemClock::new().now());
        let told =
            |result: Result<(), Refused>| result.map_or_else(|refused| refused.status().as_u16(), |()| 0);
        let cases = [
            ("ada", PrincipalKind::Customer, [0, 404, 404]),
            ("bob", PrincipalKind::Customer, [404, 404, 404]),
            ("mel", PrincipalKind::Staff, [0, 0, 0]),
            ("sam", PrincipalKind::Staff, [404, 404, 404]),
            ("root", PrincipalKind::Staff, [404, 404, 404]),
            ("ada", PrincipalKind::Staff, [404, 404, 404]),
        ];
        for (name, kind, want) in cases {
            let who = since(name, kind, now);
            let read = Unchecked::new(order())
                .authorize(&authority, &who, ReadOrder)
                .map(drop);
            let list = Unchecked::new(order())
                .authorize(&authority, &who, ListOrders)
                .map(drop);
            let refund = Unchecked::new(order())
                .authorize(&authority, &who, RefundOrder)
                .map(drop);
            assert_eq!([told(read), told(list), told(refund)], want, "{name}");
        }
    }

    #[test]
    fn a_refund_asks_for_the_password_of_the_last_five_minutes() {
        let authority = authority(&[user("mel", Role::Merchant, Some("north"))]).unwrap();
        let now = SystemClock::new().now();
        for (age, status) in [(290, 0), (310, 401), (86_400, 401)] {
            let who = since(
                "mel",
                PrincipalKind::Staff,
                now.saturating_sub(Duration::from_secs(age)),
            );
            let refund = Unchecked::new(order()).authorize(&authority, &who, RefundOrder);
            let told = refund.map_or_else(|refused| refused.status().as_u16(), |_| 0);
            assert_eq!(told, status, "{age} s");
            assert!(
                Unchecked::new(order())
                    .authorize(&authority, &who, ReadOrder)
                    .is_ok()
            );
        }
    }
}
