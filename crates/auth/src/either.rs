//! One of two stores, chosen when the program starts.
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use palisade_core::{StoreError, TokenHash, TokenRef};

use crate::{FamilyToken, NewFamily, OwnerId, RefreshStore, ResetRecord, ResetStore};

/// One of two stores, and an answer of one of them.
///
/// For a program that keeps tokens in memory until it is told of a Redis: the choice is made once, and what is built on the
/// store has one type.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "there is no third of two")]
pub enum Either<A, B> {
    /// The one.
    Left(A),
    /// The other.
    Right(B),
}

impl<A: RefreshStore, B: RefreshStore> RefreshStore for Either<A, B> {
    type Create = Either<A::Create, B::Create>;
    type Advance = Either<A::Advance, B::Advance>;
    type List = Either<A::List, B::List>;
    type End = Either<A::End, B::End>;
    type EndAll = Either<A::EndAll, B::EndAll>;

    fn create(&self, owner: OwnerId, family: NewFamily) -> Self::Create {
        match self {
            Self::Left(store) => Either::Left(store.create(owner, family)),
            Self::Right(store) => Either::Right(store.create(owner, family)),
        }
    }

    fn advance(&self, owner: OwnerId, token: FamilyToken, grace: Duration) -> Self::Advance {
        match self {
            Self::Left(store) => Either::Left(store.advance(owner, token, grace)),
            Self::Right(store) => Either::Right(store.advance(owner, token, grace)),
        }
    }

    fn list(&self, owner: OwnerId) -> Self::List {
        match self {
            Self::Left(store) => Either::Left(store.list(owner)),
            Self::Right(store) => Either::Right(store.list(owner)),
        }
    }

    fn end(&self, owner: OwnerId, family: TokenRef) -> Self::End {
        match self {
            Self::Left(store) => Either::Left(store.end(owner, family)),
            Self::Right(store) => Either::Right(store.end(owner, family)),
        }
    }

    fn end_all(&self, owner: OwnerId, keep: Option<TokenRef>) -> Self::EndAll {
        match self {
            Self::Left(store) => Either::Left(store.end_all(owner, keep)),
            Self::Right(store) => Either::Right(store.end_all(owner, keep)),
        }
    }
}

impl<A: ResetStore, B: ResetStore> ResetStore for Either<A, B> {
    async fn put(&self, token: TokenHash, record: ResetRecord, lifetime: Duration) -> Result<(), StoreError> {
        match self {
            Self::Left(store) => store.put(token, record, lifetime).await,
            Self::Right(store) => store.put(token, record, lifetime).await,
        }
    }

    async fn find(&self, token: TokenHash) -> Result<Option<ResetRecord>, StoreError> {
        match self {
            Self::Left(store) => store.find(token).await,
            Self::Right(store) => store.find(token).await,
        }
    }

    async fn take(&self, token: TokenHash) -> Result<Option<ResetRecord>, StoreError> {
        match self {
            Self::Left(store) => store.take(token).await,
            Self::Right(store) => store.take(token).await,
        }
    }
}

impl<T, A, B> Future for Either<A, B>
where
    A: Future<Output = T> + Unpin,
    B: Future<Output = T> + Unpin,
{
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        match self.get_mut() {
            Self::Left(answer) => Pin::new(answer).poll(cx),
            Self::Right(answer) => Pin::new(answer).poll(cx),
        }
    }
}
