//! The contract of [`Store`] as a suite that any store can be held to.
mod after;
mod bench;
mod blocks;
mod counting;
mod flood;
mod plans;
mod several;
mod sliding;
mod under_way;
mod windows;

use std::future::Future;
use std::time::Duration;

use palisade_core::FakeClock;

use crate::store::Store;
use crate::{MemoryStore, Quotas};

/// Opens the stores that the suite asks for, and moves their time.
///
/// Their time stands still until it is moved: the suite asks what is admitted a millisecond before it should be, and what then.
/// A store whose time is a server's is opened so that it takes the time from the test.
pub trait Timed {
    /// The store.
    type Store: Store;

    /// An empty store for those quotas.
    fn open(&self, quotas: &Quotas) -> impl Future<Output = Self::Store>;

    /// Moves the time of all stores that this opened, by whole microseconds.
    fn advance(&self, span: Duration) -> impl Future<Output = ()>;
}

/// Opens stores in memory, of 64 KiB.
#[derive(Clone, Debug, Default)]
pub struct InMemory {
    clock: FakeClock,
}

impl InMemory {
    /// The clock of the stores.
    #[must_use]
    pub const fn clock(&self) -> &FakeClock {
        &self.clock
    }
}

impl Timed for InMemory {
    type Store = MemoryStore<FakeClock>;

    #[expect(clippy::expect_used, reason = "a test fails by panicking")]
    async fn open(&self, quotas: &Quotas) -> Self::Store {
        let store = MemoryStore::sized(*quotas, 64 << 10).expect("64 KiB are to be had");
        store.with_clock(self.clock.clone())
    }

    async fn advance(&self, span: Duration) {
        self.clock.advance(span);
    }
}

/// Holds a store to its [contract](Store#the-contract), number by number: every kind of quota, several at once, and quotas that
/// change from call to call.
///
/// # Panics
/// When the store breaks the contract; the message names the number.
pub async fn contract<T: Timed>(timed: &T) {
    counting::check(timed).await;
    windows::check(timed).await;
    sliding::check(timed).await;
    several::check(timed).await;
    after::check(timed).await;
    blocks::check(timed).await;
    plans::check(timed).await;
    flood::check(timed).await;
    under_way::check(timed).await;
}
