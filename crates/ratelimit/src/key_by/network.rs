//! By a network of the client, of any size.
use palisade_core::{ClientAddr, ConfigError, Head};

use super::{KeyBy, Keyed};
use crate::{Attempt, KeyHasher};

/// By a network of the client: the prefix of that length for IPv6, the address for IPv4.
///
/// Providers give a home a /64 or a /56, and a server or a company a /48. Whoever holds a /48 has 65 536 /64s, and a limit
/// by /64 alone counts each for itself; [`RateLimitLayer::by_networks`](crate::RateLimitLayer::by_networks) asks three sizes
/// together.
///
/// It is the [`ClientAddr`] in the request's extensions, left there by the core's `ClientAddrCheck`.
#[derive(Clone, Copy, Debug)]
pub struct ByNetwork {
    prefix: u8,
    v4: V4,
}

/// What an IPv4 address is to the key finder.
#[derive(Clone, Copy, Debug)]
enum V4 {
    Counted,
    Exempt,
}

impl ByNetwork {
    /// By the IPv6 prefix of that length, or the IPv4 address.
    ///
    /// # Errors
    /// [`ConfigError`] for a prefix under 32, which takes in whole providers, and over 64, of which one host has many.
    pub fn prefix(prefix: u8) -> Result<Self, ConfigError> {
        if !(32..=64).contains(&prefix) {
            let problem = format!("/{prefix} given, /32 to /64 are allowed");
            return Err(ConfigError::new("network prefix", problem));
        }
        let v4 = V4::Counted;
        Ok(Self { prefix, v4 })
    }

    /// Leaves clients with IPv4 addresses to another limit: there is only one size of their networks, and it is asked already.
    #[must_use]
    pub const fn ipv6_only(mut self) -> Self {
        self.v4 = V4::Exempt;
        self
    }
}

impl KeyBy for ByNetwork {
    fn key(&self, head: &Head<'_>, keys: &KeyHasher) -> Keyed {
        let Some(client) = head.extensions().get::<ClientAddr>() else {
            return Keyed::Missing;
        };
        if client.ip().is_ipv4() && matches!(self.v4, V4::Exempt) {
            return Keyed::Exempt;
        }
        let parts = keys.key().network(&client.network_at(self.prefix));
        Keyed::Count(Attempt::new(parts).with_client(*client))
    }
}
