//! One of two stores, chosen when the program starts.
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use palisade_core::{Subject, TokenHash, TokenRef};

use super::{Scope, Store};
use crate::{Changes, Draft, Rotation, SessionId};

/// One of two stores, and an answer of one of them.
///
/// For a program that keeps sessions in memory until it is told of a Redis: the choice is made once, and what is built on the
/// store has one type.
///
/// ```
/// use palisade_session::{CookiePolicy, Either, Lifetimes, MemoryStore, RedisStore, Sessions};
/// # fn redis() -> Option<RedisStore> { None }
///
/// let store: Either<MemoryStore, RedisStore> = match redis() {
///     Some(redis) => Either::Right(redis),
///     None => Either::Left(MemoryStore::new()),
/// };
/// let sessions = Sessions::new(store, CookiePolicy::default(), Lifetimes::account());
/// # let _ = sessions;
/// ```
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "there is no third of two")]
pub enum Either<A, B> {
    /// The one.
    Left(A),
    /// The other.
    Right(B),
}

impl<A: Store, B: Store> Store for Either<A, B> {
    type Create = Either<A::Create, B::Create>;
    type Load = Either<A::Load, B::Load>;
    type Update = Either<A::Update, B::Update>;
    type Rotate = Either<A::Rotate, B::Rotate>;
    type Delete = Either<A::Delete, B::Delete>;
    type List = Either<A::List, B::List>;
    type EndAll = Either<A::EndAll, B::EndAll>;
    type Revoke = Either<A::Revoke, B::Revoke>;
    type Peek = Either<A::Peek, B::Peek>;

    fn create(&self, id: SessionId, draft: Draft) -> Self::Create {
        match self {
            Self::Left(store) => Either::Left(store.create(id, draft)),
            Self::Right(store) => Either::Right(store.create(id, draft)),
        }
    }

    #[inline]
    fn load(&self, id: SessionId) -> Self::Load {
        match self {
            Self::Left(store) => Either::Left(store.load(id)),
            Self::Right(store) => Either::Right(store.load(id)),
        }
    }

    fn update(&self, id: SessionId, changes: Changes) -> Self::Update {
        match self {
            Self::Left(store) => Either::Left(store.update(id, changes)),
            Self::Right(store) => Either::Right(store.update(id, changes)),
        }
    }

    fn rotate(&self, old: SessionId, new: TokenHash, rotation: Rotation) -> Self::Rotate {
        match self {
            Self::Left(store) => Either::Left(store.rotate(old, new, rotation)),
            Self::Right(store) => Either::Right(store.rotate(old, new, rotation)),
        }
    }

    fn delete(&self, id: SessionId) -> Self::Delete {
        match self {
            Self::Left(store) => Either::Left(store.delete(id)),
            Self::Right(store) => Either::Right(store.delete(id)),
        }
    }

    fn list(&self, subject: &Subject) -> Self::List {
        match self {
            Self::Left(store) => Either::Left(store.list(subject)),
            Self::Right(store) => Either::Right(store.list(subject)),
        }
    }

    fn end(&self, subject: &Subject, session: TokenRef) -> Self::Delete {
        match self {
            Self::Left(store) => Either::Left(store.end(subject, session)),
            Self::Right(store) => Either::Right(store.end(subject, session)),
        }
    }

    fn end_all(&self, subject: &Subject, keep: Option<TokenRef>) -> Self::EndAll {
        match self {
            Self::Left(store) => Either::Left(store.end_all(subject, keep)),
            Self::Right(store) => Either::Right(store.end_all(subject, keep)),
        }
    }

    fn revoke(&self, scope: Scope<'_>) -> Self::Revoke {
        match self {
            Self::Left(store) => Either::Left(store.revoke(scope)),
            Self::Right(store) => Either::Right(store.revoke(scope)),
        }
    }

    fn peek(&self, session: TokenRef) -> Self::Peek {
        match self {
            Self::Left(store) => Either::Left(store.peek(session)),
            Self::Right(store) => Either::Right(store.peek(session)),
        }
    }

    fn claim(&self, value: TokenHash, keep: Duration) -> Self::Delete {
        match self {
            Self::Left(store) => Either::Left(store.claim(value, keep)),
            Self::Right(store) => Either::Right(store.claim(value, keep)),
        }
    }
}

impl<T, A, B> Future for Either<A, B>
where
    A: Future<Output = T> + Unpin,
    B: Future<Output = T> + Unpin,
{
    type Output = T;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        match self.get_mut() {
            Self::Left(answer) => Pin::new(answer).poll(cx),
            Self::Right(answer) => Pin::new(answer).poll(cx),
        }
    }
}
