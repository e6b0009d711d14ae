//! Resetting a forgotten password.
mod mail;
mod record;
mod service;
mod store;
#[cfg(feature = "test-util")]
mod testing;

pub use self::mail::ResetMail;
pub use self::record::ResetRecord;
pub use self::service::PasswordReset;
#[cfg(feature = "redis")]
pub use self::store::RedisResets;
pub use self::store::{MemoryResets, ResetStore};
#[cfg(feature = "test-util")]
pub use self::testing::assert_reset_store;
