//! `count CRATE`: how often each side of every pair allocates, as JSON. Called by `palisade-benches`.
#![expect(clippy::print_stdout, reason = "its output is its result")]

use std::alloc::System;

use palisade_benches::counted;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let name = std::env::args().nth(1).unwrap_or_default();
    let count = || {
        ALLOCATOR
            .stats()
            .allocations
            .saturating_add(ALLOCATOR.stats().reallocations)
    };
    println!("{}", counted::as_json(&name, count));
}
