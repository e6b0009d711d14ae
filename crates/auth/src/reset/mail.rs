//! What is to be sent.
use std::time::Duration;

use palisade_core::{Secret, Subject};

use crate::Identifier;

/// A link that was issued and is to be sent to the account's address, *as stored*.
///
/// Put the token into the link's fragment or path, send the page with `Referrer-Policy: no-referrer`, and log neither.
#[derive(Debug)]
#[must_use = "the token is to be sent to the account's owner"]
pub struct ResetMail {
    pub(super) subject: Subject,
    pub(super) identifier: Identifier,
    pub(super) token: Secret<String>,
    pub(super) lifetime: Duration,
}

impl ResetMail {
    /// Whose password may be reset.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The account's address, as stored.
    #[must_use]
    pub const fn identifier(&self) -> &Identifier {
        &self.identifier
    }

    /// The token: 43 characters, safe in URLs.
    #[must_use]
    pub const fn token(&self) -> &Secret<String> {
        &self.token
    }

    /// For how long it is good.
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        self.lifetime
    }
}
