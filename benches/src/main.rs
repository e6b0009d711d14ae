//! `palisade-benches [CRATE] [--check]`: measures Palisade beside its peers and prints one table.
//!
//! Ours and the peer run interleaved in one process; compare ratios, not times. With `--check` the exit status is 1
//! where a bar does not hold. The results also go to `target/benches.json`.
#![expect(clippy::print_stdout, reason = "a measuring program prints")]

use std::path::Path;
use std::process::ExitCode;

use palisade_benches::{Row, counted, flood, latency, measure, pairs, redis, table, telling};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let check = arguments.iter().any(|argument| argument == "--check");
    let only = arguments.iter().find(|argument| !argument.starts_with("--"));
    let rows = rows(only.map(String::as_str));
    if rows.is_empty() {
        println!(
            "nothing to measure: the crates with pairs are {}",
            pairs::NAMES.join(", ")
        );
        return ExitCode::from(2);
    }
    println!("{}", table::markdown(&rows));
    if let Err(error) = table::write_json(&rows, Path::new("target/benches.json")) {
        println!("target/benches.json was not written: {error}");
    }
    let (held, of) = table::held(&rows);
    println!("{held} of {of} bars hold");
    if check && held < of {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Measures every pair of one crate, or of all.
fn rows(only: Option<&str>) -> Vec<Row> {
    let wanted: Vec<_> = pairs::NAMES
        .iter()
        .filter(|name| only.is_none_or(|only| only == **name))
        .collect();
    let mut rows = Vec::new();
    for name in wanted {
        let allocations = counted::by_a_second_program(name);
        for pair in pairs::of(name) {
            let mut row = measure(pair);
            row.allocations = allocations.get(&row.what).copied();
            rows.push(row);
        }
        match *name {
            "auth" => {
                rows.extend(latency::rows());
                rows.extend(telling::rows());
            }
            "ratelimit" => rows.extend(flood::rows()),
            "redis" => rows.extend(redis::rows()),
            _ => {}
        }
    }
    rows
}
