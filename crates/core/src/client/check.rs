//! The client address as a check, for the guard layer.
use std::net::IpAddr;

use http::StatusCode;

use crate::{Check, ClientAddr, Head, Refusal, TrustedProxies};

/// Where the peer's address stands: given by the server, which is not Palisade's to know.
///
/// Every `Fn(&Head<'_>) -> Option<IpAddr>` is one. For axum:
/// `|head: &Head<'_>| head.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip())`.
pub trait Peer: Clone {
    /// The address of the socket's other end; `None` where the server did not give it.
    fn peer(&self, head: &Head<'_>) -> Option<IpAddr>;
}

impl<F: Fn(&Head<'_>) -> Option<IpAddr> + Clone> Peer for F {
    fn peer(&self, head: &Head<'_>) -> Option<IpAddr> {
        self(head)
    }
}

/// Finds the [`ClientAddr`] of a request and leaves it in the request's extensions.
///
/// It is a [`Check`]: `GuardLayer::new(ClientAddrCheck::new(proxies, peer))` is the layer.
#[derive(Clone, Debug)]
pub struct ClientAddrCheck<P> {
    proxies: TrustedProxies,
    peer: P,
}

impl<P: Peer> ClientAddrCheck<P> {
    /// A check by these proxies, with the peer's address read by `peer`.
    #[must_use]
    pub const fn new(proxies: TrustedProxies, peer: P) -> Self {
        Self { proxies, peer }
    }
}

impl<P: Peer> Check for ClientAddrCheck<P> {
    type Witness = ClientAddr;
    type Refusal = AddrRefused;

    fn check(&self, head: &Head<'_>) -> Result<ClientAddr, AddrRefused> {
        let peer = self
            .peer
            .peer(head)
            .ok_or(AddrRefused::new(AddrRefusedKind::NoPeer))?;
        self.proxies.resolve(peer, head.headers())
    }
}

/// A request whose client cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the address of the client cannot be told")]
pub struct AddrRefused(AddrRefusedKind);

/// Why the client cannot be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AddrRefusedKind {
    /// The server gave no peer address: it is not set up to.
    NoPeer,
    /// A header that may occur once was repeated.
    Repeated,
    /// The header is longer than any chain of proxies makes it.
    TooLong,
}

impl AddrRefused {
    pub(crate) const fn new(kind: AddrRefusedKind) -> Self {
        Self(kind)
    }

    /// Why.
    #[must_use]
    pub const fn kind(&self) -> AddrRefusedKind {
        self.0
    }
}

impl Refusal for AddrRefused {
    fn status(&self) -> StatusCode {
        match self.0 {
            AddrRefusedKind::NoPeer => StatusCode::INTERNAL_SERVER_ERROR,
            AddrRefusedKind::Repeated => StatusCode::BAD_REQUEST,
            AddrRefusedKind::TooLong => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        }
    }

    fn code(&self) -> &'static str {
        match self.0 {
            AddrRefusedKind::NoPeer => "peer_unknown",
            AddrRefusedKind::Repeated => "forward_header_repeated",
            AddrRefusedKind::TooLong => "forward_header_too_long",
        }
    }
}
