//! Allocations, counted apart from the times.
use std::collections::HashMap;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::pairs;
use crate::sample::Timed;

/// How many allocations there were so far in this program; set in the counting program only.
static COUNT: OnceLock<fn() -> usize> = OnceLock::new();
/// The allocations of what was timed since the last look.
static SEEN: AtomicUsize = AtomicUsize::new(0);

/// Runs `f` and notes how often it allocates, where that is counted at all.
pub(crate) fn noting<T>(f: impl FnOnce() -> T) -> T {
    let Some(count) = COUNT.get() else { return f() };
    let before = count();
    let output = f();
    SEEN.fetch_add(count() - before, Ordering::Relaxed);
    output
}

/// The allocations per iteration of each pair of a crate, as a JSON object.
pub fn as_json(name: &str, count: fn() -> usize) -> String {
    COUNT.get_or_init(|| count);
    let rows: HashMap<String, [f64; 2]> = pairs::of(name)
        .into_iter()
        .map(|mut pair| {
            (
                pair.what,
                [per_iteration(&mut pair.ours), per_iteration(&mut pair.peer)],
            )
        })
        .collect();
    serde_json::to_string(&rows).unwrap_or_default()
}

/// The allocations of one iteration, once everything is warm.
fn per_iteration(timed: &mut Timed) -> f64 {
    const ITERATIONS: u64 = 32;
    timed(ITERATIONS);
    SEEN.store(0, Ordering::Relaxed);
    timed(ITERATIONS);
    SEEN.load(Ordering::Relaxed) as f64 / ITERATIONS as f64
}

/// Asks the counting program; an empty answer means that it could not be run.
#[must_use]
pub fn by_a_second_program(name: &str) -> HashMap<String, (f64, f64)> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "run",
            "--release",
            "-q",
            "-p",
            "palisade-benches",
            "--bin",
            "count",
            "--",
            name,
        ])
        .output();
    let text = output.map(|output| output.stdout).unwrap_or_default();
    let rows: HashMap<String, [f64; 2]> = serde_json::from_slice(&text).unwrap_or_default();
    rows.into_iter()
        .map(|(what, [ours, peer])| (what, (ours, peer)))
        .collect()
}
