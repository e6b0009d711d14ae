//! By client.
use palisade_core::{ClientAddr, Head};

use super::{KeyBy, Keyed};
use crate::{Attempt, KeyHasher};

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
    fn key(&self, head: &Head<'_>, keys: &KeyHasher) -> Keyed {
        let Some(client) = head.extensions().get::<ClientAddr>() else {
            return Keyed::Missing;
        };
        Keyed::Count(Attempt::new(keys.key().client(client)).with_client(*client))
    }
}
