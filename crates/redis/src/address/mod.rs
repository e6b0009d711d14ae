//! Where a server is and how to log in there.
#[cfg(feature = "tls")]
mod tls;

use std::fmt;

use ::redis::io::tcp::TcpSettings;
use ::redis::{Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion};
use palisade_core::ConfigError;

/// Where a server is and how to log in there. It holds a password and is never printed.
#[derive(Clone)]
pub(crate) struct Address(ConnectionInfo);

impl Address {
    /// Reads a URL. Nothing of it is repeated in the error, since it may hold a password.
    pub(crate) fn parse(url: &str) -> Result<Self, ConfigError> {
        check_scheme(url)?;
        let info = url.into_connection_info();
        let info =
            info.map_err(|_| wrong("not of the form redis://[user][:password@]host[:port][/database]"))?;
        if matches!(info.addr(), ConnectionAddr::TcpTls { insecure: true, .. }) {
            return Err(wrong("`#insecure` would take any certificate for the right one"));
        }
        let login = info.redis_settings().clone();
        // The third version of the protocol tells when a connection has ended.
        let login = login.set_protocol(ProtocolVersion::RESP3).set_skip_set_lib_name();
        let tcp = TcpSettings::default().set_nodelay(true);
        Ok(Self(info.set_redis_settings(login).set_tcp_settings(tcp)))
    }

    /// Reads the URL of a cluster's node.
    pub(crate) fn parse_node(url: &str) -> Result<Self, ConfigError> {
        let address = Self::parse(url)?;
        if address.host_and_port().is_none() {
            return Err(wrong("a cluster's node has a host and a port"));
        }
        if address.0.redis_settings().db() != 0 {
            return Err(wrong("a cluster has no database but 0"));
        }
        Ok(address)
    }

    /// The same login at another host.
    pub(crate) fn at(&self, host: &str, port: u16) -> Self {
        let mut there = self.0.addr().clone();
        if let ConnectionAddr::Tcp(to_host, to_port)
        | ConnectionAddr::TcpTls {
            host: to_host,
            port: to_port,
            ..
        } = &mut there
        {
            host.clone_into(to_host);
            *to_port = port;
        }
        Self(self.0.clone().set_addr(there))
    }

    /// Host and port; `None` for a socket in the file system.
    pub(crate) fn host_and_port(&self) -> Option<(&str, u16)> {
        if let ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } = self.0.addr() {
            Some((host, *port))
        } else {
            None
        }
    }

    /// What opens connections to it.
    pub(crate) fn client(&self) -> Result<Client, ConfigError> {
        Client::open(self.0.clone()).map_err(|_| wrong("not an address that can be connected to"))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(..)")
    }
}

fn check_scheme(url: &str) -> Result<(), ConfigError> {
    let (scheme, _) = url.split_once(':').unwrap_or_default();
    match scheme {
        "redis" | "valkey" | "unix" | "redis+unix" | "valkey+unix" => Ok(()),
        "rediss" | "valkeys" => encrypted(),
        _ => Err(wrong("the scheme is not redis, rediss or unix")),
    }
}

/// Prepares for encrypted connections.
#[cfg(feature = "tls")]
#[expect(clippy::unnecessary_wraps, reason = "without the feature it fails")]
fn encrypted() -> Result<(), ConfigError> {
    tls::provide();
    Ok(())
}

#[cfg(not(feature = "tls"))]
fn encrypted() -> Result<(), ConfigError> {
    Err(wrong("`rediss://` needs the feature `tls`"))
}

fn wrong(problem: &'static str) -> ConfigError {
    ConfigError::new("redis address", problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_forms_are_read() {
        for url in [
            "redis://127.0.0.1",
            "redis://user:pass@cache.example:6380/2",
            "valkey://[::1]:6379",
            "unix:///run/redis.sock",
        ] {
            assert!(Address::parse(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn what_is_refused_is_not_repeated() {
        for url in [
            "",
            "hunter2",
            "http://:hunter2@cache.example",
            "redis://:hunter2@",
            "redis://:hunter2@cache.example:99999",
            "redis://:hunter2@cache.example/hunter2",
            "rediss://:hunter2@cache.example#insecure",
            "rediss://:hunter2@cache.example#hunter2",
        ] {
            let error = Address::parse(url).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{url}");
        }
    }

    #[test]
    fn a_node_of_a_cluster_has_a_port_and_one_database() {
        assert!(Address::parse_node("redis://cache.example:7000").is_ok());
        assert!(Address::parse_node("unix:///run/redis.sock").is_err());
        assert!(Address::parse_node("redis://cache.example/1").is_err());
    }

    #[test]
    fn another_host_keeps_the_login() {
        let there = Address::parse("redis://ada:hunter2@a.example:1")
            .unwrap()
            .at("b.example", 2);
        assert_eq!(there.host_and_port(), Some(("b.example", 2)));
        assert_eq!(there.0.redis_settings().password(), Some("hunter2"));
        assert_eq!(format!("{there:?}"), "Address(..)");
    }
}
