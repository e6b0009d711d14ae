//! Which proxies are trusted, and which header they write.
use std::net::IpAddr;
use std::num::NonZeroU8;

use http::HeaderName;

use super::forwarded::{elements_from_right, forwarded_for, node, node_with_port};
use super::{AddrRefused, AddrRefusedKind, AddrSource, ClientAddr, Networks};
use crate::{ConfigError, Headers};

/// The longest forwarding header that is read, over all its lines.
const MAX_BYTES: usize = 2048;
/// The most hops that are walked.
const MAX_ELEMENTS: usize = 32;

/// The one header that the trusted proxies write.
///
/// There is exactly one. A chain of fallbacks would let a client choose which one is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardHeader {
    name: HeaderName,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    AddressList,
    ForwardedList,
    Single,
    SingleWithPort,
}

impl Form {
    /// The address in one element, if it is one.
    fn address(self, element: &[u8]) -> Option<IpAddr> {
        match self {
            Self::AddressList | Self::Single => node(element),
            Self::ForwardedList => forwarded_for(element),
            Self::SingleWithPort => node_with_port(element),
        }
    }
}

impl ForwardHeader {
    /// `Forwarded`, RFC 7239: its `for` parameters. Others (`by`, `host`, `proto`) are not read.
    #[must_use]
    pub fn forwarded() -> Self {
        Self {
            name: http::header::FORWARDED,
            form: Form::ForwardedList,
        }
    }

    /// `X-Forwarded-For`: a list of addresses, each proxy appending the one it was called from.
    #[must_use]
    pub fn x_forwarded_for() -> Self {
        Self {
            name: HeaderName::from_static("x-forwarded-for"),
            form: Form::AddressList,
        }
    }

    /// A header with one address, such as `CF-Connecting-IP`, `True-Client-IP`, `Fly-Client-IP`, `X-Real-IP`.
    ///
    /// # Errors
    /// [`ConfigError`] when `name` is no header name.
    pub fn single(name: &str) -> Result<Self, ConfigError> {
        Ok(Self {
            name: header_name(name)?,
            form: Form::Single,
        })
    }

    /// A header with one address and a port behind it, as `CloudFront-Viewer-Address`.
    ///
    /// # Errors
    /// [`ConfigError`] when `name` is no header name.
    pub fn single_with_port(name: &str) -> Result<Self, ConfigError> {
        Ok(Self {
            name: header_name(name)?,
            form: Form::SingleWithPort,
        })
    }
}

fn header_name(name: &str) -> Result<HeaderName, ConfigError> {
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
        ConfigError::new(
            "forward header",
            format!("`{}` is no header name", name.escape_debug()),
        )
    })
}

/// Whose word counts about who the client is.
///
/// The default is [`none`](Self::none): the client is the peer of the socket, whatever the headers say. With proxies,
/// the decision is this list, complete and in order:
///
/// 1. The peer's address is taken in canonical form (IPv4-mapped IPv6 is IPv4).
/// 2. A peer outside the trusted networks is the client. No header of it is read, not even a malformed one.
/// 3. Without the configured header, the trusted peer is the client (a health check).
/// 4. More than 2048 bytes of it, more than 32 hops walked, or a repeated single-address header is refused.
/// 5. A list is read from the right, all its lines together. Elements that are trusted addresses are passed; the first
///    other address is the client. If all are trusted, the leftmost is. With a hop count the n-th from the right is,
///    whatever its network.
/// 6. An element that is no address ends the walk: the last hop that could be read is the client, marked
///    [`AddrSource::LastHop`]. So does a list shorter than the hop count.
///
/// ```
/// use std::net::IpAddr;
/// use palisade_core::{ForwardHeader, TrustedProxies};
///
/// let proxies = TrustedProxies::new(ForwardHeader::x_forwarded_for()).add_network("10.0.0.0/8")?;
/// let headers: &[(&str, &str)] = &[("x-forwarded-for", "6.6.6.6, 192.0.2.7, 10.0.0.2")];
///
/// let client = proxies.resolve("10.0.0.1".parse()?, &headers)?;
/// assert_eq!(client.ip(), "192.0.2.7".parse::<IpAddr>()?);      // not 6.6.6.6, which the client wrote
///
/// let direct = proxies.resolve("203.0.113.9".parse()?, &headers)?;
/// assert_eq!(direct.ip(), "203.0.113.9".parse::<IpAddr>()?);    // not a proxy: its headers are not read
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies {
    header: Option<ForwardHeader>,
    networks: Networks,
    any_peer: bool,
    hops: Option<NonZeroU8>,
}

impl TrustedProxies {
    /// Nobody is trusted: the client is the peer.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Proxies that write `header`. Add the networks they connect from; without one nobody is trusted.
    #[must_use]
    pub fn new(header: ForwardHeader) -> Self {
        Self {
            header: Some(header),
            ..Self::default()
        }
    }

    /// Trusts the proxies of a network, `10.0.0.0/8`, or at one address, `10.0.0.1`.
    ///
    /// # Errors
    /// [`ConfigError`] when it is neither, and for a network of everything (`0.0.0.0/0`, `::/0`, `::ffff:0.0.0.0/96`),
    /// which would let every client choose its address.
    pub fn add_network(mut self, network: &str) -> Result<Self, ConfigError> {
        self.networks.push("trusted proxies", network)?;
        Ok(self)
    }

