//! API keys: for programs that sign in by themselves.
mod issue;
mod record;
mod service;
mod text;

pub use issue::IssuedApiKey;
pub use record::{ApiKey, ApiKeyStore};
pub use service::{ApiKeyError, ApiKeyVerifying, ApiKeys, VerifiedApiKey};
