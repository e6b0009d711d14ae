//! One of two stores, chosen when the program starts.
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use palisade_core::ConfigError;

use super::{Block, Charge, Store};
use crate::{Quotas, RateKey};

/// One of two stores, and an answer of one of them.
///
/// For a program that counts in memory until it is told of a Redis: the choice is made once, and what is built on the store has
/// one type.
#[derive(Clone, Debug)]
#[expect(clippy::exhaustive_enums, reason = "there is no third of two")]
pub enum Either<A, B> {
    /// The one.
    Left(A),
    /// The other.
    Right(B),
}

impl<A: Store, B: Store> Store for Either<A, B> {
    type Take = Either<A::Take, B::Take>;
    type Done = Either<A::Done, B::Done>;
    type Block = Either<A::Block, B::Block>;

    #[inline]
    fn take(&self, key: RateKey, quotas: &Quotas, cost: u64) -> Self::Take {
        match self {
            Self::Left(store) => Either::Left(store.take(key, quotas, cost)),
            Self::Right(store) => Either::Right(store.take(key, quotas, cost)),
        }
    }

    fn peek(&self, key: RateKey, quotas: &Quotas) -> Self::Take {
        match self {
            Self::Left(store) => Either::Left(store.peek(key, quotas)),
            Self::Right(store) => Either::Right(store.peek(key, quotas)),
        }
    }

    fn refund(&self, key: RateKey, quotas: &Quotas, charge: Charge) -> Self::Done {
        match self {
            Self::Left(store) => Either::Left(store.refund(key, quotas, charge)),
            Self::Right(store) => Either::Right(store.refund(key, quotas, charge)),
        }
    }

    fn penalize(&self, key: RateKey, quotas: &Quotas, cost: u64) -> Self::Done {
        match self {
            Self::Left(store) => Either::Left(store.penalize(key, quotas, cost)),
            Self::Right(store) => Either::Right(store.penalize(key, quotas, cost)),
        }
    }

    fn block(&self, key: RateKey, block: Block) -> Self::Block {
        match self {
            Self::Left(store) => Either::Left(store.block(key, block)),
            Self::Right(store) => Either::Right(store.block(key, block)),
        }
    }

    fn reset(&self, key: RateKey) -> Self::Done {
        match self {
            Self::Left(store) => Either::Left(store.reset(key)),
            Self::Right(store) => Either::Right(store.reset(key)),
        }
    }

    fn supports(&self, quotas: &Quotas) -> Result<(), ConfigError> {
        match self {
            Self::Left(store) => store.supports(quotas),
            Self::Right(store) => store.supports(quotas),
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
