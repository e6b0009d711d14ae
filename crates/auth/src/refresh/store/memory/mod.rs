//! Families in the memory of one process.
mod rows;

use std::fmt;
use std::future::{Ready, ready};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use palisade_core::{Clock, StoreError, StoreErrorKind, SystemClock, Timestamp, TokenRef};

use self::rows::{Row, Rows};
use super::{Advanced, RefreshStore};
use crate::refresh::window::{Moment, Turn};
use crate::refresh::{Family, FamilyToken, ListedFamily, NewFamily, OwnerId};

const CAPACITY: usize = 100_000;
/// How many expired families leave with each new one.
const SWEPT: usize = 8;
/// How many leave when there is no room.
const SWEPT_WHEN_FULL: usize = 1_024;

/// Families in the memory of one process, which ends them when it ends. Clones share them.
///
/// It holds at most 100 000 unless another number is given, some 500 bytes each. Expired ones leave with those that come;
/// when it is full it answers [`Full`](palisade_core::StoreErrorKind::Full).
///
/// Times are counted by the monotonic clock. A machine that sleeps does not count its sleep.
#[derive(Clone)]
pub struct MemoryRefreshStore<C = SystemClock> {
    rows: Arc<Mutex<Rows>>,
    capacity: usize,
    clock: C,
}

impl Default for MemoryRefreshStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryRefreshStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(SystemClock::new())
    }
}

impl<C: Clock> MemoryRefreshStore<C> {
    /// An empty store that lives by another clock.
    #[must_use]
    pub fn with_clock(clock: C) -> Self {
        Self {
            rows: Arc::default(),
            capacity: CAPACITY,
            clock,
        }
    }

    /// Holds at most so many families.
    #[must_use]
    pub fn with_capacity(mut self, families: NonZeroUsize) -> Self {
        self.capacity = families.get();
        self
    }

    /// How many families it holds, those included that have expired and not left yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Rows> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Moment {
        u64::try_from(self.clock.monotonic().as_micros()).unwrap_or(u64::MAX)
    }

    /// When, by the wall clock, something was that the monotonic clock saw at `moment`.
    fn wall(&self, moment: Moment, now: Moment) -> Timestamp {
        self.clock
            .now()
            .saturating_sub(Duration::from_micros(now.saturating_sub(moment)))
    }

    fn try_create(&self, owner: OwnerId, family: NewFamily) -> Result<(), StoreError> {
        let (mut rows, now) = (self.lock(), self.now());
        rows.sweep(now, SWEPT);
        rows.make_room_of(owner, now);
        if rows.len() >= self.capacity {
            rows.sweep(now, SWEPT_WHEN_FULL);
        }
        if rows.len() >= self.capacity {
            return Err(StoreError::new(StoreErrorKind::Full));
        }
        rows.add(owner, Row::new(family, now));
        Ok(())
    }

    fn present(&self, owner: OwnerId, token: FamilyToken, grace: Duration) -> Advanced {
        let (mut rows, now) = (self.lock(), self.now());
        let Some(row) = rows.find(owner, token.family()).filter(|row| row.is_alive(now)) else {
            return Advanced::Gone;
        };
        let turn = row.window.present(token.number(), now, grace);
        let family = Family::new(self.wall(row.born, now), row.family.principal().to_vec());
        match turn {
            Turn::Reused => {
                rows.remove(owner, token.family());
                Advanced::Reused(family)
            }
            Turn::Next | Turn::Again => {
                row.seen = now;
                Advanced::Successor {
                    token: row.window.counter,
                    fresh: turn == Turn::Next,
                    family,
                }
            }
        }
    }

    fn listed(&self, owner: OwnerId) -> Vec<ListedFamily> {
        let (rows, now) = (self.lock(), self.now());
        let mut alive: Vec<_> = rows.of(owner).filter(|row| row.is_alive(now)).collect();
        alive.sort_by_key(|row| std::cmp::Reverse(row.seen));
        let listed = |row: &Row| {
            let (created, last_used) = (self.wall(row.born, now), self.wall(row.seen, now));
            ListedFamily::new(
                row.family.reference(),
                row.family.device().clone(),
                created,
                last_used,
            )
        };
        alive.into_iter().map(listed).collect()
    }

    /// Ends the families that are chosen by name, and tells how many were alive.
    fn end_chosen(&self, owner: OwnerId, chosen: impl Fn(TokenRef) -> bool) -> usize {
        let (mut rows, now) = (self.lock(), self.now());
        let ended: Vec<_> = rows
            .of(owner)
            .filter(|row| chosen(row.family.reference()))
            .map(|row| (row.family.id(), row.is_alive(now)))
            .collect();
        for (id, _) in &ended {
            rows.remove(owner, *id);
        }
        ended.into_iter().filter(|(_, was_alive)| *was_alive).count()
    }
}

impl<C: Clock> RefreshStore for MemoryRefreshStore<C> {
    type Create = Ready<Result<(), StoreError>>;
    type Advance = Ready<Result<Advanced, StoreError>>;
    type List = Ready<Result<Vec<ListedFamily>, StoreError>>;
    type End = Ready<Result<bool, StoreError>>;
    type EndAll = Ready<Result<usize, StoreError>>;

    fn create(&self, owner: OwnerId, family: NewFamily) -> Self::Create {
        ready(self.try_create(owner, family))
    }

    fn advance(&self, owner: OwnerId, token: FamilyToken, grace: Duration) -> Self::Advance {
        ready(Ok(self.present(owner, token, grace)))
    }

    fn list(&self, owner: OwnerId) -> Self::List {
        ready(Ok(self.listed(owner)))
    }

    fn end(&self, owner: OwnerId, family: TokenRef) -> Self::End {
        ready(Ok(self.end_chosen(owner, |reference| reference == family) > 0))
    }

    fn end_all(&self, owner: OwnerId, keep: Option<TokenRef>) -> Self::EndAll {
        ready(Ok(self.end_chosen(owner, |reference| Some(reference) != keep)))
    }
}

impl<C> fmt::Debug for MemoryRefreshStore<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryRefreshStore")
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
