//! The witness that an action was allowed.
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use palisade_core::Principal;

use crate::Action;

/// Says that a principal may do `A` to the resource inside. Only [`Authority`](crate::Authority) makes one.
///
/// Let functions that do something ask for it, and the unchecked call does not compile; nor does one that was checked for
/// something else:
///
/// ```compile_fail,E0308
/// # use palisade_core::Tenant;
/// # use palisade_rbac::{Allowed, Resource, actions};
/// # struct Order;
/// # impl Resource for Order { const KIND: &'static str = "order"; fn tenant(&self) -> Option<&Tenant> { None } }
/// actions! { SHOP { ReadOrder on Order = "order:read"; DeleteOrder on Order = "order:delete"; } }
///
/// fn delete(order: Allowed<DeleteOrder, Order>) {}
/// fn handler(order: Allowed<ReadOrder, Order>) {
///     delete(order); // mismatched types
/// }
/// ```
///
/// Nobody else makes one, and nothing is changed in it:
///
/// ```compile_fail,E0624
/// # use palisade_core::{Principal, PrincipalKind, Subject, Tenant};
/// # use palisade_rbac::{Allowed, actions};
/// actions! { SHOP { ListUsers = "user:list"; } }
/// # fn made_up(principal: Principal) {
/// let allowed = Allowed::<ListUsers>::new(principal, ());
/// # }
/// ```
///
/// The resource is what was checked; it can be read through the witness. Without an object it is `()`.
#[must_use = "the witness is what the checked function asks for"]
pub struct Allowed<A: Action, R = <A as Action>::Resource> {
    principal: Principal,
    resource: R,
    action: PhantomData<A>,
}

impl<A: Action, R> Allowed<A, R> {
    pub(crate) const fn new(principal: Principal, resource: R) -> Self {
        Self {
            principal,
            resource,
            action: PhantomData,
        }
    }

    /// Who is allowed. Where somebody acts on behalf of the account, both are in it.
    #[must_use]
    pub const fn principal(&self) -> &Principal {
        &self.principal
    }

    /// The resource.
    #[must_use]
    pub const fn resource(&self) -> &R {
        &self.resource
    }

    /// The resource without its witness.
    #[must_use]
    pub fn into_resource(self) -> R {
        self.resource
    }
}

impl<A: Action, R> Deref for Allowed<A, R> {
    type Target = R;

    fn deref(&self) -> &R {
        &self.resource
    }
}

impl<A: Action, R> fmt::Debug for Allowed<A, R> {
    // The resource may hold anything. Whoever wants to print it has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Allowed")
            .field("permission", &A::PERMISSION.name())
            .finish_non_exhaustive()
    }
}
