//! Allocations, counted apart from the times.
use std::collections::HashMap;
use std::process::Command;

use crate::sample::Timed;
use crate::{noted, pairs};

/// The allocations per iteration of each pair of a crate, as a JSON object.
pub fn as_json(name: &str, count: fn() -> usize) -> String {
    noted::count_with(count);
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
    noted::take();
    timed(ITERATIONS);
    noted::take() as f64 / ITERATIONS as f64
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
