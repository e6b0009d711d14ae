//! Fetches the keys of an issuer.
use std::time::Duration;

use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, Uri};
use palisade_core::ConfigError;

use super::address;
use super::client::HttpsClient;
use crate::{JwksDocument, JwksFailed, JwksSource, RemoteKeys};

/// The published keys of one issuer, over HTTPS: the source for [`RemoteKeys`].
///
/// ```no_run
/// use palisade_auth::{HttpsClient, HttpsJwks, RemoteKeys};
/// let source = HttpsJwks::new(HttpsClient::new()?, "https://id.example/.well-known/jwks.json")?;
/// let keys = RemoteKeys::new(source);
/// # Ok::<(), palisade_core::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct HttpsJwks {
    client: HttpsClient,
    uri: Uri,
}

impl HttpsJwks {
    /// Fetches from `address`: the `jwks_uri` of the issuer's metadata.
    ///
    /// # Errors
    /// [`ConfigError`] for what is no `https` URL, or one with a user or a fragment.
    pub fn new(client: HttpsClient, address: &str) -> Result<Self, ConfigError> {
        let uri = address::parse(address, "https")?;
        Ok(Self { client, uri })
    }

    /// Fetches over plain HTTP from an address of this machine, for development and tests.
    ///
    /// # Errors
    /// [`ConfigError`] for any other address than `http` and numbers of the loopback network.
    ///
    /// # Security
    /// Any process of this machine can take the port, and then decides whose tokens are good.
    pub fn dangerously_plain(client: HttpsClient, address: &str) -> Result<Self, ConfigError> {
        let uri = address::parse_loopback(address)?;
        Ok(Self { client, uri })
    }
}

impl JwksSource for HttpsJwks {
    async fn fetch(&self) -> Result<JwksDocument, JwksFailed> {
        let accept = [(ACCEPT, "application/jwk-set+json, application/json")];
        let answer = self.client.get(&self.uri, &accept, RemoteKeys::MAX_BYTES).await;
        let answer = answer.map_err(|_| JwksFailed)?;
        if !may_be_json(&answer.head) {
            return Err(JwksFailed);
        }
        let document = JwksDocument::from(answer.body);
        Ok(match max_age(&answer.head) {
            Some(age) => document.with_max_age(age),
            None => document,
        })
    }
}

/// Whether a body may be JSON by its type. Issuers send several types, or none; a page for people is neither.
fn may_be_json(head: &HeaderMap) -> bool {
    let Some(given) = head.get(CONTENT_TYPE) else {
        return true;
    };
    let given = given.to_str().unwrap_or_default().to_ascii_lowercase();
    let kind = given.split(';').next().unwrap_or_default().trim();
    kind.ends_with("json") || matches!(kind, "text/plain" | "application/octet-stream")
}

/// `max-age`, RFC 9111 section 5.2.2.1; zero for `no-store` and `no-cache`.
fn max_age(head: &HeaderMap) -> Option<Duration> {
    let fields = head.get_all(CACHE_CONTROL).iter();
    let directives = fields
        .filter_map(|field| field.to_str().ok())
        .flat_map(|field| field.split(','));
    directives
        .filter_map(|directive| age(&directive.trim().to_ascii_lowercase()))
        .min()
}

fn age(directive: &str) -> Option<Duration> {
    match directive.split_once('=') {
        Some(("max-age", seconds)) => seconds.trim_matches('"').parse().ok().map(Duration::from_secs),
        None if matches!(directive, "no-store" | "no-cache") => Some(Duration::ZERO),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_age_counts() {
        for (field, seconds) in [
            ("max-age=300", Some(300)),
            ("public, Max-Age=300, must-revalidate", Some(300)),
            ("max-age=300, max-age=60", Some(60)),
            ("no-store, max-age=300", Some(0)),
            ("max-age=\"60\"", Some(60)),
            ("s-maxage=60", None),
            ("max-age=-1", None),
            ("max-age=soon", None),
            ("", None),
        ] {
            let head = HeaderMap::from_iter([(CACHE_CONTROL, field.parse().unwrap())]);
            assert_eq!(max_age(&head), seconds.map(Duration::from_secs), "{field}");
        }
        assert_eq!(max_age(&HeaderMap::new()), None);
    }

    #[test]
    fn a_page_is_no_key_set() {
        for (kind, may) in [
            ("application/json", true),
            ("application/jwk-set+json; charset=utf-8", true),
            ("Text/Plain", true),
            ("text/html", false),
            ("application/xml", false),
            ("\u{e9}", false),
        ] {
            let head = HeaderMap::from_iter([(CONTENT_TYPE, http::HeaderValue::from_str(kind).unwrap())]);
            assert_eq!(may_be_json(&head), may, "{kind}");
        }
        assert!(may_be_json(&HeaderMap::new()));
    }
}
