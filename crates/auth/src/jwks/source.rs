//! Where another issuer's keys are fetched.
use std::future::Future;

/// Fetches the JWK Set of one issuer: one HTTP request to an address that is configured, and never taken from a token.
///
/// Three lines with whatever HTTP client the application has. The client should follow no redirect and stop reading beyond
/// [`RemoteKeys::MAX_BYTES`](crate::RemoteKeys::MAX_BYTES); [`RemoteKeys`](crate::RemoteKeys) sees to the timeout, and to how
/// often it is asked.
pub trait JwksSource: Send + Sync + 'static {
    /// The document, as it was served with status 200.
    fn fetch(&self) -> impl Future<Output = Result<Vec<u8>, JwksFailed>> + Send;
}

/// The JWK Set could not be fetched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("the published keys could not be fetched")]
#[expect(
    clippy::exhaustive_structs,
    reason = "sources outside make one, and it has nothing to tell"
)]
pub struct JwksFailed;
