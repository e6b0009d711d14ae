//! One session in memory, and when it ends.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::{Changes, Record, TooLarge};

/// A moment of the store's monotonic clock, in microseconds.
pub(super) type Moment = u64;

pub(super) fn micros(span: Duration) -> Moment {
    u64::try_from(span.as_micros()).unwrap_or(Moment::MAX)
}

/// A record with its times.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) record: Arc<Record>,
    /// Under which end the entry stands in the queue: never later than it really ends.
    pub(super) queued: Moment,
    born: Moment,
    seen: AtomicU64,
}

impl Entry {
    pub(super) fn new(record: Record, born: Moment, now: Moment) -> Self {
        let mut entry = Self {
            record: Arc::new(record),
            queued: 0,
            born,
            seen: AtomicU64::new(now),
        };
        entry.queued = entry.ends();
        entry
    }

    pub(super) const fn born(&self) -> Moment {
        self.born
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

    /// Notes the use, unless that was done a moment ago: requests of one session would else fight over one cache line.
    pub(super) fn touch(&self, now: Moment) {
        if now.saturating_sub(self.seen()) >= micros(self.record.lifetimes().touch_after()) {
            self.seen.fetch_max(now, Ordering::Relaxed);
        }
    }

    pub(super) fn change(&mut self, changes: &Changes, now: Moment) -> Result<(), TooLarge> {
        self.record = Arc::new(self.record.changed(changes)?);
        self.seen.fetch_max(now, Ordering::Relaxed);
        Ok(())
    }
}
