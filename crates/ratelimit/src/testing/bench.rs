//! What the parts of the suite have in common.
use std::num::NonZeroU32;
use std::time::Duration;

use palisade_core::StoreError;

use super::Timed;
use crate::store::{Charge, Store, Taken, TakenKind};
use crate::{Quota, Quotas, RateKey};

/// A store, the quotas that it is asked by, and its time.
pub(super) struct Bench<'a, T: Timed> {
    timed: &'a T,
    pub(super) store: T::Store,
    pub(super) quotas: Quotas,
}

impl<'a, T: Timed> Bench<'a, T> {
    /// An empty store.
    pub(super) async fn open(timed: &'a T, quotas: impl Into<Quotas>) -> Self {
        let quotas = quotas.into();
        let store = timed.open(&quotas).await;
        held(
            store.supports(&quotas).is_ok(),
            "12: a store supports the quotas that it was opened for",
        );
        Self { timed, store, quotas }
    }

    pub(super) async fn pass(&self, millis: u64) {
        self.timed.advance(Duration::from_millis(millis)).await;
    }

    pub(super) async fn pass_span(&self, span: Duration) {
        // The time is moved in microseconds.
        let micros = u64::try_from(span.as_nanos().div_ceil(1_000)).unwrap_or(u64::MAX);
        self.timed.advance(Duration::from_micros(micros)).await;
    }

    pub(super) async fn take(&self, key: u64, cost: u64) -> Taken {
        self.take_by(&self.quotas, key, cost).await
    }

    pub(super) async fn take_by(&self, quotas: &Quotas, key: u64, cost: u64) -> Taken {
        works(self.store.take(self::key(key), quotas, cost).await)
    }

    pub(super) async fn kind(&self, key: u64, cost: u64) -> TakenKind {
        self.take(key, cost).await.kind()
    }

    pub(super) async fn peek(&self, key: u64) -> Taken {
        self.peek_by(&self.quotas, key).await
    }

    pub(super) async fn peek_by(&self, quotas: &Quotas, key: u64) -> Taken {
        works(self.store.peek(self::key(key), quotas).await)
    }

    /// How many units are left. A peek answers as if one had been taken.
    pub(super) async fn left(&self, key: u64) -> u32 {
        self.left_by(&self.quotas, key).await
    }

    pub(super) async fn left_by(&self, quotas: &Quotas, key: u64) -> u32 {
        let peeked = self.peek_by(quotas, key).await;
        let one = u32::from(peeked.kind() == TakenKind::Admitted);
        peeked.remaining().saturating_add(one)
    }

    /// How many of `tries` attempts of cost one are admitted.
    pub(super) async fn admitted(&self, key: u64, tries: u32) -> u32 {
        let mut admitted = 0_u32;
        for _ in 0..tries {
            let passed = self.kind(key, 1).await == TakenKind::Admitted;
            admitted = admitted.saturating_add(u32::from(passed));
        }
        admitted
    }

    /// Charges what has to fit, and gives the receipt.
    pub(super) async fn charge(&self, key: u64, cost: u64) -> Charge {
        let taken = self.take(key, cost).await;
        held(taken.kind() == TakenKind::Admitted, "1: what fits is admitted");
        Charge::new(cost, taken.at())
    }

    pub(super) async fn refund(&self, key: u64, charge: Charge) {
        works(self.store.refund(self::key(key), &self.quotas, charge).await);
    }

    pub(super) async fn penalize(&self, key: u64, cost: u64) {
        works(self.store.penalize(self::key(key), &self.quotas, cost).await);
    }

    pub(super) async fn reset(&self, key: u64) {
        works(self.store.reset(self::key(key)).await);
    }
}

/// Keys need no secret here.
pub(super) const fn key(number: u64) -> RateKey {
    RateKey::of_number(number)
}

pub(super) fn n(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
}

/// One a second, `burst` at once.
pub(super) fn paced(burst: u32) -> Quota {
    Quota::per_minute(n(60)).burst(n(burst))
}

pub(super) fn strict(limit: u32, secs: u64) -> Quota {
    made(Quota::strict(n(limit), Duration::from_secs(secs)))
}

pub(super) fn exact(limit: u32, secs: u64) -> Quota {
    made(Quota::exact(n(limit), Duration::from_secs(secs)))
}

pub(super) fn both(one: Quota, other: Quota) -> Quotas {
    made(Quotas::of(one).and(other))
}

#[expect(clippy::expect_used, reason = "a test fails by panicking")]
pub(super) fn made<T>(made: Result<T, palisade_core::ConfigError>) -> T {
    made.expect("the suite's own settings are right")
}

#[expect(clippy::panic, reason = "a test fails by panicking")]
pub(super) fn works<T>(answer: Result<T, StoreError>) -> T {
    answer.unwrap_or_else(|error| {
        panic!("the contract of Store is broken: 12: a working store answered {error:?}")
    })
}

#[expect(clippy::fn_params_excessive_bools, reason = "an assertion")]
#[track_caller]
pub(super) fn held(holds: bool, clause: &'static str) {
    assert!(holds, "the contract of Store is broken: {clause}");
}
