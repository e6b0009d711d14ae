//! Actions: permissions with the type of what they are about.
use palisade_core::Principal;

use crate::{Permission, Resource};

/// Something that can be done, as a type: its permission, and what it is done to.
///
/// Declared by [`actions!`](crate::actions). Because it is a type, a witness says what was allowed: an
/// [`Allowed<ReadOrder, Order>`](crate::Allowed) is not taken where an order is deleted.
pub trait Action: Copy + Send + Sync + 'static {
    /// What it is done to; `()` where there is no object.
    type Resource: Resource;
    /// The permission that it takes.
    const PERMISSION: Permission;

    /// What must hold beside the permission. It can only take away: it is asked when everything else allows.
    #[must_use]
    fn condition(ask: &Ask<'_, Self::Resource>) -> Verdict {
        let _ = ask;
        Verdict::Holds
    }
}

/// What a condition is asked about.
#[derive(Debug)]
#[non_exhaustive]
pub struct Ask<'a, R: ?Sized> {
    /// Who wants to act.
    pub principal: &'a Principal,
    /// What it is done to.
    pub resource: &'a R,
}

impl<'a, R: ?Sized> Ask<'a, R> {
    pub(crate) const fn new(principal: &'a Principal, resource: &'a R) -> Self {
        Self { principal, resource }
    }
}

/// What a condition says. `true` is [`Holds`](Self::Holds), `false` is [`Fails`](Self::Fails).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The condition holds.
    Holds,
    /// It does not: the action is denied.
    Fails,
    /// It cannot be told: the action is not allowed, and the answer is 503.
    Unknown,
}

impl From<bool> for Verdict {
    fn from(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Fails }
    }
}

/// Declares what can be done: a [`Vocabulary`](crate::Vocabulary), and an [`Action`] for each permission.
///
/// An action is on a type that is a [`Resource`](crate::Resource), or on nothing. `when` names a function
/// `fn(&Ask<'_, T>) -> bool` (or [`Verdict`]) that must hold beside the permission.
///
/// ```
/// use palisade_core::{Subject, Tenant};
/// use palisade_rbac::{Action, Ask, Resource, actions};
///
/// pub struct Order { shop: Tenant, customer: Subject, paid: bool }
///
/// impl Resource for Order {
///     const KIND: &'static str = "order";
///     fn tenant(&self) -> Option<&Tenant> { Some(&self.shop) }
///     fn owner(&self) -> Option<&Subject> { Some(&self.customer) }
/// }
///
/// fn is_paid(ask: &Ask<'_, Order>) -> bool { ask.resource.paid }
///
/// actions! {
///     /// Everything that can be done in the shop.
///     pub SHOP {
///         /// Look at an order.
///         ReadOrder on Order = "order:read";
///         /// Pay an order back.
///         RefundOrder on Order = "order:refund" when is_paid;
///         /// See the list of accounts.
///         ListUsers = "user:list";
///     }
/// }
///
/// assert_eq!(SHOP.names(), ["order:read", "order:refund", "user:list"]);
/// assert_eq!(RefundOrder::PERMISSION.name(), "order:refund");
/// ```
#[macro_export]
macro_rules! actions {
    (
        $(#[$meta:meta])*
        $vis:vis $vocabulary:ident {
            $(
                $(#[$doc:meta])*
                $action:ident $(on $resource:ty)? = $name:literal $(when $condition:path)? ;
            )+
        }
    ) => {
        $(#[$meta])*
        $vis const $vocabulary: $crate::Vocabulary = $crate::Vocabulary::new(&[$($name),+]);
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            $vis struct $action;

            impl $crate::Action for $action {
                type Resource = $crate::actions!(@resource $($resource)?);
                const PERMISSION: $crate::Permission = $vocabulary.declared($name);
                $(
                    fn condition(ask: &$crate::Ask<'_, Self::Resource>) -> $crate::Verdict {
                        ::core::convert::From::from($condition(ask))
                    }
                )?
            }
        )+
    };
    (@resource) => { () };
    (@resource $resource:ty) => { $resource };
}
