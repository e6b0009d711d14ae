//! The proof that a token was verified.
use std::fmt;
use std::sync::Arc;

use palisade_core::{Principal, Timestamp};
use serde::de::DeserializeOwned;

use super::VerifyingKey;
use super::claims::{Claims, Origin};
use super::json::Text;
use super::profile::Span;

/// A token that was verified, and all that it says. Only [`AccessTokens`](crate::AccessTokens) makes one. Clones are cheap.
#[derive(Clone)]
pub struct VerifiedToken(Arc<Inner>);

struct Inner {
    principal: Principal,
    id: Box<str>,
    session: Option<Box<str>>,
    client: Option<Box<str>>,
    key_thumbprint: Option<Box<str>>,
    span: Span,
    key: Arc<VerifyingKey>,
    payload: Vec<u8>,
}

impl VerifiedToken {
    /// Makes the proof; `None` where the claims name nobody or the token has no id.
    pub(super) fn unsealed(
        claims: &Claims<'_>,
        origin: Origin,
        span: Span,
        key: Arc<VerifyingKey>,
    ) -> Option<Unsealed> {
        let boxed = |text: Option<&Text<'_>>| text.map(|text| Box::from(text.as_str()));
        let inner = Inner {
            principal: claims.principal(origin)?,
            id: boxed(claims.id.as_ref().filter(|id| !id.as_str().is_empty()))?,
            session: boxed(claims.session.as_ref()),
            client: boxed(claims.client.as_ref()),
            key_thumbprint: boxed(claims.key_thumbprint.as_ref()),
            span,
            key,
            payload: Vec::new(),
        };
        Some(Unsealed(inner))
    }

    /// Whom it names.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.0.principal
    }

    /// Its id (`jti`).
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// The session or family of refresh tokens that it comes from (`sid`).
    #[must_use]
    pub fn session(&self) -> Option<&str> {
        self.0.session.as_deref()
    }

    /// The client that it was issued to (`client_id`).
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.0.client.as_deref()
    }

    /// When it was issued.
    #[must_use]
    pub fn issued_at(&self) -> Timestamp {
        self.0.span.issued
    }

    /// When it ends.
    #[must_use]
    pub fn expires_at(&self) -> Timestamp {
        self.0.span.expires
    }

    /// The thumbprint of the key that its holder must have (`cnf.jkt`, RFC 9449 section 6.1).
    #[must_use]
    pub fn key_thumbprint(&self) -> Option<&str> {
        self.0.key_thumbprint.as_deref()
    }

    /// All claims, as the application's own type; `None` where they do not fit it.
    ///
    /// Each call reads the payload again: keep what it gives.
    #[must_use]
    pub fn claims<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.0.payload).ok()
    }

    pub(super) fn span(&self) -> &Span {
        &self.0.span
    }

    pub(super) fn key(&self) -> &Arc<VerifyingKey> {
        &self.0.key
    }
}

/// What only lacks its payload, from which it was read.
pub(super) struct Unsealed(Inner);

impl Unsealed {
    pub(super) fn seal(mut self, payload: Vec<u8>) -> VerifiedToken {
        self.0.payload = payload;
        VerifiedToken(Arc::new(self.0))
    }
}

impl fmt::Debug for VerifiedToken {
    // Subject, ids and claims are about a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifiedToken")
            .field("expires_at", &self.expires_at())
            .finish_non_exhaustive()
    }
}
