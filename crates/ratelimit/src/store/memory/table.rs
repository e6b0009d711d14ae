//! The table behind the store in memory. It has no clock: the time comes with each call.
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use palisade_core::{ConfigError, StoreError, StoreErrorKind};

use crate::gcra::{Pace, Spend, Tick};
use crate::store::Taken;
use crate::store::line::{Answer, Ask, Line};
use crate::store::slot::Print;
use crate::{Quota, RateKey};

/// Lines side by side.
#[derive(Debug)]
pub(super) struct Table {
    lines: Box<[Line]>,
    pub(super) tick: Tick,
    /// The quota that the table was made for, in its ticks.
    home: (Quota, Option<Pace>),
    crowded: Counter,
}

/// Apart from what every request reads, in a cache line of its own.
#[derive(Debug, Default)]
#[repr(align(64))]
struct Counter(AtomicU64);

/// What is asked of the table, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    pub(super) key: RateKey,
    pub(super) quota: &'a Quota,
    pub(super) cost: u64,
    pub(super) at: Duration,
}

impl Table {
    pub(super) fn new(quota: &Quota, bytes: usize) -> Result<Self, ConfigError> {
        let tick = Tick::for_quota(quota);
        let count = bytes / Line::BYTES;
        let mut lines = Vec::new();
        lines
            .try_reserve_exact(count)
            .map_err(|_| ConfigError::new("rate limit table", "the memory for it is not to be had"))?;
        lines.resize_with(count, Line::new);
        Ok(Self {
            lines: lines.into_boxed_slice(),
            tick,
            home: (*quota, Pace::new(quota, tick)),
            crowded: Counter::default(),
        })
    }

    pub(super) fn capacity(&self) -> usize {
        self.lines.len().saturating_mul(Line::SLOTS)
    }

    pub(super) fn crowded(&self) -> u64 {
        self.crowded.0.load(Ordering::Relaxed)
    }

    pub(super) fn take(&self, call: &Call<'_>) -> Result<Taken, StoreError> {
        self.answer(call, Line::take)
    }

    pub(super) fn peek(&self, call: &Call<'_>) -> Result<Taken, StoreError> {
        self.answer(call, Line::peek)
    }

    pub(super) fn reset(&self, key: RateKey) -> Result<(), StoreError> {
        let line = self.line(key).ok_or(StoreError::new(StoreErrorKind::Failed))?;
        line.reset(Print::of(key));
        Ok(())
    }

    pub(super) fn supports(&self, quota: &Quota) -> Result<(), ConfigError> {
        match self.pace(quota) {
            Some(_) => Ok(()),
            None => Err(ConfigError::new(
                "rate limit table",
                "made for a quota whose burst takes less time to come back",
            )),
        }
    }

    fn answer(&self, call: &Call<'_>, how: impl Fn(&Line, &Ask) -> Answer) -> Result<Taken, StoreError> {
        let (Some(pace), Some(line)) = (self.pace(call.quota), self.line(call.key)) else {
            return Err(StoreError::new(StoreErrorKind::Failed));
        };
        let ask = Ask {
            print: Print::of(call.key),
            now: self.tick.of_nanos(nanos(call.at)),
            pace,
            cost: call.cost,
        };
        let answer = how(line, &ask);
        if answer.crowded {
            self.crowded.0.fetch_add(1, Ordering::Relaxed);
        }
        Ok(self.taken(answer.spend, pace, call.at))
    }

    fn taken(&self, spend: Spend, pace: Pace, at: Duration) -> Taken {
        let span = |ticks| Duration::from_nanos(self.tick.nanos(ticks));
        match spend {
            Spend::Fits { debt } => Taken::admitted(at, 0, span(debt)).with_units(pace.remaining(debt)),
            Spend::Wait { wait, debt } => Taken::refused(at, 0, span(wait)).with_units(pace.remaining(debt)),
            Spend::NeverFits => Taken::never_fits(at),
        }
    }

    /// A quota in this table's ticks: worked out beforehand for the one that the table was made for.
    fn pace(&self, quota: &Quota) -> Option<Pace> {
        if *quota == self.home.0 {
            self.home.1
        } else {
            Pace::new(quota, self.tick)
        }
    }

    /// The line of a key: half of its hash, as a fraction of 2^64, times the number of lines.
    fn line(&self, key: RateKey) -> Option<&Line> {
        let lines = u128::try_from(self.lines.len()).unwrap_or(0);
        let index = u128::from(key.low()).wrapping_mul(lines) >> 64;
        self.lines.get(usize::try_from(index).ok()?)
    }
}

/// A point in time in nanoseconds, in 64 bits; saturates after 584 years.
fn nanos(at: Duration) -> u64 {
    let whole = at.as_secs().saturating_mul(1_000_000_000);
    whole.saturating_add(u64::from(at.subsec_nanos()))
}
