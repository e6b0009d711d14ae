//! Who is calling: the client's address, past the proxies that the operator trusts.
mod addr;
mod check;
mod forwarded;
mod proxies;

pub use addr::{AddrSource, ClientAddr, Network};
pub use check::{AddrRefused, AddrRefusedKind, ClientAddrCheck, Peer};
pub use proxies::{DangerousProxies, ForwardHeader, TrustedProxies};
