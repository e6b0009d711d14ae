//! Who is calling: the client's address, past the proxies that the operator trusts.
mod addr;
mod check;
mod doubt;
mod forwarded;
mod networks;
mod proxies;

pub use addr::{AddrSource, ClientAddr, Network};
pub use check::{AddrRefused, AddrRefusedKind, ClientAddrCheck, Peer};
pub use networks::Networks;
pub use proxies::{DangerousProxies, ForwardHeader, TrustedProxies};
