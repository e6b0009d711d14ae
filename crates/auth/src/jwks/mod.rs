//! The keys of another issuer (feature `jwks`).
mod keys;
mod set;
mod source;

pub use keys::{FetchingKey, RemoteKeys};
pub(crate) use set::read;
pub use source::{JwksDocument, JwksFailed, JwksSource};
