//! Sets of networks.
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use crate::ConfigError;

/// A set of networks that the operator names: those of his own, of partners, of probes.
///
/// ```
/// use palisade_core::Networks;
/// let offices = Networks::none().add_network("198.51.100.0/24")?.add_network("2001:db8:17::/48")?;
/// assert!(offices.contains("198.51.100.7".parse()?));
/// assert!(offices.contains("::ffff:198.51.100.7".parse()?));      // the same address, otherwise written
/// assert!(!offices.contains("192.0.2.7".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// No network.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Adds a network, `198.51.100.0/24`, or one address, `198.51.100.7`.
    ///
    /// # Errors
    /// [`ConfigError`] when it is neither, and for a network of everything (`0.0.0.0/0`, `::/0`, `::ffff:0.0.0.0/96`).
    pub fn add_network(mut self, network: &str) -> Result<Self, ConfigError> {
        self.push("network", network)?;
        Ok(self)
    }

    /// Whether `ip` lies in one of them. An IPv4-mapped IPv6 address counts as the IPv4 address.
    #[must_use]
    pub fn contains(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.0.iter().any(|network| network.contains(&ip))
    }

    /// Whether there is none.
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push(&mut self, setting: &'static str, network: &str) -> Result<(), ConfigError> {
        let wrong =
            |problem: &str| ConfigError::new(setting, format!("`{}` {problem}", network.escape_debug()));
        let address = || network.parse::<IpAddr>().map(|ip| IpNet::from(ip.to_canonical()));
        let parsed = network.parse::<IpNet>().or_else(|_| address());
        let parsed = parsed.map_err(|_| wrong("is neither a network such as 10.0.0.0/8 nor an address"))?;
        let parsed = folded(parsed);
        if parsed.prefix_len() == 0 {
            return Err(wrong("is every address there is"));
        }
        self.0.push(parsed.trunc());
        Ok(())
    }
}

/// The network as its addresses are compared: one written as IPv4-mapped IPv6, `::ffff:10.0.0.0/104`, is the IPv4 one.
fn folded(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else {
        return network;
    };
    let v4 = v6.addr().to_ipv4_mapped().zip(v6.prefix_len().checked_sub(96));
    v4.and_then(|(ip, prefix)| Ipv4Net::new(ip, prefix).ok())
        .map_or(network, IpNet::V4)
}
