//! The window of a quota that has a pace: lines side by side.
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use palisade_core::{ConfigError, StoreError, StoreErrorKind};

use super::call::Call;
use super::crowd::Crowd;
use super::place::of_key;
use crate::gcra::{Pace, Spend, Tick};
use crate::store::Taken;
use crate::store::line::{Answer, Ask, Line};
use crate::store::slot::Print;
use crate::{Quota, QuotaKind, RateKey};

/// Lines side by side.
pub(super) struct Table {
    lines: Box<[Line]>,
    pub(super) tick: Tick,
    /// The quota that the table was made for, in its ticks.
    home: (Quota, Pace),
    /// The most that may be forgotten of a debt, by the least of all quotas that were counted here.
    forgettable: AtomicU64,
    crowd: Crowd,
}

impl Table {
    pub(super) fn new(quota: &Quota, bytes: usize) -> Result<Self, ConfigError> {
        let tick = Tick::for_quota(quota);
        let pace = Pace::new(quota, tick).ok_or_else(too_long)?;
        let count = bytes / Line::BYTES;
        let mut lines = Vec::new();
        lines
            .try_reserve_exact(count)
            .map_err(|_| ConfigError::new("rate limit table", "the memory for it is not to be had"))?;
        lines.resize_with(count, Line::new);
        Ok(Self {
            lines: lines.into_boxed_slice(),
            tick,
            home: (*quota, pace),
            forgettable: AtomicU64::new(pace.forgettable()),
            crowd: Crowd::default(),
        })
    }

    pub(super) fn capacity(&self) -> usize {
        self.lines.len().saturating_mul(Line::SLOTS)
    }

    pub(super) const fn crowd(&self) -> &Crowd {
        &self.crowd
    }

    #[inline]
    pub(super) fn take(&self, call: &Call<'_>) -> Result<Taken, StoreError> {
        self.answer(call, Line::take)
    }

    pub(super) fn peek(&self, call: &Call<'_>) -> Result<Taken, StoreError> {
        self.answer(call, Line::peek)
    }

    pub(super) fn penalize(&self, call: &Call<'_>) -> Result<(), StoreError> {
        self.answer(call, Line::penalize).map(|_| ())
    }

    pub(super) fn refund(&self, call: &Call<'_>, charged: u64) -> Result<(), StoreError> {
        let (line, ask) = self.asked(call)?;
        line.refund(&ask, self.tick.of_nanos(charged));
        Ok(())
    }

    pub(super) fn reset(&self, key: RateKey) {
        if let Some(line) = of_key(&self.lines, key) {
            line.reset(Print::of(key));
        }
    }

    pub(super) fn supports(&self, quota: &Quota) -> Result<(), ConfigError> {
        self.pace(quota).map(|_| ()).ok_or_else(too_long)
    }

    #[inline]
    fn answer(&self, call: &Call<'_>, how: impl Fn(&Line, &Ask) -> Answer) -> Result<Taken, StoreError> {
        let (line, ask) = self.asked(call)?;
        let answer = how(line, &ask);
        if answer.crowded {
            self.crowd.met();
        }
        Ok(self.taken(answer.spend, ask.pace, call.now.at))
    }

    #[inline]
    fn asked(&self, call: &Call<'_>) -> Result<(&Line, Ask), StoreError> {
        let (Some(pace), Some(line)) = (self.pace(call.quota), of_key(&self.lines, call.key)) else {
            return Err(StoreError::new(StoreErrorKind::Failed));
        };
        let ask = Ask {
            print: Print::of(call.key),
            now: self.tick.of_nanos(call.now.nanos),
            pace,
            forgettable: self.forgettable.load(Ordering::Relaxed),
            cost: call.cost,
        };
        Ok((line, ask))
    }

    #[inline]
    fn taken(&self, spend: Spend, pace: Pace, at: Duration) -> Taken {
        let span = |ticks| Duration::from_nanos(self.tick.nanos(ticks));
        match spend {
            Spend::Fits { debt } => Taken::admitted(at, 0, span(debt)).with_units(pace.remaining(debt)),
            Spend::Wait { wait, debt } => Taken::refused(at, 0, span(wait)).with_units(pace.remaining(debt)),
            Spend::NeverFits => Taken::never_fits(at),
        }
    }

    /// A quota in this table's ticks: worked out beforehand for the one that the table was made for.
    #[inline]
    fn pace(&self, quota: &Quota) -> Option<Pace> {
        if quota.counts_like(&self.home.0) {
            Some(self.home.1)
        } else {
            self.pace_of_another(quota)
        }
    }

    /// From now on no more is forgotten of a debt than this quota allows too: a slot does not say by which it was charged.
    fn pace_of_another(&self, quota: &Quota) -> Option<Pace> {
        let pace = Pace::new(quota, self.tick).filter(|_| quota.kind() == QuotaKind::Gcra)?;
        if pace.forgettable() < self.forgettable.load(Ordering::Relaxed) {
            self.forgettable.fetch_min(pace.forgettable(), Ordering::Relaxed);
        }
        Some(pace)
    }
}

fn too_long() -> ConfigError {
    ConfigError::new(
        "rate limit table",
        "made for a quota whose burst takes much less time to come back",
    )
}
