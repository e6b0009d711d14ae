//! The address and the network of a client.
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// The address of the client, in its one canonical form, and where it was read.
///
/// An IPv4 address that came as IPv4-mapped IPv6 (`::ffff:192.0.2.1`) is the IPv4 address, so nobody has two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientAddr {
    ip: IpAddr,
    source: AddrSource,
}

/// Where a [`ClientAddr`] was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AddrSource {
    /// From the configured header, written by a trusted proxy.
    Header,
    /// The header of a trusted proxy could not be read to its end: this is the last hop that could be. Many clients
    /// may share it.
    LastHop,
    /// From the socket: no trusted proxy was involved.
    Peer,
}

impl ClientAddr {
    /// The address of the socket's peer, with no proxy in between.
    #[must_use]
    #[inline]
    pub fn from_peer(ip: IpAddr) -> Self {
        Self::new(ip, AddrSource::Peer)
    }

    #[inline]
    pub(crate) fn new(ip: IpAddr, source: AddrSource) -> Self {
        Self {
            ip: ip.to_canonical(),
            source,
        }
    }

    /// The address. It is personal data: log [`network`](Self::network) where that is enough.
    #[must_use]
    #[inline]
    pub const fn ip(&self) -> IpAddr {
        self.ip
    }

    /// Where the address was read.
    #[must_use]
    #[inline]
    pub const fn source(&self) -> AddrSource {
        self.source
    }

    /// The network to key limits by: the address itself for IPv4, its /64 for IPv6, where one customer holds at least
    /// a /64 and may use 2^64 addresses of it in turn.
    #[must_use]
    #[inline]
    pub fn network(&self) -> Network {
        self.network_at(64)
    }

    /// As [`network`](Self::network), with another prefix length for IPv6 (48 and 56 are customary beside 64). Lengths
    /// over 128 count as 128; an IPv4 address always stands for itself, also where a translator put it behind the
    /// well-known prefix `64:ff9b::/96` (RFC 6052 section 2.1).
    #[must_use]
    #[inline]
    pub fn network_at(&self, v6_prefix: u8) -> Network {
        match self.ip {
            IpAddr::V4(ip) => Network {
                base: ip.to_ipv6_mapped(),
                prefix: 128,
            },
            IpAddr::V6(ip) => {
                let prefix = if is_translated(ip) {
                    128
                } else {
                    v6_prefix.min(128)
                };
                let mask = u128::MAX
                    .checked_shl(u32::from(128_u8.saturating_sub(prefix)))
                    .unwrap_or(0);
                Network {
                    base: Ipv6Addr::from_bits(ip.to_bits() & mask),
                    prefix,
                }
            }
        }
    }
}

/// Whether a translator made the address from an IPv4 address, so that all IPv4 clients lie in one /96.
fn is_translated(ip: Ipv6Addr) -> bool {
    matches!(ip.segments(), [0x64, 0xff9b, 0, 0, 0, 0, _, _])
}

impl fmt::Display for ClientAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ip.fmt(f)
    }
}

/// An IPv4 address or an IPv6 prefix: what limits are keyed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    base: Ipv6Addr,
    prefix: u8,
}

impl Network {
    /// 17 bytes that name this network and no other: the base address as IPv6, then the prefix length.
    #[must_use]
    #[inline]
    pub fn to_bytes(&self) -> [u8; 17] {
        let mut bytes = [self.prefix; 17];
        bytes
            .iter_mut()
            .zip(self.base.octets())
            .for_each(|(to, from)| *to = from);
        bytes
    }

