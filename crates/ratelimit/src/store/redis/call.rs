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
    others: Vec<String>,
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

    /// And this.
    pub(super) fn with(mut self, argument: &impl ToString) -> Self {
        self.others.push(argument.to_string());
        self
    }

    pub(super) fn arguments(&self) -> Vec<Arg<'_>> {
        let all = self.quotas.iter().chain(&self.others);
        all.map(|argument| Arg::from(argument.as_str())).collect()
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
    let all: Result<Vec<Taken>, StoreError> = windows.chunks(3).enumerate().map(one).collect();
    all?.into_iter().reduce(Taken::with).ok_or_else(unexpected)
}

fn units(units: u64) -> u32 {
    u32::try_from(units).unwrap_or(u32::MAX)
}

/// An answer that the script does not give.
fn unexpected() -> StoreError {
    StoreError::new(StoreErrorKind::Failed)
}
