//! The processes below a driver, read from `/proc`.
//!
//! Where there is no `/proc` the lists are empty: there the driver takes its browser with it only when the
//! session is closed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::signal::Signal;

/// Whether this process runs as root.
pub(super) fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Ends every process below `driver`, and every process that was started with `profile`.
pub(super) fn end(driver: u32, profile: &Path) {
    for pid in below(driver).union(&with_profile(profile)) {
        Signal::Kill.send(*pid);
    }
}

fn below(root: u32) -> BTreeSet<u32> {
    let parents: Vec<(u32, u32)> = all().filter_map(|pid| Some((pid, parent(pid)?))).collect();
    let mut found = BTreeSet::new();
    let mut unvisited = vec![root];
    while let Some(visited) = unvisited.pop() {
        let children = parents
            .iter()
            .filter(|(_, parent)| *parent == visited)
            .map(|(pid, _)| *pid);
        unvisited.extend(children.filter(|pid| found.insert(*pid)));
    }
    found
}

fn with_profile(profile: &Path) -> BTreeSet<u32> {
    let profile = profile.to_string_lossy();
    all()
        .filter(|pid| command_line(*pid).contains(profile.as_ref()))
        .collect()
}

fn all() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn command_line(pid: u32) -> String {
    fs::read(format!("/proc/{pid}/cmdline"))
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default()
}

/// Fourth field of `/proc/PID/stat`; the second, the name in brackets, may itself hold spaces and brackets.
fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(1)?.parse().ok()
}
