//! Sessions in the memory of one process.
mod claims;
mod ends;
mod entry;
mod previous;
mod roll;
mod room;
mod rotation;
mod shards;

use std::fmt;
use std::future::{Ready, ready};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use palisade_core::{Clock, StoreError, Subject, SystemClock, Timestamp, TokenHash, TokenRef};

use self::claims::Claims;
use self::entry::{Entry, Moment, Opens, Slot, micros};
use self::roll::Roll;
use self::shards::Shards;
use crate::{
    Changes, Created, Draft, Listed, Loaded, OVERLAP, Record, Rotated, Rotation, Scope, SessionId, Store,
    Updated,
};

/// Sessions in the memory of one process, which ends them when it ends. Clones share them.
///
/// It holds at most a number of sessions, 100 000 unless another is given; with values of 16 KiB in each that is 1.7 GB.
/// When it is full it drops, in this order, what has expired and then the anonymous session that would expire first,
/// looking at 16 of them at most. Sessions of accounts are never dropped: with nothing else left it answers
/// [`Full`](palisade_core::StoreErrorKind::Full). So a flood of anonymous visitors costs other anonymous visitors their carts and nobody
/// a login.
///
/// That a session was ended is remembered for an hour, of as many sessions as it may hold, at some 60 bytes each.
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
    claims: Mutex<Claims>,
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
                claims: Mutex::default(),
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

    fn add(&self, roll: &mut Roll, id: TokenRef, entry: Entry) -> Arc<Record> {
        let record = Arc::clone(&entry.record);
        roll.add(id, &entry);
        self.shared.shards.write(id).insert(id, Slot::Live(entry));
        record
    }

    fn try_create(&self, id: SessionId, draft: Draft) -> Result<Created, StoreError> {
        let (mut roll, now) = (self.roll(), self.now());
        let place = id.reference();
        if self.shared.shards.read(place).contains_key(&place) {
            return Ok(Created::Taken);
        }
        if !self.make_room_of(&mut roll, &draft, now) {
            return Ok(Created::TooMany);
        }
        self.make_room(&mut roll, now)?;
        let record = Record::begin(id, draft, self.clock.now());
        let entry = Entry::new(id.hash(), record, now);
        Ok(Created::Begun(self.add(&mut roll, place, entry)))
    }

    fn find(&self, id: SessionId) -> Loaded {
        let now = self.now();
        match self.shared.shards.read(id.reference()).get(&id.reference()) {
            None => Loaded::Unknown,
            Some(Slot::Ended(at)) if now.saturating_sub(*at) < micros(OVERLAP) => Loaded::Late,
            Some(Slot::Ended(_)) => Loaded::Ended,
            Some(Slot::Live(entry)) if entry.is_alive(now) => entry.find(id.hash(), now),
            Some(Slot::Live(entry)) => match entry.opens(id.hash(), now) {
                Opens::Nothing => Loaded::Unknown,
                Opens::Present | Opens::Old(_) | Opens::Closed(_) => Loaded::Expired,
            },
        }
    }

    fn change(&self, id: SessionId, changes: &Changes) -> Updated {
        let now = self.now();
        let mut shard = self.shared.shards.write(id.reference());
        let entry = shard.get_mut(&id.reference()).and_then(Slot::live_mut);
        let Some(entry) = entry.filter(|entry| entry.is_alive(now)) else {
            return Updated::Gone;
        };
        match entry.opens(id.hash(), now) {
            Opens::Present | Opens::Old(_) => {}
            Opens::Closed(_) => return Updated::Superseded,
            Opens::Nothing => return Updated::Gone,
        }
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

    fn listed(&self, subject: &Subject) -> Vec<Listed> {
        let (roll, now) = (self.roll(), self.now());
        let mut sessions = Vec::new();
        for id in roll.of(subject) {
            let shard = self.shared.shards.read(id);
            let entry = shard.get(&id).and_then(Slot::live);
            if let Some(entry) = entry.filter(|entry| entry.is_alive(now)) {
                sessions.push((entry.seen(), Arc::clone(&entry.record)));
            }
        }
        sessions.sort_by_key(|(seen, _)| std::cmp::Reverse(*seen));
        let listed = |(seen, record)| Listed::new(record, self.wall(seen, now));
        sessions.into_iter().map(listed).collect()
    }

    /// Looks at what is kept of a session that was not ended.
    fn with_live<T>(&self, id: TokenRef, look: impl FnOnce(&Entry) -> T) -> Option<T> {
        let shard = self.shared.shards.read(id);
        shard.get(&id).and_then(Slot::live).map(look)
    }
}

impl<C: Clock> Store for MemoryStore<C> {
    type Create = Ready<Result<Created, StoreError>>;
    type Load = Ready<Result<Loaded, StoreError>>;
    type Update = Ready<Result<Updated, StoreError>>;
    type Rotate = Ready<Result<Rotated, StoreError>>;
    type Delete = Ready<Result<bool, StoreError>>;
    type List = Ready<Result<Vec<Listed>, StoreError>>;
    type EndAll = Ready<Result<usize, StoreError>>;
    type Revoke = Ready<Result<(), StoreError>>;
    type Peek = Ready<Result<Option<Arc<Record>>, StoreError>>;

    fn create(&self, id: SessionId, draft: Draft) -> Self::Create {
        ready(self.try_create(id, draft))
    }

    fn load(&self, id: SessionId) -> Self::Load {
        ready(Ok(self.find(id)))
    }

    fn update(&self, id: SessionId, changes: Changes) -> Self::Update {
        ready(Ok(self.change(id, &changes)))
    }

    fn rotate(&self, old: SessionId, new: TokenHash, rotation: Rotation) -> Self::Rotate {
        ready(Ok(self.try_rotate(old, new, rotation)))
    }

    fn delete(&self, id: SessionId) -> Self::Delete {
        ready(Ok(self.remove(id)))
    }

    fn list(&self, subject: &Subject) -> Self::List {
        ready(Ok(self.listed(subject)))
    }

    fn end(&self, subject: &Subject, session: TokenRef) -> Self::Delete {
        ready(Ok(self.end_chosen(subject, |id| id == session) > 0))
    }

    fn end_all(&self, subject: &Subject, keep: Option<TokenRef>) -> Self::EndAll {
        ready(Ok(self.end_chosen(subject, |id| Some(id) != keep)))
    }

    fn revoke(&self, scope: Scope<'_>) -> Self::Revoke {
        self.end_scope(scope);
        ready(Ok(()))
    }

    fn peek(&self, session: TokenRef) -> Self::Peek {
        let now = self.now();
        let alive = |entry: &Entry| entry.is_alive(now).then(|| Arc::clone(&entry.record));
        ready(Ok(self.with_live(session, alive).flatten()))
    }

    fn claim(&self, value: TokenHash, keep: Duration) -> Self::Delete {
        let now = self.now();
        let mut claims = self.shared.claims.lock().unwrap_or_else(PoisonError::into_inner);
        ready(claims.claim(value, now, now.saturating_add(micros(keep))))
    }
}

impl<C> fmt::Debug for MemoryStore<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore")
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}
