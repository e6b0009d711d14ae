//! What a store of refresh tokens must do.
mod memory;
#[cfg(feature = "redis")]
mod redis;

use std::future::Future;
use std::time::Duration;

use palisade_core::{StoreError, TokenRef};

pub use memory::MemoryRefreshStore;
#[cfg(feature = "redis")]
pub use redis::RedisRefreshStore;

use super::{Family, FamilyToken, ListedFamily, NewFamily, OwnerId};

/// The most families of one account. A login beyond it ends the account's family that was used least recently, so that
/// neither a list nor a store grows by one account's logins.
pub const MAX_FAMILIES: usize = 50;

/// Keeps families of refresh tokens: one row for each, however often it is refreshed.
///
/// # Contract
/// Every operation is atomic: others see all of it or nothing. A handle's clones are the same store. A store passes the
/// tests in the module `testing` (feature `test-util`).
///
/// 1. **Time** is the store's own. A family is *alive* until its idle or absolute time has passed, whichever comes first; from
///    then on every operation treats it as absent.
/// 2. [`create`](Self::create) stores a family whose last token is number 0. An account has at most 50; one more ends the one
///    that was used least recently.
/// 3. [`advance`](Self::advance) with the number of the last token makes the next one the last, and counts as use.
/// 4. With the number of a token used before, [`advance`](Self::advance) tells the last number and changes nothing, if that token
///    was first used within the grace: it is the last but one and was replaced within the grace, or it was used within
///    the grace that began with the first use of the window. However many ask at one moment, one advances.
/// 5. Any other number ends the family for good, and is told as `Reused`. That includes numbers that were never issued:
///    a store that lost what it had promised knows no longer who holds what.
/// 6. [`list`](Self::list) tells the families of an owner that are alive, the last used first.
/// 7. [`end`](Self::end) and [`end_all`](Self::end_all) delete by owner, for good: whatever arrives later finds nothing.
/// 8. A full store answers [`Full`](palisade_core::StoreErrorKind::Full) and ends nobody's family for another account.
/// 9. A store that cannot tell answers an error. It never answers that a family is absent because it cannot see.
/// 10. A future that is dropped leaves the operation done or not done, never half done.
pub trait RefreshStore: Clone + Send + Sync + 'static {
    /// The answer of [`create`](Self::create).
    type Create: Future<Output = Result<(), StoreError>> + Send + Unpin + 'static;
    /// The answer of [`advance`](Self::advance).
    type Advance: Future<Output = Result<Advanced, StoreError>> + Send + Unpin + 'static;
    /// The answer of [`list`](Self::list).
    type List: Future<Output = Result<Vec<ListedFamily>, StoreError>> + Send + Unpin + 'static;
    /// The answer of [`end`](Self::end).
    type End: Future<Output = Result<bool, StoreError>> + Send + Unpin + 'static;
    /// The answer of [`end_all`](Self::end_all).
    type EndAll: Future<Output = Result<usize, StoreError>> + Send + Unpin + 'static;

    /// Stores a new family.
    fn create(&self, owner: OwnerId, family: NewFamily) -> Self::Create;

    /// Presents a token.
    fn advance(&self, owner: OwnerId, token: FamilyToken, grace: Duration) -> Self::Advance;

    /// The owner's families, the last used first.
    fn list(&self, owner: OwnerId) -> Self::List;

    /// Ends the owner's family of that name; `false` where there is none.
    fn end(&self, owner: OwnerId, family: TokenRef) -> Self::End;

    /// Ends all families of the owner, except the one to keep, and tells how many.
    fn end_all(&self, owner: OwnerId, keep: Option<TokenRef>) -> Self::EndAll;
}

/// What became of a token that was presented.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Advanced {
    /// The token of that number is the last one now; `fresh` where this use made it so.
    Successor {
        /// The number of the token to give.
        token: u32,
        /// Whether it was made by this use, or by an earlier one of the same token.
        fresh: bool,
        /// The family.
        family: Family,
    },
    /// It was used before. The family has been ended.
    Reused(Family),
    /// There is no such family: it never was, was ended, or its time has passed.
    Gone,
}
