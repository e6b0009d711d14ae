//! Signed access tokens (feature `tokens`).
mod algorithm;
mod cache;
mod claims;
mod header;
mod headers;
mod issuer;
pub(crate) mod json;
mod jwk_set;
mod key;
mod keys;
mod profile;
mod signature;
mod signing;
mod source;
mod verified;
mod verifier;

pub use algorithm::Algorithm;
pub use issuer::{Grant, IssueError, IssuedToken, Issuer};
pub use key::VerifyingKey;
pub use keys::SigningKeys;
pub use profile::TokenProfile;
#[cfg(any(feature = "dpop", feature = "jwks"))]
pub(crate) use signature::Public;
pub use signing::SigningKey;
pub use source::{Keys, KeysUnavailable};
pub use verified::VerifiedToken;
pub use verifier::{AccessTokens, Verifying};
