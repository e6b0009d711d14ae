//! What a session store must do.
mod answer;
mod either;
mod memory;
#[cfg(feature = "redis")]
mod redis;

use std::sync::Arc;
use std::time::Duration;

use palisade_core::{StoreError, Subject, Tenant, TokenHash, TokenRef};

#[cfg(feature = "redis")]
pub use self::redis::RedisStore;
pub use answer::{Created, Found, Loaded, Rotated, Updated};
pub use either::Either;
pub use memory::MemoryStore;

use crate::{Changes, Draft, Listed, Record, Rotation, SessionId};

/// The most sessions of one account, whatever [`Concurrent`](crate::Concurrent) says. A login beyond it ends the account's
/// session that would expire first, so that neither a list nor a store grows by one account's logins.
pub const MAX_PER_SUBJECT: usize = 100;

/// How long an old id goes on opening the session after the new one was first presented, and how long the cookie of an
/// id that was given up just now is left alone: 10 seconds, enough for the requests of one page.
pub const OVERLAP: Duration = Duration::from_secs(10);

/// Keeps sessions, each in one place under its reference, opened by the hash of a secret; the secret itself it never sees.
///
/// The answers are futures of the store's own: [`Ready`](std::future::Ready) where it knows them at once, boxed where it
/// has to ask. They are `Unpin`, so that the layer can look whether an answer is there already.
///
/// # Contract
/// Every operation is atomic: others see all of it or nothing. A handle's clones are the same store. A store passes the
/// tests in the module `testing` (feature `test-util`).
///
/// 1. **Time** is the store's own. A session is *alive* until its idle or absolute lifetime has passed, whichever comes
///    first, and until it is ended; from then on every operation treats it as absent. [`load`](Self::load) may say which.
///    A jump of the wall clock ends no session and prolongs none, where the store can tell it from time that passes.
/// 2. [`create`](Self::create) stores a new session under a reference that no other has or had of late, or answers
///    `Taken` and changes nothing.
/// 3. [`load`](Self::load) finds a session that is alive, and counts as its use. The time of last use may lag by
///    [`touch_after`](crate::Lifetimes::touch_after), never run ahead: a session never outlives its idle time. A session
///    whose id is older than its [`renewal`](crate::Lifetimes::renewal) is told as `due`.
/// 4. [`update`](Self::update) makes changes to a session that is alive, all or none, and counts as its use. Where the
///    changes expect another version it answers `Conflict` with the present record. It never creates: what was ended
///    stays ended, on every node.
/// 5. [`rotate`](Self::rotate) replaces the secret. An update made before is in the new record; the reference stays; lists
///    show the session once. Where the old id does not open a session that is alive, nothing changes.
/// 6. **Overlap.** The id before the present one is the *old* one; ids before that are dead. After a renewal the old id
///    goes on opening the session, with the principal of before, until [`OVERLAP`] has passed since the new id was first
///    presented: `load` marks it as `late`, `update` and [`delete`](Self::delete) work. So nobody loses a session to a
///    response that never arrived. After a login the old id opens nothing: `load` says `Late` for [`OVERLAP`] and then
///    `Unknown`, `update` says `Superseded`.
/// 7. An old id is not rotated: the answer is `Superseded`, with the values where a login of the same account asks. Except
///    where the new id was never presented and is older than [`OVERLAP`]: its response was lost, and the old id of a
///    renewal may be renewed again. The id that was never presented is dead then.
/// 8. `delete` is final: whatever arrives later under that reference finds nothing, and no node can bring it back. It is
///    remembered for a while: `load` says `Late` for [`OVERLAP`], then `Ended`.
/// 9. [`list`](Self::list) tells the sessions of an account that are alive, the last used first.
/// 10. [`end`](Self::end) and [`end_all`](Self::end_all) delete by account. No session that was alive when they began is
///     alive when they are done, except the one to keep; one that is rotated meanwhile does not escape.
/// 11. [`revoke`](Self::revoke) ends every session that was begun before it, of a tenant or of everybody. A node that
///     cannot tell whether one was, answers an error.
/// 12. An account has at most as many sessions as the login's [`Concurrent`](crate::Concurrent) says, 100 at most: a login
///     beyond ends the one that would expire first, or answers `TooMany` and changes nothing.
/// 13. [`peek`](Self::peek) finds a session that is alive by its reference, and does not count as its use.
/// 14. [`claim`](Self::claim) answers `true` once for a value, and `false` for as long as it is to be remembered.
/// 15. A full store answers [`Full`](palisade_core::StoreErrorKind::Full). It may end anonymous sessions before that,
///     and never those of accounts.
/// 16. A store that cannot tell answers an error. It never answers that a session is absent because it cannot see.
/// 17. A future that is dropped leaves the operation done or not done, never half done.
pub trait Store: Clone + Send + Sync + 'static {
    /// The answer of [`create`](Self::create).
    type Create: Future<Output = Result<Created, StoreError>> + Send + Unpin + 'static;
    /// The answer of [`load`](Self::load).
    type Load: Future<Output = Result<Loaded, StoreError>> + Send + Unpin + 'static;
    /// The answer of [`update`](Self::update).
    type Update: Future<Output = Result<Updated, StoreError>> + Send + Unpin + 'static;
    /// The answer of [`rotate`](Self::rotate).
    type Rotate: Future<Output = Result<Rotated, StoreError>> + Send + Unpin + 'static;
    /// The answer of [`delete`](Self::delete), [`end`](Self::end) and [`claim`](Self::claim).
    type Delete: Future<Output = Result<bool, StoreError>> + Send + Unpin + 'static;
    /// The answer of [`list`](Self::list).
    type List: Future<Output = Result<Vec<Listed>, StoreError>> + Send + Unpin + 'static;
    /// The answer of [`end_all`](Self::end_all).
    type EndAll: Future<Output = Result<usize, StoreError>> + Send + Unpin + 'static;
    /// The answer of [`revoke`](Self::revoke).
    type Revoke: Future<Output = Result<(), StoreError>> + Send + Unpin + 'static;
    /// The answer of [`peek`](Self::peek).
    type Peek: Future<Output = Result<Option<Arc<Record>>, StoreError>> + Send + Unpin + 'static;

    /// Stores a new session.
    fn create(&self, id: SessionId, draft: Draft) -> Self::Create;

    /// Finds a session and counts as its use.
    fn load(&self, id: SessionId) -> Self::Load;

    /// Changes a session's values.
    fn update(&self, id: SessionId, changes: Changes) -> Self::Update;

    /// Replaces the secret of a session by one with the hash `new`.
    fn rotate(&self, old: SessionId, new: TokenHash, rotation: Rotation) -> Self::Rotate;

    /// Ends a session; `false` where the id opens none.
    fn delete(&self, id: SessionId) -> Self::Delete;

    /// The account's sessions, the last used first.
    fn list(&self, subject: &Subject) -> Self::List;

    /// Ends the account's session of that name; `false` where it has none.
    fn end(&self, subject: &Subject, session: TokenRef) -> Self::Delete;

    /// Ends all sessions of the account, except the one to keep, and tells how many.
    fn end_all(&self, subject: &Subject, keep: Option<TokenRef>) -> Self::EndAll;

    /// Ends every session of that scope.
    fn revoke(&self, scope: Scope<'_>) -> Self::Revoke;

    /// Finds a session by its name, without using it.
    fn peek(&self, session: TokenRef) -> Self::Peek;

    /// Whether nobody has claimed the value before; it is remembered for `keep`.
    fn claim(&self, value: TokenHash, keep: Duration) -> Self::Delete;
}

/// Whose sessions are revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scope<'a> {
    /// Everybody's, also those of visitors.
    Everybody,
    /// Those of everybody who acts for the tenant.
    Tenant(&'a Tenant),
}