    /// The network that [`to_bytes`](Self::to_bytes) named, for stores that read it back. `None` for bytes that name
    /// none: a prefix over 128, or an address with bits beyond its prefix.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 17]) -> Option<Self> {
        let [base @ .., prefix] = bytes;
        let base = Ipv6Addr::from(base);
        let host = u128::MAX.checked_shr(u32::from(prefix)).unwrap_or(0);
        (prefix <= 128 && base.to_bits() & host == 0).then_some(Self { base, prefix })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.base.to_ipv4_mapped() {
            Some(ip) if self.prefix == 128 => write!(f, "{ip}/32"),
            _ => write!(f, "{}/{}", self.base, self.prefix),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(ip: &str) -> ClientAddr {
        ClientAddr::from_peer(ip.parse().unwrap())
    }

    #[test]
    fn a_mapped_address_is_the_ipv4_address() {
        assert_eq!(client("::ffff:192.0.2.1"), client("192.0.2.1"));
        assert_eq!(client("::ffff:c000:201").network(), client("192.0.2.1").network());
    }

    #[test]
    fn addresses_of_one_64_share_a_network_and_others_do_not() {
        assert_eq!(
            client("2001:db8:0:1::1").network(),
            client("2001:db8:0:1:ffff::9").network()
        );
        assert_ne!(
            client("2001:db8:0:1::1").network(),
            client("2001:db8:0:2::1").network()
        );
        assert_eq!(
            client("2001:db8:0:1::1").network_at(48),
            client("2001:db8:0:2::1").network_at(48)
        );
        assert_ne!(client("192.0.2.1").network(), client("192.0.2.2").network());
        assert_ne!(
            client("192.0.2.1").network_at(0),
            client("192.0.2.2").network_at(0)
        );
    }

    #[test]
    fn mapped_clients_do_not_fall_into_one_network() {
        // express-rate-limit 8.0 put every IPv4-mapped client into one ::/56.
        assert_ne!(
            client("::ffff:192.0.2.1").network_at(56),
            client("::ffff:198.51.100.1").network_at(56)
        );
    }

    #[test]
    fn clients_behind_a_translator_do_not_fall_into_one_network() {
        let (one, two) = (client("64:ff9b::192.0.2.1"), client("64:ff9b::198.51.100.1"));
        assert_ne!(one.network(), two.network());
        assert_ne!(one.network_at(48), two.network_at(48));
        assert_ne!(
            one.network(),
            client("192.0.2.1").network(),
            "it is not trusted as IPv4 either"
        );
        assert_eq!(client("64:ff9b:1::1").network(), client("64:ff9b:1::2").network());
    }

    #[test]
    fn networks_of_different_length_have_different_bytes() {
        let client = client("2001:db8::");
        assert_ne!(client.network_at(64).to_bytes(), client.network_at(48).to_bytes());
        assert_eq!(client.network().to_string(), "2001:db8::/64");
        assert_eq!(
            ClientAddr::from_peer([192, 0, 2, 1].into()).network().to_string(),
            "192.0.2.1/32"
        );
    }

    #[test]
    fn every_prefix_length_is_answered() {
        let all: Vec<_> = (0..=255)
            .map(|prefix| client("2001:db8::1").network_at(prefix))
            .collect();
        assert!(
            all.windows(2).all(|pair| pair[0] <= pair[1]),
            "longer prefixes keep more"
        );
        assert_eq!(client("2001:db8::1").network_at(0).to_string(), "::/0");
        assert_eq!(
            client("2001:db8::1").network_at(255),
            client("2001:db8::1").network_at(128)
        );
    }

    #[test]
    fn a_network_is_read_back_from_its_bytes_and_from_no_others() {
        for ip in ["192.0.2.1", "2001:db8::1", "::"] {
            for network in [
                client(ip).network(),
                client(ip).network_at(0),
                client(ip).network_at(128),
            ] {
                assert_eq!(
                    Network::from_bytes(network.to_bytes()),
                    Some(network),
                    "{network}"
                );
            }
        }
        let mut bytes = client("2001:db8::1").network().to_bytes();
        bytes[15] = 1;
        assert_eq!(Network::from_bytes(bytes), None, "a host within the network");
        assert_eq!(Network::from_bytes([255; 17]), None, "a prefix that cannot be");
    }
}
