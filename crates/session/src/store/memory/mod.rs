//! Sessions in the memory of one process.
mod entry;
mod roll;
mod room;
mod shards;

use std::fmt;
use std::future::{Ready, ready};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use palisade_core::{Clock, StoreError, Subject, SystemClock, Timestamp, TokenHash, TokenRef};

use self::entry::{Entry, Moment, micros};
use self::roll::Roll;
use self::room::SWEPT;
use self::shards::Shards;
use crate::{Changes, Draft, Listed, Loaded, Record, Rotation, Store, Updated};

/// Sessions in the memory of one process, which ends them when it ends. Clones share them.
///
/// It holds at most a number of sessions, 100 000 unless another is given; with values of 16 KiB in each that is 1.7 GB.
/// When it is full it drops, in this order, what has expired and then the anonymous session that would expire first,
/// looking at 16 of them at most. Sessions of accounts are never dropped: with nothing else left it answers
/// [`Full`](palisade_core::StoreErrorKind::Full). So a flood of anonymous visitors costs other anonymous visitors their carts and nobody
/// a login.
///
/// Expired sessions leave with later changes: each new session or new id also takes out up to eight that have expired.
///
/// Times are counted by the monotonic clock. A machine that sleeps does not count its sleep.
#[derive(Clone)]
pub struct MemoryStore<C = SystemClock> {
    shared: Arc<Shared>,
    capacity: usize,
    clock: C,
}

struct Shared {
    shards: Shards,
    roll: Mutex<Roll>,
}

const CAPACITY: usize = 100_000;

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(SystemClock::new())
    }
}

impl<C: Clock> MemoryStore<C> {
    /// An empty store that lives by another clock.
    #[must_use]
    pub fn with_clock(clock: C) -> Self {
        Self {
            shared: Arc::new(Shared {
                shards: Shards::new(),
                roll: Mutex::default(),
            }),
            capacity: CAPACITY,
            clock,
        }
    }

    /// Holds at most so many sessions.
    #[must_use]
    pub fn with_capacity(mut self, sessions: NonZeroUsize) -> Self {
        self.capacity = sessions.get();
        self
    }

