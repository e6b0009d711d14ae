//! The strict and exact windows of a store.
use std::time::Duration;

use palisade_core::StoreError;

use super::call::Call;
use super::records::{Found, Record, Records};
use crate::sliding::{Limit, Slide, Standing, Window};
use crate::sliding_counter::Counter;
use crate::sliding_log::Log;
use crate::store::Taken;

impl Record for Counter {
    const FORGETTABLE: u64 = HALF;

    fn load(&self, now: u64) -> u64 {
        Window::load(*self, now)
    }
}

impl Record for Log {
    const FORGETTABLE: u64 = HALF;

    fn load(&self, now: u64) -> u64 {
        Window::load(*self, now)
    }
}

/// Half of a limit, in 2^-32 of it.
const HALF: u64 = 1 << 31;

impl<T: Record + Window> Records<T> {
    pub(super) fn take(&self, call: &Call<'_>) -> Result<Taken, StoreError> {
        self.update(call.key, call.now.nanos, |found| match spend(found, call) {
            Slide::Fits { kept, standing } => (Some(kept), admitted(call, standing)),
            Slide::Wait { standing } => (None, refused(call, standing)),
        })
    }

    pub(super) fn peek(&self, call: &Call<'_>) -> Result<Taken, StoreError> {
        self.update(call.key, call.now.nanos, |found| match spend(found, call) {
            Slide::Fits { standing, .. } => (None, admitted(call, standing)),
            Slide::Wait { standing } => (None, refused(call, standing)),
        })
    }

    pub(super) fn penalize(&self, call: &Call<'_>) -> Result<(), StoreError> {
        let limit = Limit::of(call.quota);
        self.update(call.key, call.now.nanos, |found| {
            let penalized = window(found, limit).penalize(limit, call.now.nanos, call.cost);
            (Some(penalized), ())
        })
    }

    pub(super) fn refund(&self, call: &Call<'_>, charged: u64) -> Result<(), StoreError> {
        let limit = Limit::of(call.quota);
        self.update(call.key, call.now.nanos, |found| match found {
            Found::Own(own) => (Some(own.refund(limit, charged, call.cost)), ()),
            Found::Nothing | Found::Crowded(_) => (None, ()),
        })
    }
}

fn spend<T: Record + Window>(found: Found<T>, call: &Call<'_>) -> Slide<T> {
    let limit = Limit::of(call.quota);
    window(found, limit).spend(limit, call.now.nanos, call.cost)
}

/// What a key is judged by. What it takes over from another is not clipped: a small limit does not make less of it.
fn window<T: Window>(found: Found<T>, limit: Limit) -> T {
    match found {
        Found::Own(own) => own.clipped(limit),
        Found::Nothing => T::default(),
        Found::Crowded(another) => another,
    }
}

fn admitted(call: &Call<'_>, standing: Standing) -> Taken {
    Taken::admitted(
        call.now.at,
        standing.remaining,
        Duration::from_nanos(standing.wait),
    )
}

fn refused(call: &Call<'_>, standing: Standing) -> Taken {
    Taken::refused(
        call.now.at,
        standing.remaining,
        Duration::from_nanos(standing.wait),
    )
}
