//! One session in memory, and when it ends.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use palisade_core::{Timestamp, TokenHash};

use super::previous::Previous;
use crate::{Changes, Found, Loaded, OVERLAP, Record, Rotation, TooLarge};

/// A moment of the store's monotonic clock, in microseconds.
pub(super) type Moment = u64;

pub(super) fn micros(span: Duration) -> Moment {
    u64::try_from(span.as_micros()).unwrap_or(Moment::MAX)
}

/// What is kept under a reference.
#[derive(Debug)]
pub(super) enum Slot {
    Live(Entry),
    /// The session was ended, at that moment.
    Ended(Moment),
}

impl Slot {
    pub(super) const fn live(&self) -> Option<&Entry> {
        match self {
            Self::Live(entry) => Some(entry),
            Self::Ended(_) => None,
        }
    }

    pub(super) const fn live_mut(&mut self) -> Option<&mut Entry> {
        match self {
            Self::Live(entry) => Some(entry),
            Self::Ended(_) => None,
        }
    }
}

/// Which of a session's ids it is that is presented.
#[derive(Debug)]
pub(super) enum Opens<'a> {
    Present,
    /// The old id of a renewal.
    Old(&'a Previous),
    /// The old id of a login, which opens nothing.
    Closed(&'a Previous),
    Nothing,
}

/// A record with its times.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) record: Arc<Record>,
    /// Under which end the entry stands in the queue: never later than it really ends.
    pub(super) queued: Moment,
    id: TokenHash,
    since: Moment,
    born: Moment,
    seen: AtomicU64,
    previous: Option<Box<Previous>>,
}

impl Entry {
    pub(super) fn new(id: TokenHash, record: Record, now: Moment) -> Self {
        let mut entry = Self {
            record: Arc::new(record),
            queued: 0,
            id,
            since: now,
            born: now,
            seen: AtomicU64::new(now),
            previous: None,
        };
        entry.queued = entry.ends();
        entry
    }

    pub(super) fn seen(&self) -> Moment {
        self.seen.load(Ordering::Relaxed)
    }

    /// The end of the idle or the absolute lifetime, whichever comes first.
    pub(super) fn ends(&self) -> Moment {
        let lifetimes = self.record.lifetimes();
        let idle = self.seen().saturating_add(micros(lifetimes.idle()));
        idle.min(self.born.saturating_add(micros(lifetimes.absolute())))
    }

    pub(super) fn is_alive(&self, now: Moment) -> bool {
        now < self.ends()
    }

    /// What the id opens. Only the present and the old one open anything.
    pub(super) fn opens(&self, id: TokenHash, now: Moment) -> Opens<'_> {
        if self.id == id {
            return Opens::Present;
        }
        match self.previous.as_deref() {
            Some(old) if old.is(id) && old.is_open(now) => Opens::Old(old),
            Some(old) if old.is(id) && !old.opens_ever() => Opens::Closed(old),
            _ => Opens::Nothing,
        }
    }

    /// What a request finds that presents the id, while the session is alive.
    pub(super) fn find(&self, id: TokenHash, now: Moment) -> Loaded {
        match self.opens(id, now) {
            Opens::Present => {
                if let Some(old) = &self.previous {
                    old.close_from(now);
                }
                self.touch(now);
                Loaded::Found(self.found(now))
            }
            Opens::Old(old) => {
                self.touch(now);
                let record = self.record.seen_as(old.principal().cloned());
                Loaded::Found(Found::late(Arc::new(record)))
            }
            Opens::Closed(old) if old.is_recent(now) => Loaded::Late,
            Opens::Closed(_) | Opens::Nothing => Loaded::Unknown,
        }
    }

    fn found(&self, now: Moment) -> Found {
        let record = Arc::clone(&self.record);
        let renewal = record.lifetimes().renewal();
        if renewal.is_some_and(|every| now.saturating_sub(self.since) >= micros(every)) {
            Found::due(record)
        } else {
            Found::new(record)
        }
    }

    /// Notes the use, unless that was done a moment ago: requests of one session would else fight over one cache line.
    fn touch(&self, now: Moment) {
        if now.saturating_sub(self.seen()) >= micros(self.record.lifetimes().touch_after()) {
            self.seen.fetch_max(now, Ordering::Relaxed);
        }
    }

    pub(super) fn change(&mut self, changes: &Changes, now: Moment) -> Result<(), TooLarge> {
        self.record = Arc::new(self.record.changed(changes)?);
        self.seen.fetch_max(now, Ordering::Relaxed);
        Ok(())
    }

    /// Whether the id may be replaced by one who presents `id`: the present one, or the old one of a renewal whose new one
    /// never arrived.
    pub(super) fn may_rotate(&self, id: TokenHash, rotation: &Rotation, now: Moment) -> bool {
        match self.opens(id, now) {
            Opens::Present => true,
            Opens::Old(old) => {
                let lost = old.is_unconfirmed() && now.saturating_sub(self.since) > micros(OVERLAP);
                lost && matches!(rotation, Rotation::Renew(_))
            }
            Opens::Closed(_) | Opens::Nothing => false,
        }
    }

    /// Replaces the id at the wish of who presented `by`, after [`may_rotate`](Self::may_rotate) allowed it.
    pub(super) fn rotate(&mut self, by: TokenHash, change: (TokenHash, Rotation), now: (Moment, Timestamp)) {
        let ((new, rotation), (now, wall)) = (change, now);
        let principal = self.record.principal().cloned();
        if matches!(rotation, Rotation::Login(_)) {
            self.previous = Some(Box::new(Previous::closed(by, now)));
            self.born = now;
        } else if by == self.id {
            self.previous = Some(Box::new(Previous::open(by, principal)));
        }
        // Else the id that was never presented is dropped, and the old one stays the old one.
        self.record = Arc::new(self.record.rotated(new, rotation, wall));
        (self.id, self.since) = (new, now);
        self.seen.fetch_max(now, Ordering::Relaxed);
    }
}
