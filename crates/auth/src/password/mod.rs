//! Passwords: what is allowed, how they are hashed, and by whom.
mod breach;
mod engine;
mod error;
mod hash;
#[cfg(test)]
pub(crate) mod lab;
mod params;
mod pepper;
mod policy;
mod pool;
mod service;
mod settings;
mod text;
mod work;

pub use breach::{
    AcceptPassword, BreachDigest, BreachFilter, BreachFilterBuilder, BreachRanges, BreachScreen, RangePrefix,
    RangeSource,
};
#[cfg(feature = "legacy")]
pub(crate) use engine::{Engine, EngineFailed};
pub use error::{PasswordError, PasswordErrorKind};
#[cfg(feature = "legacy")]
pub(crate) use hash::{Argon2Hash, Expected, Form, Opened};
pub use hash::{MalformedHash, PasswordHash};
pub use params::{Argon2Cost, Argon2Params};
pub use pepper::Pepper;
#[cfg(feature = "legacy")]
pub(crate) use pepper::Wrap;
pub use policy::{AcceptedPassword, PasswordContext, PasswordPolicy, PasswordRefused};
pub use pool::HashLoad;
pub(crate) use service::Upgrade;
pub use service::{PasswordVerified, Passwords};
pub use settings::PasswordSettings;
pub(crate) use text::{folded, normalised};
#[cfg(feature = "legacy")]
pub(crate) use work::{Argon2Work, Output, Work};
