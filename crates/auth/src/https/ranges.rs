//! Asks a service for leaked passwords.
use http::{HeaderName, Uri};
use palisade_core::{ConfigError, StoreError, StoreErrorKind};

use super::address;
use super::client::HttpsClient;
use crate::{BreachRanges, RangePrefix, RangeSource};

/// Ranges of leaked passwords, over HTTPS: the source for [`BreachRanges`](crate::BreachRanges).
#[derive(Clone, Debug)]
pub struct HttpsRanges {
    client: HttpsClient,
    base: Box<str>,
}

impl HttpsRanges {
    /// Asks Have I Been Pwned.
    #[must_use]
    pub fn new(client: HttpsClient) -> Self {
        let base = "https://api.pwnedpasswords.com/range/".into();
        Self { client, base }
    }

    /// Asks a mirror: the address before the five digits.
    ///
    /// # Errors
    /// [`ConfigError`] for what is no `https` URL, or one with a user or a fragment.
    pub fn with_mirror(mut self, base: &str) -> Result<Self, ConfigError> {
        address::parse(base, "https")?;
        self.base = base.into();
        Ok(self)
    }

    /// Asks a mirror on this machine over plain HTTP.
    ///
    /// # Errors
    /// [`ConfigError`] for any other address than `http` and numbers of the loopback network.
    ///
    /// # Security
    /// Any process of this machine can take the port, learn the digits that are asked for, and answer that nothing was leaked.
    pub fn dangerously_plain_mirror(mut self, base: &str) -> Result<Self, ConfigError> {
        address::parse_loopback(base)?;
        self.base = base.into();
        Ok(self)
    }
}

impl RangeSource for HttpsRanges {
    async fn fetch(&self, prefix: RangePrefix) -> Result<Vec<u8>, StoreError> {
        let uri: Uri = format!("{}{prefix}", self.base)
            .parse()
            .map_err(|error| StoreError::caused_by(StoreErrorKind::Failed, error))?;
        let padding = [(HeaderName::from_static("add-padding"), "true")];
        let answer = self.client.get(&uri, &padding, BreachRanges::MAX_BYTES).await?;
        Ok(answer.body)
    }
}
