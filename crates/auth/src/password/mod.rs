//! Passwords: what is allowed, how they are hashed, and by whom.
mod engine;
mod error;
mod hash;
#[cfg(test)]
pub(crate) mod lab;
mod params;
mod policy;
mod pool;
mod service;
mod settings;
mod text;

pub use error::{PasswordError, PasswordErrorKind};
pub use hash::{MalformedHash, PasswordHash};
pub use params::{Argon2Cost, Argon2Params};
pub use policy::{AcceptedPassword, PasswordContext, PasswordPolicy, PasswordRefused};
pub use pool::HashLoad;
pub use service::{PasswordVerified, Passwords};
pub use settings::PasswordSettings;
pub(crate) use text::{folded, normalised};
