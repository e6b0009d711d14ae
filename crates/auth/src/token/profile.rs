//! What a token must be to be taken.
use std::time::Duration;

use palisade_core::{ConfigError, PrincipalKind, Timestamp};

use super::claims::{Claims, Micros, Origin};
use super::header::Header;
use crate::TokenRefusedKind as Kind;

/// The longest issuer and audience, in bytes.
const MAX_NAME: usize = 256;

/// Whose tokens are taken, and for whom they must be. Issuer and audience are named at once; neither can be left out.
///
/// | | default | allowed |
/// |---|---|---|
/// | type | `at+jwt` (RFC 9068) | |
/// | leeway for clocks that differ | 30 s | up to 60 s |
/// | longest life, `exp` - `iat` | 1 h | 1 s to 24 h |
/// | longest token | 8192 bytes | 256 to 65 536 |
#[derive(Clone, Debug)]
pub struct TokenProfile {
    issuer: Box<str>,
    audience: Box<str>,
    origin: Origin,
    leeway: Duration,
    max_lifetime: Duration,
    max_bytes: usize,
    takes_plain_type: bool,
}

impl TokenProfile {
    /// The longest leeway.
    pub const MAX_LEEWAY: Duration = Duration::from_secs(60);
    /// The longest life that can be allowed.
    pub const MAX_LIFETIME: Duration = Duration::from_secs(24 * 3600);

    /// Tokens of this library's [`Issuer`](crate::Issuer), by the same names: they carry the whole principal.
    ///
    /// # Errors
    /// [`ConfigError`] for an empty name or one of more than 256 bytes.
    pub fn first_party(issuer: &str, audience: &str) -> Result<Self, ConfigError> {
        Self::new(issuer, audience, Origin::Own)
    }

    /// Access tokens of another issuer, by RFC 9068. Their subjects are of the given kind and limited to the token's scopes;
    /// what such a token says of roles, tenants and factors gives nothing here. An application that wants to map them reads
    /// [`VerifiedToken::claims`](crate::VerifiedToken::claims).
    ///
    /// # Errors
    /// [`ConfigError`] for an empty name or one of more than 256 bytes.
    pub fn third_party(issuer: &str, audience: &str, kind: PrincipalKind) -> Result<Self, ConfigError> {
        Self::new(issuer, audience, Origin::Foreign(kind))
    }

    /// Lets clocks differ by so much, instead of 30 s.
    ///
    /// # Errors
    /// [`ConfigError`] beyond 60 s.
    pub fn with_leeway(mut self, leeway: Duration) -> Result<Self, ConfigError> {
        if leeway > Self::MAX_LEEWAY {
            let problem = format!("{leeway:?} is more than {:?}", Self::MAX_LEEWAY);
            return Err(ConfigError::new("token leeway", problem));
        }
        self.leeway = leeway;
        Ok(self)
    }

    /// Takes tokens that live up to so long, instead of 1 h.
    ///
    /// # Errors
    /// [`ConfigError`] below 1 s and beyond 24 h.
    pub fn with_max_lifetime(mut self, lifetime: Duration) -> Result<Self, ConfigError> {
        if !(Duration::from_secs(1)..=Self::MAX_LIFETIME).contains(&lifetime) {
            let problem = format!("{lifetime:?} is not between 1s and {:?}", Self::MAX_LIFETIME);
            return Err(ConfigError::new("longest token life", problem));
        }
        self.max_lifetime = lifetime;
        Ok(self)
    }

    /// Looks at tokens of up to so many bytes, instead of 8192.
    ///
    /// # Errors
    /// [`ConfigError`] below 256 and beyond 65 536.
    pub fn with_max_bytes(mut self, bytes: usize) -> Result<Self, ConfigError> {
        if !(256..=65_536).contains(&bytes) {
            let problem = format!("{bytes} bytes are not between 256 and 65536");
            return Err(ConfigError::new("longest token", problem));
        }
        self.max_bytes = bytes;
        Ok(self)
    }

    /// Takes the types `JWT` and none at all besides `at+jwt`, for issuers older than RFC 9068.
    ///
    /// # Security
    /// Whatever that issuer signs for this audience is then an access token: an ID token, a logout token, a receipt
    /// (RFC 8725 section 3.11 is about this).
    #[must_use]
    pub fn dangerously_take_plain_type(mut self) -> Self {
        self.takes_plain_type = true;
        self
    }

    pub(super) const fn origin(&self) -> Origin {
        self.origin
    }

    pub(super) const fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// How long after its issue the oldest token can still be valid.
    pub(super) fn horizon(&self) -> Duration {
        self.max_lifetime.saturating_add(self.leeway)
    }

    pub(super) fn check_header(&self, header: &Header<'_>) -> Result<(), Kind> {
        let is_plain = || header.kind.is_none() || header.is_kind("JWT");
        let taken = header.is_kind("at+jwt") || (self.takes_plain_type && is_plain());
        taken.then_some(()).ok_or(Kind::Type)
    }

    /// Checks the names and the lifetime, which do not change.
    pub(super) fn check_claims(&self, claims: &Claims<'_>) -> Result<Span, Kind> {
        let issuer = claims.issuer.as_ref().ok_or(Kind::Claims)?;
        let audience = claims.audience.as_ref().ok_or(Kind::Claims)?;
        if issuer.as_str() != &*self.issuer {
            return Err(Kind::Issuer);
        }
        if !audience.contains(&self.audience) {
            return Err(Kind::Audience);
        }
        let span = Span::read(claims).ok_or(Kind::Claims)?;
        if span.expires.since(span.issued) > self.max_lifetime || span.expires <= span.issued {
            return Err(Kind::Lifetime);
        }
        Ok(span)
    }

    /// Checks the times.
    pub(super) fn check_time(&self, span: &Span, now: Timestamp) -> Result<(), Kind> {
        if now >= span.expires.saturating_add(self.leeway) {
            return Err(Kind::Expired);
        }
        if span.issued.max(span.not_before) > now.saturating_add(self.leeway) {
            return Err(Kind::NotYetValid);
        }
        Ok(())
    }

    fn new(issuer: &str, audience: &str, origin: Origin) -> Result<Self, ConfigError> {
        Ok(Self {
            issuer: name("token issuer", issuer)?,
            audience: name("token audience", audience)?,
            origin,
            leeway: Duration::from_secs(30),
            max_lifetime: Duration::from_secs(3600),
            max_bytes: 8192,
            takes_plain_type: false,
        })
    }
}

/// When a token is valid.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) issued: Timestamp,
    pub(super) not_before: Timestamp,
    pub(super) expires: Timestamp,
}

impl Span {
    fn read(claims: &Claims<'_>) -> Option<Self> {
        let micros = claims.own.issued_micros.map_or(0, |Micros(micros)| micros);
        let micros = Duration::from_micros(micros.into());
        Some(Self {
            issued: Timestamp::from_secs(claims.issued?).saturating_add(micros),
            not_before: Timestamp::from_secs(claims.not_before.unwrap_or(0)),
            expires: Timestamp::from_secs(claims.expires?),
        })
    }
}

/// An issuer's or an audience's name.
pub(super) fn name(setting: &'static str, name: &str) -> Result<Box<str>, ConfigError> {
    if name.is_empty() || name.len() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(ConfigError::new(
            setting,
            "1 to 256 bytes without control characters are allowed",
        ));
    }
    Ok(name.into())
}
