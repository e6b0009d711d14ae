//! What is asked of a window, and when.
use std::time::Duration;

use palisade_core::Clock;

use crate::sliding::nanos;
use crate::{Quota, RateKey};

/// A point in time, as it was read and in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub(super) at: Duration,
    pub(super) nanos: u64,
}

/// What is asked of one window. The windows have no clock: the time comes with each call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call<'a> {
    pub(super) key: RateKey,
    pub(super) quota: &'a Quota,
    pub(super) cost: u64,
    pub(super) now: Now,
}

impl Now {
    #[inline]
    pub(super) fn by(clock: &impl Clock) -> Self {
        Self::at(clock.monotonic())
    }

    #[inline]
    pub(super) fn at(at: Duration) -> Self {
        Self { at, nanos: nanos(at) }
    }
}
