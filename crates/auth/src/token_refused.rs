//! A token that was refused.
use std::fmt;

/// A token that does not let anyone in. Its text is constant and holds nothing of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenRefused(TokenRefusedKind);

/// Why a token was refused, for events and tests. Clients are told that it was, and not why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenRefusedKind {
    /// It is longer than a token may be.
    TooLarge,
    /// It is not three parts of base64url with a header and claims in JSON; something occurs twice; or a claim is not of its type.
    Malformed,
    /// It is a token of another type.
    Type,
    /// No trusted key has that id.
    UnknownKey,
    /// The key's algorithm is another.
    Algorithm,
    /// The signature is not the key's.
    Signature,
    /// A claim is missing, or names nobody.
    Claims,
    /// Another issued it.
    Issuer,
    /// It is for somebody else.
    Audience,
    /// Its time has passed.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// It lives longer than a token may.
    Lifetime,
    /// It was revoked: itself, its session, its subject, its tenant or all tokens of its time.
    Revoked,
    /// It is bound to a key, and whoever presented it did not prove to have that key.
    Unproven,
    /// There is no such token: it was never issued, or it has been deleted.
    Unknown,
    /// The keys that verify it, or what is stored of it, cannot be known at the moment.
    Unavailable,
}

impl TokenRefused {
    /// Why.
    #[must_use]
    pub const fn kind(&self) -> TokenRefusedKind {
        self.0
    }
}

impl TokenRefusedKind {
    /// The kind as the reason of an event.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Malformed => "malformed",
            Self::Type => "type",
            Self::UnknownKey => "unknown_key",
            Self::Algorithm => "algorithm",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::Lifetime => "lifetime",
            Self::Revoked => "revoked",
            Self::Unproven => "unproven",
            Self::Unknown => "unknown",
            Self::Unavailable => "unavailable",
        }
    }
}

impl From<TokenRefusedKind> for TokenRefused {
    fn from(kind: TokenRefusedKind) -> Self {
        Self(kind)
    }
}

impl fmt::Display for TokenRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 == TokenRefusedKind::Unavailable {
            "the token cannot be verified at the moment"
        } else {
            "the token is not valid"
        })
    }
}

impl std::error::Error for TokenRefused {}
