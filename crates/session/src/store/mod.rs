//! What a session store must do.
mod memory;

use std::sync::Arc;

use palisade_core::{StoreError, Subject, TokenHash, TokenRef};

pub use memory::MemoryStore;

use crate::{Changes, Draft, Listed, Record, Rotation};

/// The most sessions of one account. A login beyond it ends the account's session that would expire first, so that
/// neither a list nor a store grows by one account's logins.
pub const MAX_PER_SUBJECT: usize = 100;

/// Keeps sessions under the hash of their id; the id itself it never sees.
///
/// The answers are futures of the store's own: [`Ready`](std::future::Ready) where it knows them at once, boxed where it
/// has to ask. They are `Unpin`, so that the layer can look whether an answer is there already.
///
/// # Contract
/// Every operation is atomic: others see all of it or nothing. A handle's clones are the same store. A store passes the
/// tests in the module `testing` (feature `test-util`).
///
/// 1. **Time** is the store's own. A session is *alive* until its idle or absolute lifetime has passed, whichever comes
///    first; from then on every operation treats it as absent, and [`load`](Self::load) may say that it expired. A jump
///    of the wall clock ends no session and prolongs none.
/// 2. [`create`](Self::create) stores a new session under an id that no other has, or answers `None` and changes nothing.
/// 3. [`load`](Self::load) finds a session that is alive, and counts as its use. The time of last use may lag by
///    [`touch_after`](crate::Lifetimes::touch_after), never run ahead: a session never outlives its idle time.
/// 4. [`update`](Self::update) makes changes to a session that is alive, all or none, and counts as its use. Where the
///    changes expect another version it answers `Conflict` with the present record. It never creates: a session that was
///    deleted or rotated stays gone.
/// 5. [`rotate`](Self::rotate) moves a session to a new id. The old id is dead from then on; at no time do both find the
///    session, and lists show it once. It answers `None`, changing nothing, where the old one is not alive or the new one
///    is taken. An update made before is in the new record.
/// 6. [`delete`](Self::delete) is final: whatever arrives later under that id finds nothing.
/// 7. [`list`](Self::list) tells the sessions of an account that are alive, the last used first.
/// 8. [`end`](Self::end) and [`end_all`](Self::end_all) delete by account. No session that was alive when they began is
///    alive when they are done, except the one to keep; one that is rotated meanwhile does not escape.
/// 9. An account has at most 100 sessions; a login beyond ends its session that would expire first.
/// 10. A full store answers [`Full`](palisade_core::StoreErrorKind::Full). It may end anonymous sessions before that,
///     and never those of accounts.
/// 11. A store that cannot tell answers an error. It never answers that a session is absent because it cannot see.
/// 12. A future that is dropped leaves the operation done or not done, never half done.
pub trait Store: Clone + Send + Sync + 'static {
    /// The answer of [`create`](Self::create).
    type Create: Future<Output = Result<Option<Arc<Record>>, StoreError>> + Send + Unpin + 'static;
    /// The answer of [`load`](Self::load).
    type Load: Future<Output = Result<Loaded, StoreError>> + Send + Unpin + 'static;
    /// The answer of [`update`](Self::update).
    type Update: Future<Output = Result<Updated, StoreError>> + Send + Unpin + 'static;
    /// The answer of [`rotate`](Self::rotate).
    type Rotate: Future<Output = Result<Option<Arc<Record>>, StoreError>> + Send + Unpin + 'static;
    /// The answer of [`delete`](Self::delete) and [`end`](Self::end).
    type Delete: Future<Output = Result<bool, StoreError>> + Send + Unpin + 'static;
    /// The answer of [`list`](Self::list).
    type List: Future<Output = Result<Vec<Listed>, StoreError>> + Send + Unpin + 'static;
    /// The answer of [`end_all`](Self::end_all).
    type EndAll: Future<Output = Result<usize, StoreError>> + Send + Unpin + 'static;

    /// Stores a new session; `None` where the id is taken.
    fn create(&self, id: TokenHash, draft: Draft) -> Self::Create;

    /// Finds a session and counts as its use.
    fn load(&self, id: TokenHash) -> Self::Load;

    /// Changes a session's values.
    fn update(&self, id: TokenHash, changes: Changes) -> Self::Update;

    /// Moves a session from `old` to `new`; `None` where there is none, or where `new` is taken.
    fn rotate(&self, old: TokenHash, new: TokenHash, rotation: Rotation) -> Self::Rotate;

    /// Ends a session; `false` where there was none.
    fn delete(&self, id: TokenHash) -> Self::Delete;

    /// The account's sessions, the last used first.
    fn list(&self, subject: &Subject) -> Self::List;

    /// Ends the account's session of that name; `false` where it has none.
    fn end(&self, subject: &Subject, session: TokenRef) -> Self::Delete;

    /// Ends all sessions of the account, except the one to keep, and tells how many.
    fn end_all(&self, subject: &Subject, keep: Option<TokenRef>) -> Self::EndAll;
}

/// What a store knows of an id.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Loaded {
    /// A session that is alive.
    Found(Arc<Record>),
    /// A session whose time has passed.
    Expired,
    /// Nothing.
    Unknown,
}

/// What became of an update.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Updated {
    /// The changes are stored; this is the record now.
    Saved(Arc<Record>),
    /// Another update came first; nothing has changed. This is the record now.
    Conflict(Arc<Record>),
    /// The values would have become too large; nothing has changed.
    TooLarge,
    /// There is no such session, and the update has not made one.
    Gone,
}
