#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod api_key;
mod bearer;
#[cfg(feature = "dpop")]
mod dpop;
mod either;
#[cfg(feature = "tokens")]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "https")]
mod https;
#[cfg(feature = "jwks")]
mod jwks;
#[cfg(feature = "legacy")]
mod legacy;
mod login;
mod password;
mod refresh;
mod renewal;
mod reset;
mod retry;
mod revocation;
mod time;
#[cfg(feature = "tokens")]
mod token;
mod token_refused;

pub use api_key::{ApiKey, ApiKeyError, ApiKeyStore, ApiKeyVerifying, ApiKeys, IssuedApiKey, VerifiedApiKey};
pub use bearer::{
    BearerCheck, BearerChecking, BearerRefused, BearerRefusedKind, TokenVerifier, bearer_token,
};
#[cfg(feature = "tower")]
pub use bearer::{BearerFuture, BearerLayer, BearerService};
#[cfg(feature = "dpop")]
pub use dpop::{DpopProofs, DpopRefused, DpopTokens, DpopVerifying, MemoryReplays, ProvenKey, ReplayStore};
pub use either::Either;
#[cfg(feature = "https")]
pub use https::{HttpsClient, HttpsJwks, HttpsRanges};
#[cfg(feature = "jwks")]
pub use jwks::{FetchingKey, JwksDocument, JwksFailed, JwksSource, RemoteKeys};
pub use login::{
    Account, Accounts, Authenticated, Authenticator, DangerouslyUnlimited, Identifier, LoginBucket,
    LoginCharge, LoginLimiter, LoginRefused, LoginRefusedKind, MalformedIdentifier, Migration,
};
pub use password::{
    AcceptPassword, AcceptedPassword, Argon2Cost, Argon2Params, BreachDigest, BreachFilter,
    BreachFilterBuilder, BreachRanges, BreachScreen, HashLoad, MalformedHash, PasswordContext, PasswordError,
    PasswordErrorKind, PasswordHash, PasswordPolicy, PasswordRefused, PasswordSettings, PasswordVerified,
    Passwords, Pepper, RangePrefix, RangeSource,
};
#[cfg(feature = "redis")]
pub use refresh::RedisRefreshStore;
#[cfg(feature = "test-util")]
pub use refresh::assert_refresh_store;
pub use refresh::{
    Advanced, Begun, DeviceLabel, Family, FamilyToken, ListedFamily, MAX_FAMILIES, MemoryRefreshStore,
    NewFamily, OwnerId, RefreshLifetimes, RefreshRefused, RefreshRefusedKind, RefreshStore, RefreshTokens,
    Refreshed,
};
pub use renewal::{
    ChangeRequest, Credential, Credentials, PasswordChange, PasswordChanged, PasswordRenewal, RenewalRefused,
    RenewalRefusedKind,
};
#[cfg(feature = "redis")]
pub use reset::RedisResets;
#[cfg(feature = "test-util")]
pub use reset::assert_reset_store;
pub use reset::{MemoryResets, PasswordReset, ResetMail, ResetRecord, ResetStore};
pub use revocation::Revocations;
#[cfg(feature = "redis")]
pub use revocation::SharedRevocations;
#[cfg(feature = "tokens")]
pub use token::{
    AccessTokens, Algorithm, Grant, IssueError, IssuedToken, Issuer, Keys, KeysUnavailable, SigningKey,
    SigningKeys, TokenProfile, VerifiedToken, Verifying, VerifyingKey,
};
pub use token_refused::{TokenRefused, TokenRefusedKind};
