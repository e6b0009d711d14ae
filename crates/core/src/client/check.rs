//! The client address as a check, for the guard layer.
use std::net::IpAddr;
use std::sync::Arc;

use http::StatusCode;

use super::doubt::Doubt;
use crate::{Check, ClientAddr, Head, Recorder, Refusal, TrustedProxies};

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
///
/// It looks at the first 1 000 requests and tells once, as `control_misconfigured`, of what cannot be right:
///
/// * `forward_header_without_trusted_proxy`: no proxy is trusted, and a request has a field that proxies write. Behind a proxy
///   that nobody named, all clients are one.
/// * `one_address_for_all_clients`: all had one address, not the machine's own, and yet different programs sent them.
///
/// A client that writes such fields itself brings an event about, and nothing else. That everybody is trusted needs no look:
/// networks of everything are refused at start.
#[derive(Clone, Debug)]
pub struct ClientAddrCheck<P> {
    proxies: TrustedProxies,
    peer: P,
    recorder: Recorder,
    doubt: Arc<Doubt>,
}

impl<P: Peer> ClientAddrCheck<P> {
    /// A check by these proxies, with the peer's address read by `peer`.
    #[must_use]
    pub fn new(proxies: TrustedProxies, peer: P) -> Self {
        Self {
            doubt: Arc::new(Doubt::about(&proxies)),
            proxies,
            peer,
            recorder: Recorder::default(),
        }
    }

    /// Records events with `recorder`.
    #[must_use]
    pub fn with_recorder(mut self, recorder: Recorder) -> Self {
        self.recorder = recorder;
        self
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
        let client = self.proxies.resolve(peer, head.headers())?;
        self.doubt.look(&client, head.headers(), &self.recorder);
        Ok(client)
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
