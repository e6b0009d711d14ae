//! The table, on the screen and as JSON.
use std::fmt::Write;
use std::path::Path;

use crate::{Bar, Row};

/// The rows as a Markdown table.
#[must_use]
pub fn markdown(rows: &[Row]) -> String {
    let mut out = String::from(
        "| what | ours | peer | ratio | bar | holds | allocations ours / peer |\n|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let bar = row.bar.map_or_else(|| "-".into(), |bar| shown(bar, row.unit));
        let holds = row.holds().map_or("-", |holds| if holds { "yes" } else { "NO" });
        let allocations = row
            .allocations
            .map_or_else(|| "-".into(), |(ours, peer)| format!("{ours:.1} / {peer:.1}"));
        let (ours, peer) = (quantity(row.ours, row.unit), quantity(row.peer, row.unit));
        let _ = writeln!(
            out,
            "| {} | {ours} | {peer} | {:.2} | {bar} | {holds} | {allocations} |",
            row.what, row.ratio
        );
    }
    out
}

fn shown(bar: Bar, unit: &str) -> String {
    match bar {
        Bar::Ratio(most) if most < 0.1 => format!("<= 1/{:.0}", most.recip()),
        Bar::Ratio(most) => format!("<= {most:.2}"),
        Bar::Most(most) => format!("<= {}", quantity(most, unit)),
    }
}

fn quantity(value: f64, unit: &str) -> String {
    match unit {
        "ns" if value >= 1e6 => format!("{:.2} ms", value / 1e6),
        "ns" if value >= 1e3 => format!("{:.2} us", value / 1e3),
        // A share, or a count of what is rare.
        "" => format!("{value:.2}"),
        unit => format!("{value:.1} {unit}"),
    }
}

/// How many bars hold, of how many.
#[must_use]
pub fn held(rows: &[Row]) -> (usize, usize) {
    let verdicts: Vec<bool> = rows.iter().filter_map(Row::holds).collect();
    (verdicts.iter().filter(|holds| **holds).count(), verdicts.len())
}

/// Writes the rows as JSON, for tools.
///
/// # Errors
/// What the file system says.
pub fn write_json(rows: &[Row], path: &Path) -> std::io::Result<()> {
    let rows: Vec<_> = rows
        .iter()
        .map(|row| {
            serde_json::json!({
                "what": row.what, "ours": row.ours, "peer": row.peer, "floor": row.floor, "unit": row.unit,
                "ratio": row.ratio, "bar": row.bar.map(|bar| shown(bar, row.unit)), "holds": row.holds(),
                "allocations": row.allocations.map(|(ours, peer)| [ours, peer]),
            })
        })
        .collect();
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, serde_json::to_vec_pretty(&rows).unwrap_or_default())
}
