//! Where people reach the shop.
use std::fmt;
use std::str::FromStr;

use axum::http::Uri;
use axum::http::uri::{Authority, Scheme};
use palisade::core::ConfigError;

/// A web origin (RFC 6454) over which browsers return `Secure` cookies: `https`, or `http` on loopback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    scheme: Scheme,
    authority: Authority,
}

impl Origin {
    /// Whether it is reached over TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    fn is_loopback(&self) -> bool {
        let host = self.authority.host();
        let ip = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<std::net::IpAddr>();
        host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
    }
}

impl FromStr for Origin {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let wrong = |problem: &'static str| ConfigError::new("public origin", problem);
        let uri: Uri = text
            .parse()
            .map_err(|_| wrong("an origin looks like https://shop.example"))?;
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(wrong("scheme and host are needed, as in https://shop.example"));
        };
        if parts.path_and_query.is_some_and(|path| path != "/") || authority.as_str().contains('@') {
            return Err(wrong("nothing but scheme, host and port is allowed"));
        }
        let origin = Self { scheme, authority };
        if origin.is_https() || (origin.scheme == Scheme::HTTP && origin.is_loopback()) {
            Ok(origin)
        } else {
            Err(wrong(
                "browsers keep session cookies over https only, or over http on a loopback host",
            ))
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for text in [
            "https://shop.example",
            "https://shop.example:8443",
            "http://localhost:8080",
            "http://[::1]:1",
        ] {
            assert_eq!(text.parse::<Origin>().unwrap().to_string(), text);
        }
        assert_eq!(
            "https://shop.example/".parse::<Origin>().unwrap().to_string(),
            "https://shop.example"
        );
    }

    #[test]
    fn whatever_else_is_refused() {
        let wrong = [
            "",
            "shop.example",
            "https://",
            "http://shop.example",
            "ftp://shop.example",
            "https://shop.example/shop",
            "https://ada@shop.example",
            "http://localhost.example",
            "https://shop.example?x",
            "null",
            "*",
        ];
        for text in wrong {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}
