//! Origins, as browsers tell and compare them (RFC 6454).
use http::Uri;
use palisade_core::ConfigError;

/// Scheme, host and port, in the one spelling that is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin(Box<str>);

impl Origin {
    /// An origin of the configuration. It has no path, not even `/`: what is given is what is compared.
    pub(super) fn configured(text: &str) -> Result<Self, ConfigError> {
        Self::parse(text).ok_or_else(|| {
            let given = format!(
                "{text:?} was given; `https://host` or `https://host:port` is allowed, without a slash"
            );
            ConfigError::new("anti-forgery origin", given)
        })
    }

    /// The origin of an `Origin` field; `None` for `null` and for what is none.
    pub(super) fn presented(field: &[u8]) -> Option<Self> {
        Self::parse(std::str::from_utf8(field).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        let (scheme, authority) = (uri.scheme_str()?, uri.authority()?);
        let standard = match scheme {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        // Whatever else there is, a path, a query, a fragment, credentials, makes the text another than these two parts.
        let whole = [scheme, "://", authority.as_str()].concat();
        let (host, port) = (authority.host(), authority.port_u16());
        let has_port_or_nothing = port.is_some() || host.len() == authority.as_str().len();
        if !whole.eq_ignore_ascii_case(text) || !has_port_or_nothing || authority.as_str().contains('@') {
            return None;
        }
        let host = host.to_ascii_lowercase();
        Some(Self(match port.filter(|port| *port != standard) {
            Some(port) => format!("{scheme}://{host}:{port}").into(),
            None => format!("{scheme}://{host}").into(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port_and_nothing_else() {
        for good in [
            "https://shop.example",
            "http://localhost:8080",
            "https://[::1]:8443",
            "https://192.0.2.1",
        ] {
            assert!(Origin::configured(good).is_ok(), "{good}");
        }
        let bad = [
            "",
            "null",
            "*",
            "shop.example",
            "https://",
            "https://shop.example/",
            "https://shop.example/path",
            "https://shop.example?query=value",
            "https://shop.example#fragment",
            "https://user@shop.example",
            "https://user:pass@shop.example",
            "https://ex ample.com",
            "https://shop.example:",
            "https://shop.example:99999",
            "https://sh\u{f6}p.example",
            "ftp://shop.example",
            "file:///etc",
        ];
        for bad in bad {
            assert!(Origin::configured(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn case_and_the_standard_port_make_no_other_origin_and_scheme_and_port_do() {
        let shop = Origin::parse("https://shop.example").unwrap();
        for same in ["HTTPS://Shop.Example", "https://shop.example:443"] {
            assert_eq!(Origin::presented(same.as_bytes()), Some(shop.clone()), "{same}");
        }
        for other in [
            "http://shop.example",
            "https://shop.example:8443",
            "https://shop.example:80",
            "https://shop.example.evil.example",
            "https://evil-shop.example",
            "https://shop.example.",
        ] {
            assert_ne!(Origin::presented(other.as_bytes()), Some(shop.clone()), "{other}");
        }
        assert_eq!(Origin::presented(b"\xff\xfe"), None);
    }
}
