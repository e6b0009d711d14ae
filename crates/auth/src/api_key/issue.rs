//! A key that was made.
use palisade_core::{Secret, TokenHash, TokenRef};

use super::ApiKey;

/// A new API key. Show its text once, keep its hash and its record, and forget the rest.
#[derive(Debug)]
pub struct IssuedApiKey {
    pub(super) text: Secret<String>,
    pub(super) hash: TokenHash,
    pub(super) record: ApiKey,
}

impl IssuedApiKey {
    /// The key, for its holder. It cannot be had again.
    #[must_use]
    pub const fn text(&self) -> &Secret<String> {
        &self.text
    }

    /// Under what the application keeps it.
    #[must_use]
    pub const fn hash(&self) -> TokenHash {
        self.hash
    }

    /// Its name in lists and logs.
    #[must_use]
    pub fn reference(&self) -> TokenRef {
        self.hash.reference()
    }

    /// What the application keeps.
    #[must_use]
    pub const fn record(&self) -> &ApiKey {
        &self.record
    }
}
