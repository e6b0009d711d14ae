//! Where something is fetched.
use std::net::IpAddr;

use http::Uri;
use palisade_core::ConfigError;

/// An address from the configuration, never from a request or a token.
pub(super) fn parse(text: &str, scheme: &str) -> Result<Uri, ConfigError> {
    let uri: Uri = text.parse().map_err(|_| refused("it is no absolute URL"))?;
    // A fragment is dropped by the parser, and a password in the address would end in logs.
    let is_plain = !text.contains(['@', '#']) && uri.host().is_some_and(|host| !host.is_empty());
    if !is_plain {
        return Err(refused(
            "a host is needed, and neither user nor fragment is allowed",
        ));
    }
    if uri.scheme_str() != Some(scheme) {
        return Err(refused("the scheme must be https"));
    }
    Ok(uri)
}

/// The same over plain HTTP, for an address of this machine as numbers: a name can be resolved to any machine.
pub(super) fn parse_loopback(text: &str) -> Result<Uri, ConfigError> {
    let uri = parse(text, "http")?;
    let host = uri.host().unwrap_or_default();
    let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    if address.is_some_and(|address| address.to_canonical().is_loopback()) {
        return Ok(uri);
    }
    Err(refused("plain http is for 127.0.0.1 and [::1]"))
}

fn refused(problem: &'static str) -> ConfigError {
    ConfigError::new("address to fetch from", problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_without_user_and_fragment_is_an_address() {
        for good in [
            "https://id.example/keys",
            "https://id.example:8443/a?b=c",
            "https://[::1]/",
        ] {
            assert!(parse(good, "https").is_ok(), "{good}");
        }
        for bad in [
            "",
            "/keys",
            "id.example",
            "http://id.example/keys",
            "ftp://id.example/keys",
            "https://",
            "https:///keys",
            "https://user@id.example/",
            "https://user:secret@id.example/",
            "https://id.example/#a",
            "https://id example/",
        ] {
            let error = parse(bad, "https").unwrap_err().to_string();
            assert!(!error.contains("secret"), "{bad}");
        }
    }

    #[test]
    fn plain_http_is_for_numbers_of_this_machine() {
        for good in [
            "http://127.0.0.1:80/keys",
            "http://[::1]/keys",
            "http://[::ffff:127.0.0.1]/",
        ] {
            assert!(parse_loopback(good).is_ok(), "{good}");
        }
        for bad in [
            "http://localhost/",
            "http://192.0.2.1/",
            "http://0.0.0.0/",
            "https://127.0.0.1/",
        ] {
            assert!(parse_loopback(bad).is_err(), "{bad}");
        }
    }
}
