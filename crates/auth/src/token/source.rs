//! Where verifying keys come from.
use std::future::Future;
use std::sync::Arc;

use super::VerifyingKey;

/// A set of keys, by id: the issuer's own [`SigningKeys`](crate::SigningKeys), or those that another issuer publishes.
///
/// The future of [`fetch`](Self::fetch) is `Unpin`, so that a layer can look whether the answer is there already.
pub trait Keys: Clone + Send + Sync + 'static {
    /// The answer of [`fetch`](Self::fetch).
    type Fetch: Future<Output = Result<Option<Arc<VerifyingKey>>, KeysUnavailable>> + Send + Unpin + 'static;

    /// The key of that id, where it is at hand and trusted. It neither waits nor asks anyone.
    fn known(&self, kid: &str) -> Option<Arc<VerifyingKey>>;

    /// Whether the key, which [`known`](Self::known) or [`fetch`](Self::fetch) gave earlier, is trusted still.
    fn trusts(&self, key: &Arc<VerifyingKey>) -> bool;

    /// Looks further for a key that is not at hand. It is called with ids that anybody can invent, so it must bound by
    /// itself how often it asks anyone.
    fn fetch(&self, kid: &str) -> Self::Fetch;
}

/// The keys cannot be known at the moment, so no token can be verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the verifying keys are not available")]
#[non_exhaustive]
pub struct KeysUnavailable;
