//! What a script is told, and what it answers.
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{StoreError, StoreErrorKind};
use palisade_redis::{Arg, Reply};

use super::measure::Measure;
use crate::Quotas;
use crate::store::Taken;

/// The arguments of one call. Numbers are text, since an interval may have a fraction.
#[derive(Clone, Debug)]
pub(super) struct Call {
    quotas: Arc<[String]>,
    others: Vec<Other>,
}

/// What a script is told besides the quotas.
#[derive(Clone, Copy, Debug)]
enum Other {
    Number(u64),
    Word(&'static str),
}

impl Call {
    /// A call about these quotas; nothing where they are out of range.
    pub(super) fn about(quotas: &Quotas) -> Option<Self> {
        let mut numbers = vec![quotas.as_slice().len().to_string()];
        for quota in quotas.as_slice() {
            let Measure { kind, burst, span } = Measure::of(quota)?;
            numbers.extend([kind.to_string(), burst.to_string(), span.to_string()]);
        }
        Some(Self {
            quotas: numbers.into(),
            others: Vec::new(),
        })
    }

    /// A call about no quota.
    pub(super) fn bare() -> Self {
        Self {
            quotas: Arc::new(["0".to_owned()]),
            others: Vec::new(),
        }
    }

    /// And this number.
    pub(super) fn with(self, number: u64) -> Self {
        self.and(Other::Number(number))
    }

    /// And this word.
    pub(super) fn with_word(self, word: &'static str) -> Self {
        self.and(Other::Word(word))
    }

    fn and(mut self, other: Other) -> Self {
        self.others.push(other);
        self
    }

    pub(super) fn arguments(&self) -> Vec<Arg<'_>> {
        let quotas = self.quotas.iter().map(|number| Arg::from(number.as_str()));
        let others = self.others.iter().map(|other| match *other {
            Other::Number(number) => Arg::from(number),
            Other::Word(word) => Arg::from(word),
        });
        quotas.chain(others).collect()
    }
}

/// Reads the answer of `take.lua`.
pub(super) fn taken(reply: Reply) -> Result<Taken, StoreError> {
    let numbers: Result<Vec<u64>, _> = reply.into_list()?.into_iter().map(Reply::into_uint).collect();
    match numbers?.as_slice() {
        [0, at, windows @ ..] => folded(*at, windows),
        [1, at, left] => Ok(Taken::blocked(
            Duration::from_micros(*at),
            Duration::from_micros(*left),
        )),
        [2, at] => Ok(Taken::never_fits(Duration::from_micros(*at))),
        _ => Err(unexpected()),
    }
}

/// Puts the answers of the windows together: each is whether it admits, units left, microseconds.
fn folded(at: u64, windows: &[u64]) -> Result<Taken, StoreError> {
    let at = Duration::from_micros(at);
    let one = |(place, window): (usize, &[u64])| match window {
        [1, left, reset] => {
            Ok(Taken::admitted(at, units(*left), Duration::from_micros(*reset)).by_quota(place))
        }
        [0, left, wait] => Ok(Taken::refused(at, units(*left), Duration::from_micros(*wait)).by_quota(place)),
        _ => Err(unexpected()),
    };
    let mut all = windows.chunks(3).enumerate().map(one);
    let first = all.next().ok_or_else(unexpected)??;
    all.try_fold(first, |told, taken| Ok(told.with(taken?)))
}

fn units(units: u64) -> u32 {
    u32::try_from(units).unwrap_or(u32::MAX)
}

/// An answer that the script does not give.
fn unexpected() -> StoreError {
    StoreError::new(StoreErrorKind::Failed)
}
