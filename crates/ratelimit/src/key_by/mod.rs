//! Whose request it is, as far as a limit is concerned.
mod client;
mod keyed;
mod network;
mod principal;

use palisade_core::Head;

use crate::KeyHasher;

pub use client::ByClient;
pub use keyed::Keyed;
pub use network::ByNetwork;
pub use principal::ByPrincipal;

/// Finds what a request is counted under.
///
/// Every `Fn(&Head<'_>, &KeyHasher) -> T` is one, where `T` is a [`RateKey`](crate::RateKey), an
/// [`Attempt`](crate::Attempt) (with a cost, a plan, a client), an `Option` of either, or [`Keyed`] itself. `None` means that
/// the request has no key, and then it is refused: a limit without a key is no limit. [`ByClient`], [`ByNetwork`] and
/// [`ByPrincipal`] are provided.
///
/// ```
/// use palisade_core::{ClientAddr, Head, Tenant};
/// use palisade_ratelimit::{Attempt, KeyBy, KeyHasher, Keyed, RateKey};
///
/// // By tenant and address.
/// fn by_tenant(head: &Head<'_>, keys: &KeyHasher) -> Option<RateKey> {
///     let parts = keys.key().tenant(head.extensions().get::<Tenant>()?);
///     Some(parts.client(head.extensions().get::<ClientAddr>()?).finish())
/// }
/// // A search costs five; what balancers ask is free.
/// fn by_work(head: &Head<'_>, keys: &KeyHasher) -> Keyed {
///     let Some(client) = head.extensions().get::<ClientAddr>() else { return Keyed::Missing };
///     let attempt = Attempt::new(keys.key().client(client));
///     match head.uri().path() {
///         "/health" => Keyed::Exempt,
///         "/search" => attempt.with_cost(5).into(),
///         _ => attempt.into(),
///     }
/// }
/// fn accepts(_: impl KeyBy) {}
/// accepts(by_tenant);
/// accepts(by_work);
/// ```
///
/// # Security
/// Read what an earlier layer vouches for. A header or a parameter that the client chooses gives it as many quotas as it
/// can make up.
pub trait KeyBy {
    /// What the request is counted under, with the key made by `keys`.
    fn key(&self, head: &Head<'_>, keys: &KeyHasher) -> Keyed;
}

impl<F, T> KeyBy for F
where
    F: Fn(&Head<'_>, &KeyHasher) -> T,
    T: Into<Keyed>,
{
    #[inline]
    fn key(&self, head: &Head<'_>, keys: &KeyHasher) -> Keyed {
        self(head, keys).into()
    }
}
