//! Where another issuer's keys are fetched.
use std::future::Future;
use std::time::Duration;

/// Fetches the JWK Set of one issuer: one HTTP request to an address that is configured, and never taken from a token.
///
/// `HttpsJwks` (feature `https`) is one. With another HTTP client it is three lines: it should follow no redirect and stop reading
/// beyond [`RemoteKeys::MAX_BYTES`](crate::RemoteKeys::MAX_BYTES); [`RemoteKeys`](crate::RemoteKeys) sees to the timeout, and to how
/// often it is asked.
pub trait JwksSource: Send + Sync + 'static {
    /// The document, as it was served with status 200.
    fn fetch(&self) -> impl Future<Output = Result<JwksDocument, JwksFailed>> + Send;
}

/// A JWK Set as it was served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JwksDocument {
    pub(super) json: Vec<u8>,
    pub(super) max_age: Option<Duration>,
}

impl JwksDocument {
    /// Notes how long the issuer says that it is good: `max-age` of `Cache-Control`, RFC 9111 section 5.2.2.1.
    ///
    /// It can only shorten the time after which keys are fetched again, and not below a minute.
    #[must_use]
    pub fn with_max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }
}

impl From<Vec<u8>> for JwksDocument {
    fn from(json: Vec<u8>) -> Self {
        Self { json, max_age: None }
    }
}

/// The JWK Set could not be fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("the published keys could not be fetched")]
#[expect(
    clippy::exhaustive_structs,
    reason = "sources outside make one, and it has nothing to tell"
)]
pub struct JwksFailed;
