//! Who may do what: what there is to be done, the policy, and who holds which role.
use axum::extract::FromRef;
use palisade::core::ConfigError;
use palisade::rbac::{Assignments, Authority, Policy, actions};

use crate::db::{Role, User};
use crate::shop::Shop;

actions! {
    /// Everything that takes a right. A route that is for everybody says so; what is not here cannot be asked for.
    pub(crate) RIGHTS {
        /// See the list of all accounts.
        ListUsers = "user:list";
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

/// So that a handler can ask for a witness of [`palisade::rbac`] as an argument.
impl FromRef<Shop> for Authority {
    fn from_ref(shop: &Shop) -> Self {
        shop.authority.clone()
    }
}

#[cfg(test)]
mod tests {
    use palisade::core::{Principal, PrincipalKind, Subject};

    use super::*;

    fn administrator(id: &str) -> User {
        User {
            id: Subject::new(id).unwrap(),
            email: format!("{id}@shop.example"),
            role: Role::Administrator,
            tenant: None,
        }
    }

    fn may_list(authority: &Authority, principal: &Principal) -> bool {
        authority.allow::<ListUsers>(principal).is_ok()
    }

    #[test]
    fn a_role_that_a_principal_brings_along_counts_for_nothing() {
        let authority = authority(&[administrator("root")]).unwrap();
        let somebody = |id: &str| Principal::new(Subject::new(id).unwrap(), PrincipalKind::Staff);
        assert!(may_list(&authority, &somebody("root")));
        assert!(!may_list(&authority, &somebody("mel").add_role("administrator")));
    }
}
