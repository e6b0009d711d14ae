//! Loopback ports.

use std::net::{Ipv4Addr, TcpListener};

/// A TCP port on 127.0.0.1 that nobody listened on a moment ago.
///
/// Another process may take it before the caller does. Prefer a server that binds port 0 itself and prints
/// the address it got; use this only for one that cannot.
///
/// # Panics
/// Where the machine has no loopback interface or no free port.
#[must_use]
pub fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .unwrap_or_else(|error| panic!("no free port on 127.0.0.1: {error}"))
        .port()
}