    /// How many sessions it holds, those included that have expired and not left yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.roll().len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn now(&self) -> Moment {
        micros(self.clock.monotonic())
    }

    fn roll(&self) -> MutexGuard<'_, Roll> {
        self.shared.roll.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When, by the wall clock, something was that the monotonic clock saw at `moment`.
    fn wall(&self, moment: Moment, now: Moment) -> Timestamp {
        let ago = Duration::from_micros(now.saturating_sub(moment));
        self.clock.now().saturating_sub(ago)
    }

    fn add(&self, roll: &mut Roll, id: TokenHash, entry: Entry) -> Arc<Record> {
        let record = Arc::clone(&entry.record);
        roll.add(id, &entry);
        self.shared.shards.write(id).insert(id, entry);
        record
    }

    fn take(&self, roll: &mut Roll, id: TokenHash) -> Option<Entry> {
        let entry = self.shared.shards.write(id).remove(&id)?;
        roll.remove(id, &entry);
        Some(entry)
    }

    fn try_create(&self, id: TokenHash, draft: Draft) -> Result<Option<Arc<Record>>, StoreError> {
        let (mut roll, now) = (self.roll(), self.now());
        if self.shared.shards.read(id).contains_key(&id) {
            return Ok(None);
        }
        if let Some(principal) = &draft.principal {
            self.make_room_of(&mut roll, principal.subject());
        }
        self.make_room(&mut roll, now)?;
        let record = Record::begin(id, draft, self.clock.now());
        Ok(Some(self.add(&mut roll, id, Entry::new(record, now, now))))
    }

    fn find(&self, id: TokenHash) -> Loaded {
        let now = self.now();
        match self.shared.shards.read(id).get(&id) {
            None => Loaded::Unknown,
            Some(entry) if !entry.is_alive(now) => Loaded::Expired,
            Some(entry) => {
                entry.touch(now);
                Loaded::Found(Arc::clone(&entry.record))
            }
        }
    }

    fn change(&self, id: TokenHash, changes: &Changes) -> Updated {
        let now = self.now();
        let mut shard = self.shared.shards.write(id);
        let Some(entry) = shard.get_mut(&id).filter(|entry| entry.is_alive(now)) else {
            return Updated::Gone;
        };
        if changes
            .expected()
            .is_some_and(|version| version != entry.record.version())
        {
            return Updated::Conflict(Arc::clone(&entry.record));
        }
        match entry.change(changes, now) {
            Ok(()) => Updated::Saved(Arc::clone(&entry.record)),
            Err(_) => Updated::TooLarge,
        }
    }

    fn try_rotate(&self, old: TokenHash, new: TokenHash, rotation: Rotation) -> Option<Arc<Record>> {
        let (mut roll, now) = (self.roll(), self.now());
        self.sweep(&mut roll, now, SWEPT);
        if self.shared.shards.read(new).contains_key(&new) {
            return None;
        }
        let entry = self.take(&mut roll, old).filter(|entry| entry.is_alive(now))?;
        let born = match rotation {
            Rotation::Login(_) | Rotation::Switch(_) => now,
            Rotation::Renew(_) => entry.born(),
        };
        let record = entry.record.rotated(rotation, self.clock.now());
        if let Some(principal) = record.principal() {
            self.make_room_of(&mut roll, principal.subject());
        }
        Some(self.add(&mut roll, new, Entry::new(record, born, now)))
    }

    fn listed(&self, subject: &Subject) -> Vec<Listed> {
        let (roll, now) = (self.roll(), self.now());
        let mut sessions = Vec::new();
        for id in roll.of(subject) {
            let shard = self.shared.shards.read(id);
            if let Some(entry) = shard.get(&id).filter(|entry| entry.is_alive(now)) {
                sessions.push((entry.seen(), Arc::clone(&entry.record)));
            }
        }
        sessions.sort_by_key(|(seen, _)| std::cmp::Reverse(*seen));
        let listed = |(seen, record)| Listed::new(record, self.wall(seen, now));
        sessions.into_iter().map(listed).collect()
    }

    /// Ends the account's sessions that are chosen by name, and tells how many were alive.
    fn end_chosen(&self, subject: &Subject, chosen: impl Fn(TokenRef) -> bool) -> usize {
        let (mut roll, now) = (self.roll(), self.now());
        let mut ended = 0_usize;
        for id in roll.of(subject) {
            let reference = self
                .shared
                .shards
                .read(id)
                .get(&id)
                .map(|entry| entry.record.reference());
            let entry = reference
                .filter(|reference| chosen(*reference))
                .and_then(|_| self.take(&mut roll, id));
            if entry.is_some_and(|entry| entry.is_alive(now)) {
                ended = ended.saturating_add(1);
            }
        }
        ended
    }
}

impl<C: Clock> Store for MemoryStore<C> {
    type Create = Ready<Result<Option<Arc<Record>>, StoreError>>;
    type Load = Ready<Result<Loaded, StoreError>>;
    type Update = Ready<Result<Updated, StoreError>>;
    type Rotate = Ready<Result<Option<Arc<Record>>, StoreError>>;
    type Delete = Ready<Result<bool, StoreError>>;
    type List = Ready<Result<Vec<Listed>, StoreError>>;
    type EndAll = Ready<Result<usize, StoreError>>;

    fn create(&self, id: TokenHash, draft: Draft) -> Self::Create {
        ready(self.try_create(id, draft))
    }

    fn load(&self, id: TokenHash) -> Self::Load {
        ready(Ok(self.find(id)))
    }

    fn update(&self, id: TokenHash, changes: Changes) -> Self::Update {
        ready(Ok(self.change(id, &changes)))
    }

    fn rotate(&self, old: TokenHash, new: TokenHash, rotation: Rotation) -> Self::Rotate {
        ready(Ok(self.try_rotate(old, new, rotation)))
    }

    fn delete(&self, id: TokenHash) -> Self::Delete {
        let (mut roll, now) = (self.roll(), self.now());
        let entry = self.take(&mut roll, id);
        ready(Ok(entry.is_some_and(|entry| entry.is_alive(now))))
    }

    fn list(&self, subject: &Subject) -> Self::List {
        ready(Ok(self.listed(subject)))
    }

    fn end(&self, subject: &Subject, session: TokenRef) -> Self::Delete {
        ready(Ok(self.end_chosen(subject, |reference| reference == session) > 0))
    }

    fn end_all(&self, subject: &Subject, keep: Option<TokenRef>) -> Self::EndAll {
        ready(Ok(self.end_chosen(subject, |reference| Some(reference) != keep)))
    }
}

impl<C> fmt::Debug for MemoryStore<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
