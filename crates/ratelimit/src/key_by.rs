//! Whose request it is, as far as a limit is concerned.
use palisade_core::{ClientAddr, Head};

use crate::{KeyHasher, RateKey};

/// Finds the key that a request is counted under.
///
/// Every `Fn(&Head<'_>, &KeyHasher) -> Option<RateKey>` is one; [`ByClient`] is provided. `None` means that the request
/// has no key, and then it is refused: a limit without a key is no limit.
///
/// ```
/// use palisade_core::{ClientAddr, Head, Principal};
/// use palisade_ratelimit::{KeyBy, KeyHasher, RateKey};
///
/// // By account where somebody is signed in, by address where not.
/// fn by_account(head: &Head<'_>, keys: &KeyHasher) -> Option<RateKey> {
///     let parts = match head.extensions().get::<Principal>() {
///         Some(principal) => keys.key().subject(principal.subject()),
///         None => keys.key().client(head.extensions().get::<ClientAddr>()?),
///     };
///     Some(parts.finish())
/// }
/// fn accepts(_: impl KeyBy) {}
/// accepts(by_account);
/// ```
///
/// # Security
/// Read what an earlier layer vouches for. A header or a parameter that the client chooses gives it as many quotas as it
/// can make up.
pub trait KeyBy {
    /// The key for the request, made by `keys`.
    fn key(&self, head: &Head<'_>, keys: &KeyHasher) -> Option<RateKey>;
}

impl<F: Fn(&Head<'_>, &KeyHasher) -> Option<RateKey>> KeyBy for F {
    fn key(&self, head: &Head<'_>, keys: &KeyHasher) -> Option<RateKey> {
        self(head, keys)
    }
}

/// By the network of the client: the address for IPv4, the /64 for IPv6.
///
/// It is the [`ClientAddr`] in the request's extensions, left there by the core's `ClientAddrCheck`.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ByClient;

impl ByClient {
    /// By the network of the client.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl KeyBy for ByClient {
    #[inline]
    fn key(&self, head: &Head<'_>, keys: &KeyHasher) -> Option<RateKey> {
        let client = head.extensions().get::<ClientAddr>()?;
        Some(keys.key().client(client).finish())
    }
}
