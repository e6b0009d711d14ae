//! Where tokens are kept until they are used.
mod memory;
#[cfg(feature = "redis")]
mod redis;

use std::time::Duration;

use palisade_core::{StoreError, TokenHash};

pub use self::memory::MemoryResets;
#[cfg(feature = "redis")]
pub use self::redis::RedisResets;
use super::ResetRecord;

/// Keeps tokens that reset a password, by their hashes.
///
/// # Contract
/// 1. `put` keeps the record for `lifetime` from now, and not a moment longer, by the store's own clock.
/// 2. `find` gives a record that is kept, and leaves it.
/// 3. `take` gives it and removes it in one atomic step: of a hundred at once, one gets it.
/// 4. A store that is full refuses to `put`; it forgets nothing that has not expired.
/// 5. An answer that is lost is an error. The record may be taken then, and is not given twice.
pub trait ResetStore: Send + Sync + 'static {
    /// Keeps a record.
    fn put(
        &self,
        token: TokenHash,
        record: ResetRecord,
        lifetime: Duration,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Reads a record.
    fn find(&self, token: TokenHash) -> impl Future<Output = Result<Option<ResetRecord>, StoreError>> + Send;

    /// Takes a record out.
    fn take(&self, token: TokenHash) -> impl Future<Output = Result<Option<ResetRecord>, StoreError>> + Send;
}
