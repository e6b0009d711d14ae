//! Entry points for the fuzz targets; no part of the API.
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use palisade_core::{Clock, RootSecret, Timestamp};

use crate::store::{Charge, Store, Taken, TakenKind};
use crate::{Block, KeyHasher, MemoryStore, Quota, Quotas, RateKey};

/// Makes calls of `data`, twelve bytes each, on a store with a quota of each kind, and counts along what one of them allows.
///
/// # Panics
/// Where a window of the exact quota sees more than its limit.
pub fn store_calls(data: &[u8]) {
    let (first, calls) = data.split_at_checked(12).unwrap_or_default();
    let Some(mut bench) = Bench::new(first) else {
        return;
    };
    for call in calls.chunks_exact(12) {
        bench.call(call);
    }
}

#[derive(Clone, Debug, Default)]
struct Hand(Arc<AtomicU64>);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn monotonic(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

struct Bench {
    store: MemoryStore<Hand>,
    clock: Hand,
    quotas: Quotas,
    keys: KeyHasher,
    limit: Quota,
    /// What each key was charged, when, and what of it was not taken back.
    admitted: Vec<(u8, Duration, u64)>,
}

impl Bench {
    fn new(bytes: &[u8]) -> Option<Self> {
        let (rate, rest) = bytes.split_first_chunk()?;
        let (burst, rest) = rest.split_first_chunk()?;
        let (millis, _) = rest.split_first_chunk()?;
        let period = Duration::from_millis(u32::from_le_bytes(*millis).into());
        let quota = Quota::new(NonZeroU32::new(u32::from_le_bytes(*rate))?, period).ok()?;
        let quota = quota.burst(NonZeroU32::new(u32::from_le_bytes(*burst))?);
        let few = NonZeroU32::new(1 + u32::from(rate.first().copied()? % 16))?;
        let limit = Quota::exact(few, period).ok()?;
        let quotas = Quotas::of(quota)
            .and(limit)
            .ok()?
            .and(Quota::strict(few, period).ok()?)
            .ok()?;
        let clock = Hand::default();
        let secret = RootSecret::new((0..32).collect::<Vec<u8>>().into()).ok()?;
        Some(Self {
            store: MemoryStore::sized(quotas, MemoryStore::MIN_BYTES)
                .ok()?
                .with_clock(clock.clone()),
            clock,
            quotas,
            keys: KeyHasher::shared(&secret, ""),
            limit,
            admitted: Vec::new(),
        })
    }

    fn call(&mut self, bytes: &[u8]) {
        let ([what, number, ..], Some((_, argument))) = (bytes, bytes.split_last_chunk::<8>()) else {
            return;
        };
        let (number, argument) = (number % 4, u64::from_le_bytes(*argument));
        let key = self.keys.key().number(number.into()).finish();
        match what % 8 {
            0..=2 => self.take(number, key, argument),
            3 => self.pass(argument),
            4 => self.refund(number, key),
            5 => drop(self.store.penalize(key, &self.quotas, argument)),
            6 => drop(self.store.peek(key, &self.quotas)),
            _ if argument.is_multiple_of(2) => self.reset(number, key),
            _ => self.block(key, argument),
        }
    }

    fn take(&mut self, number: u8, key: RateKey, cost: u64) {
        // Mostly small, so that something is admitted.
        let cost = if cost.is_multiple_of(4) { cost } else { cost % 5 };
        let taken = self.store.take_now(key, &self.quotas, cost);
        if let Some(taken) = taken
            .ok()
            .filter(|taken: &Taken| taken.kind() == TakenKind::Admitted)
        {
            self.admitted.push((number, taken.at(), cost.max(1)));
            let within = |(whose, at, _): &&(u8, Duration, u64)| {
                *whose == number && taken.at().saturating_sub(*at) < self.limit.period()
            };
            let used = self
                .admitted
                .iter()
                .filter(within)
                .fold(0, |sum: u64, one| sum.saturating_add(one.2));
            assert!(
                used <= u64::from(self.limit.max_burst().get()),
                "{used} in a window"
            );
        }
    }

    fn pass(&self, span: u64) {
        let span = span % 2_000_000_000_000;
        let later = |now: u64| Some(now.saturating_add(span));
        let _ = self
            .clock
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, later);
    }

    fn refund(&mut self, number: u8, key: RateKey) {
        let last = self.admitted.iter().rposition(|(whose, ..)| *whose == number);
        if let Some((_, at, cost)) = last.map(|last| self.admitted.remove(last)) {
            drop(self.store.refund(key, &self.quotas, Charge::new(cost, at)));
        }
    }

    fn reset(&mut self, number: u8, key: RateKey) {
        self.admitted.retain(|(whose, ..)| *whose != number);
        drop(self.store.reset(key));
    }

    fn block(&self, key: RateKey, millis: u64) {
        if let Ok(block) = Block::doubling(Duration::from_millis(millis % 100_000), Duration::from_secs(200))
        {
            drop(self.store.block(key, block));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Ten thousand a minute or more, a burst of at most 255, and a minute or so.
    fn first() -> impl Strategy<Value = [u8; 12]> {
        (any::<u16>(), 1..=u8::MAX, any::<u16>()).prop_map(|(rate, burst, millis)| {
            let mut bytes = [0; 12];
            bytes[..2].copy_from_slice(&rate.to_le_bytes());
            bytes[2] = 1;
            bytes[4] = burst;
            bytes[8..10].copy_from_slice(&millis.to_le_bytes());
            bytes
        })
    }

    proptest! {
        #[test]
        fn calls_of_any_bytes_keep_to_the_limit(
            first in first(), calls in prop::collection::vec(any::<[u8; 12]>(), 0..200),
        ) {
            let data: Vec<u8> = first.into_iter().chain(calls.into_iter().flatten()).collect();
            store_calls(&data);
        }
    }

    #[test]
    fn too_few_bytes_are_no_calls() {
        for length in [0, 1, 11, 12, 13, 23] {
            store_calls(&vec![1; length]);
        }
    }
}
