//! Takes samples of two or three things in turn and compares them pair by pair.
use std::time::{Duration, Instant};

use crate::noted::noting;

/// Rounds of samples; odd, so that a median is a sample.
const ROUNDS: usize = 15;
/// What one sample should last. Long against a timer's step, short against the machine's changes of speed.
const SAMPLE: Duration = Duration::from_millis(20);
/// Bounds of the iterations in one sample.
const ITERATIONS: std::ops::RangeInclusive<u64> = 3..=200_000;

/// Runs so many iterations and says how long they took, without what had to be prepared for them.
pub type Timed = Box<dyn FnMut(u64) -> Duration>;

/// One thing to measure and the thing beside it.
pub struct Pair {
    /// What is measured.
    pub what: String,
    /// Palisade.
    pub ours: Timed,
    /// The peer.
    pub peer: Timed,
    /// What both contain and neither is to be blamed for, such as the bare service below a layer. It is subtracted.
    pub floor: Option<Timed>,
    /// What is good enough.
    pub bar: Option<Bar>,
}

/// What was measured: nanoseconds per iteration, and allocations per iteration.
#[derive(Debug)]
pub struct Row {
    /// What is measured.
    pub what: String,
    /// Palisade's median, less the floor.
    pub ours: f64,
    /// The peer's median, less the floor.
    pub peer: f64,
    /// The floor's median.
    pub floor: Option<f64>,
    /// The median of the rounds' ratios.
    pub ratio: f64,
    /// What is good enough.
    pub bar: Option<Bar>,
    /// What the medians are in.
    pub unit: &'static str,
    /// Allocations per iteration, ours and the peer's.
    pub allocations: Option<(f64, f64)>,
}

impl Row {
    /// Whether the bar holds; nothing where there is none.
    #[must_use]
    pub fn holds(&self) -> Option<bool> {
        self.bar.map(|bar| match bar {
            Bar::Ratio(most) => self.ratio <= most,
            Bar::Most(most) => self.ours <= most,
        })
    }
}

/// What is good enough.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Bar {
    /// The highest ratio of ours to the peer's.
    Ratio(f64),
    /// The highest figure of ours, in the row's unit.
    Most(f64),
}

/// Measures a pair: in every round a sample of each, in an order that turns about, so that a machine that becomes slower
/// does so for both.
#[must_use]
pub fn measure(mut pair: Pair) -> Row {
    let iterations = [calibrate(&mut pair.ours), calibrate(&mut pair.peer)];
    let floor_iterations = pair.floor.as_mut().map(calibrate);
    let mut rounds = Vec::with_capacity(ROUNDS);
    for round in 0..ROUNDS {
        let mut sample = [0.0; 2];
        let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        for side in order {
            let timed = if side == 0 { &mut pair.ours } else { &mut pair.peer };
            sample[side] = per_iteration(timed, iterations[side]);
        }
        let floor = pair
            .floor
            .as_mut()
            .zip(floor_iterations)
            .map(|(timed, n)| per_iteration(timed, n));
        rounds.push((sample[0], sample[1], floor));
    }
    summarise(pair.what, &rounds, pair.bar)
}

fn summarise(what: String, rounds: &[(f64, f64, Option<f64>)], bar: Option<Bar>) -> Row {
    let over = |value: f64, floor: Option<f64>| (value - floor.unwrap_or(0.0)).max(0.1);
    Row {
        what,
        ours: median(rounds.iter().map(|(ours, _, floor)| over(*ours, *floor))),
        peer: median(rounds.iter().map(|(_, peer, floor)| over(*peer, *floor))),
        floor: rounds[0]
            .2
            .map(|_| median(rounds.iter().filter_map(|(_, _, floor)| *floor))),
        ratio: median(
            rounds
                .iter()
                .map(|(ours, peer, floor)| over(*ours, *floor) / over(*peer, *floor)),
        ),
        bar,
        unit: "ns",
        allocations: None,
    }
}

/// How many iterations make one sample.
fn calibrate(timed: &mut Timed) -> u64 {
    let mut iterations = *ITERATIONS.start();
    loop {
        let took = timed(iterations);
        if took >= SAMPLE / 4 || iterations >= *ITERATIONS.end() {
            let wanted = SAMPLE.as_secs_f64() / took.as_secs_f64().max(1e-9) * iterations as f64;
            return (wanted as u64).clamp(*ITERATIONS.start(), *ITERATIONS.end());
        }
        iterations *= 4;
    }
}

fn per_iteration(timed: &mut Timed, iterations: u64) -> f64 {
    timed(iterations).as_secs_f64() * 1e9 / iterations as f64
}

/// The median of at least one value.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Times `f` alone.
pub(crate) fn timed<T>(f: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    std::hint::black_box(noting(f));
    start.elapsed()
}
