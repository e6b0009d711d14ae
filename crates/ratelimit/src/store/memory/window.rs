//! The table of one of a store's quotas.
use palisade_core::{ConfigError, StoreError};

use super::call::Call;
use super::crowd::Crowd;
use super::records::Records;
use super::table::Table;
use crate::sliding_counter::Counter;
use crate::sliding_log::Log;
use crate::store::Taken;
use crate::{Quota, QuotaKind, RateKey};

/// The table of one of a store's quotas, by its kind.
pub(super) enum Window {
    Paced(Table),
    Strict(Records<Counter>),
    Exact(Records<Log>),
}

/// The same call to whichever table it is.
macro_rules! each {
    ($window:expr, $table:ident => $call:expr) => {
        match $window {
            Window::Paced($table) => $call,
            Window::Strict($table) => $call,
            Window::Exact($table) => $call,
        }
    };
}

impl Window {
    pub(super) fn new(quota: &Quota, bytes: usize) -> Result<Self, ConfigError> {
        Ok(match quota.kind() {
            QuotaKind::Gcra => Self::Paced(Table::new(quota, bytes)?),
            QuotaKind::SlidingCounter => Self::Strict(Records::new(bytes)?),
            QuotaKind::SlidingLog => Self::Exact(Records::new(bytes)?),
        })
    }

    pub(super) fn capacity(&self) -> usize {
        each!(self, table => table.capacity())
    }

    pub(super) const fn crowd(&self) -> &Crowd {
        each!(self, table => table.crowd())
    }

    pub(super) fn take(&self, call: &Call<'_>) -> Result<Taken, StoreError> {
        each!(self, table => table.take(call))
    }

    pub(super) fn peek(&self, call: &Call<'_>) -> Result<Taken, StoreError> {
        each!(self, table => table.peek(call))
    }

    pub(super) fn penalize(&self, call: &Call<'_>) -> Result<(), StoreError> {
        each!(self, table => table.penalize(call))
    }

    /// Takes back what was charged at `charged` nanoseconds.
    pub(super) fn refund(&self, call: &Call<'_>, charged: u64) -> Result<(), StoreError> {
        each!(self, table => table.refund(call, charged))
    }

    pub(super) fn reset(&self, key: RateKey) {
        each!(self, table => table.reset(key));
    }

    pub(super) fn supports(&self, quota: &Quota) -> Result<(), ConfigError> {
        match (self, quota.kind()) {
            (Self::Paced(table), QuotaKind::Gcra) => table.supports(quota),
            (Self::Strict(_), QuotaKind::SlidingCounter) | (Self::Exact(_), QuotaKind::SlidingLog) => Ok(()),
            _ => Err(ConfigError::new(
                "rate limit table",
                "made for a quota of another kind",
            )),
        }
    }
}