    /// Takes the `hops`-th address from the right as the client, where the networks of the outer proxies are not known.
    /// It counts the proxies between client and server; the peer is one of them and must itself be trusted. No more than
    /// 32 are walked, so a higher count finds nobody.
    #[must_use]
    pub const fn with_hops(mut self, hops: NonZeroU8) -> Self {
        self.hops = Some(hops);
        self
    }

    /// Weakenings, one method each.
    pub const fn dangerous(self) -> DangerousProxies {
        DangerousProxies(self)
    }

    /// Whether anybody's header is read at all.
    #[must_use]
    pub fn trusts_anyone(&self) -> bool {
        self.header.is_some() && (self.any_peer || !self.networks.is_empty())
    }

    /// Whether `ip` lies in a network that was added: it is a proxy's, and no client's.
    #[must_use]
    pub fn trusts(&self, ip: IpAddr) -> bool {
        self.networks.contains(ip)
    }

    /// Finds the client behind `peer`, the address of the socket's other end.
    ///
    /// # Errors
    /// [`AddrRefused`] when a trusted proxy's header is too long or, where it may occur once, repeated.
    pub fn resolve(&self, peer: IpAddr, headers: &impl Headers) -> Result<ClientAddr, AddrRefused> {
        let peer = peer.to_canonical();
        let Some(header) = self
            .header
            .as_ref()
            .filter(|_| self.any_peer || self.trusts(peer))
        else {
            return Ok(ClientAddr::new(peer, AddrSource::Peer));
        };
        match header.form {
            Form::AddressList | Form::ForwardedList => self.walk(peer, header, headers),
            Form::Single | Form::SingleWithPort => single(peer, header, headers),
        }
    }

    /// Steps 4 to 6 of the decision, for lists.
    fn walk(
        &self,
        peer: IpAddr,
        header: &ForwardHeader,
        headers: &impl Headers,
    ) -> Result<ClientAddr, AddrRefused> {
        let lines = lines(header, headers)?;
        let mut last = ClientAddr::new(peer, AddrSource::Peer);
        let elements = lines.iter().rev().flat_map(|line| elements_from_right(line));
        for (walked, element) in elements.enumerate() {
            if walked >= MAX_ELEMENTS {
                return Err(AddrRefused::new(AddrRefusedKind::TooLong));
            }
            let Some(ip) = header.form.address(element) else {
                return Ok(ClientAddr::new(last.ip(), AddrSource::LastHop));
            };
            last = ClientAddr::new(ip, AddrSource::Header);
            if self.ends_at(walked, ip) {
                return Ok(last);
            }
        }
        let short = self.hops.is_some() && last.source() == AddrSource::Header;
        Ok(if short {
            ClientAddr::new(last.ip(), AddrSource::LastHop)
        } else {
            last
        })
    }

    /// Whether the element that follows `walked` others, an address, is the client.
    fn ends_at(&self, walked: usize, ip: IpAddr) -> bool {
        match self.hops {
            Some(hops) => walked.saturating_add(1) >= usize::from(hops.get()),
            None => !self.trusts(ip),
        }
    }
}

/// The lines of the header, bounded in number and length.
fn lines<'a>(header: &'a ForwardHeader, headers: &'a impl Headers) -> Result<Vec<&'a [u8]>, AddrRefused> {
    let mut bytes = 0_usize;
    let mut lines = Vec::new();
    for line in headers.values(header.name.as_str()) {
        bytes = bytes.saturating_add(line.len());
        if bytes > MAX_BYTES || lines.len() >= MAX_ELEMENTS {
            return Err(AddrRefused::new(AddrRefusedKind::TooLong));
        }
        lines.push(line);
    }
    Ok(lines)
}

/// Steps 3, 4 and 6 of the decision, for a header with one address.
fn single(peer: IpAddr, header: &ForwardHeader, headers: &impl Headers) -> Result<ClientAddr, AddrRefused> {
    let value = headers
        .sole(header.name.as_str())
        .map_err(|_| AddrRefused::new(AddrRefusedKind::Repeated))?;
    Ok(match value {
        None => ClientAddr::new(peer, AddrSource::Peer),
        Some(text) if text.len() > MAX_BYTES => return Err(AddrRefused::new(AddrRefusedKind::TooLong)),
        Some(text) => match header.form.address(text) {
            Some(ip) => ClientAddr::new(ip, AddrSource::Header),
            None => ClientAddr::new(peer, AddrSource::LastHop),
        },
    })
}

/// Weakenings of [`TrustedProxies`].
#[derive(Clone, Debug)]
#[must_use = "a weakening is given back by its method"]
pub struct DangerousProxies(TrustedProxies);

impl DangerousProxies {
    /// Trusts whoever connects.
    ///
    /// # Security
    /// Anyone who reaches the server past the proxy chooses their own address, and with it escapes every limit by
    /// address. Only where the network lets nobody but the proxy connect, and best with
    /// [`with_hops`](TrustedProxies::with_hops).
    pub fn trust_any_peer(mut self) -> TrustedProxies {
        self.0.any_peer = true;
        self.0
    }
}
