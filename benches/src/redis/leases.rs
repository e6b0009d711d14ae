//! Four processes, one busy key: with a command a decision, and with leases.
use std::process::Command;

use palisade_testkit::{RedisServer, ServerProcess, wait_until};

use super::node::NODES;
use super::oracle::{excess, ideal};
use crate::{Bar, Row};

/// What one run of a trace came to.
struct Outcome {
    offered: usize,
    admitted: usize,
    ideal: usize,
    excess: f64,
    commands: f64,
}

/// What becomes of the processes.
#[derive(Clone, Copy)]
enum Fate {
    AllLive,
    OneIsKilled,
}

/// Name, and the most commands a decision that are good enough.
const TRACES: [(&str, &str, Option<f64>); 5] = [
    ("half", "half the rate", Some(0.2)),
    ("twice", "twice the rate", Some(0.4)),
    ("ten", "ten times the rate", Some(0.05)),
    ("steps", "a fifth of the rate and six times it, in turns", None),
    ("bursts", "2000 at once every two seconds", None),
];

pub(super) fn rows() -> Vec<Row> {
    build();
    let mut rows = Vec::new();
    for (trace, named, bar) in TRACES {
        let (leased, strict) = (
            outcome("leased", trace, Fate::AllLive),
            outcome("strict", trace, Fate::AllLive),
        );
        rows.extend(of_trace(named, &leased, &strict, bar));
    }
    let leased = outcome("leased", "twice", Fate::OneIsKilled);
    rows.push(row(
        "twice the rate, one process killed: over-admission",
        leased.excess,
        0.0,
        Some(0.0),
    ));
    rows
}

fn of_trace(named: &str, leased: &Outcome, strict: &Outcome, bar: Option<f64>) -> [Row; 4] {
    let commands = |outcome: &Outcome| outcome.commands / outcome.offered as f64;
    let missing = |outcome: &Outcome| 1.0 - outcome.admitted as f64 / outcome.ideal as f64;
    let per_decision = commands(leased);
    [
        Row {
            what: format!("redis leases, {named}: commands a decision / 1"),
            ..row("", per_decision, 1.0, bar)
        },
        Row {
            what: format!("redis leases, {named}: commands a decision / strict's"),
            ours: per_decision,
            peer: commands(strict),
            ratio: per_decision / commands(strict),
            ..row("", 0.0, 0.0, None)
        },
        row(
            &format!("{named}: over-admission in any window"),
            leased.excess,
            strict.excess,
            Some(0.0),
        ),
        row(
            &format!("{named}: under-admission, of 1"),
            missing(leased),
            missing(strict),
            Some(0.05),
        ),
    ]
}

/// The ratio is our figure itself.
fn row(what: &str, ours: f64, peer: f64, bar: Option<f64>) -> Row {
    Row {
        what: format!("redis leases, {what}"),
        ours,
        peer,
        floor: None,
        ratio: ours,
        bar: bar.map(Bar::Most),
        unit: "",
        allocations: None,
    }
}

fn outcome(mode: &str, trace: &str, fate: Fate) -> Outcome {
    let server = RedisServer::start();
    let mut nodes: Vec<_> = (0..NODES).map(|_| start(&server.url(), mode, trace)).collect();
    let mut lines = Vec::new();
    if matches!(fate, Fate::OneIsKilled) {
        let victim = nodes.swap_remove(0);
        wait_until("the victim has admitted some", || {
            victim.stdout().matches("a ").count() > 500
        });
        lines.push(victim.stdout());
        drop(victim);
    }
    lines.extend(nodes.into_iter().map(|node| node.wait().stdout));
    let all = lines.concat();
    let (offered, admitted) = (times(&all, "o "), times(&all, "a "));
    Outcome {
        offered: offered.len(),
        admitted: admitted.len(),
        ideal: ideal(&offered),
        excess: excess(&admitted),
        commands: (server.calls("evalsha") + server.calls("eval")) as f64,
    }
}

/// The times of the lines that begin like that, in order.
fn times(lines: &str, what: &str) -> Vec<u64> {
    let times = lines
        .lines()
        .filter_map(|line| line.strip_prefix(what)?.trim().parse().ok());
    let mut times: Vec<u64> = times.collect();
    times.sort_unstable();
    times
}

/// `cargo run` builds the program that it runs, and no other.
fn build() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = [
        "build",
        "--release",
        "-q",
        "-p",
        "palisade-benches",
        "--bin",
        "lease_node",
    ];
    let built = Command::new(cargo).args(arguments).status();
    assert!(
        built.is_ok_and(|status| status.success()),
        "lease_node was not built"
    );
}

/// The node is a program of its own, beside this one.
fn start(url: &str, mode: &str, trace: &str) -> ServerProcess {
    let program = std::env::current_exe().unwrap().with_file_name("lease_node");
    ServerProcess::start(Command::new(program).args([url, mode, trace]))
}
