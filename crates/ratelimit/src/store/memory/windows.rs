//! All windows of a key, decided together.
use std::iter;

use palisade_core::{ConfigError, StoreError, StoreErrorKind};

use super::call::{Call, Now};
use super::window::Window;
use crate::store::{Charge, Taken, TakenKind};
use crate::{Quota, Quotas, RateKey};

/// A table for each quota, in their order.
pub(super) struct Windows {
    pub(super) first: Window,
    others: Box<[Window]>,
}

/// What is asked of all windows of a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'a> {
    pub(super) key: RateKey,
    pub(super) quotas: &'a Quotas,
    pub(super) cost: u64,
    pub(super) now: Now,
}

impl<'a> Request<'a> {
    fn of(&self, quota: &'a Quota) -> Call<'a> {
        Call {
            key: self.key,
            quota,
            cost: self.cost,
            now: self.now,
        }
    }

    fn at(self, now: Now) -> Self {
        Self { now, ..self }
    }
}

impl Windows {
    pub(super) fn new(quotas: &Quotas, bytes: usize) -> Result<Self, ConfigError> {
        let [first, others @ ..] = quotas.as_slice() else {
            return Err(ConfigError::new("quotas", "none"));
        };
        let share = bytes.checked_div(quotas.as_slice().len()).unwrap_or(bytes);
        let others = others.iter().map(|quota| Window::new(quota, share));
        Ok(Self {
            first: Window::new(first, share)?,
            others: others.collect::<Result<_, _>>()?,
        })
    }

    /// Charges all or none.
    ///
    /// `later` reads the clock again where a charge is to be undone: a thread may have been stopped since, and what time has
    /// paid by then is not given back.
    pub(super) fn take(&self, request: Request<'_>, later: impl Fn() -> Now) -> Result<Taken, StoreError> {
        self.check(request.quotas)?;
        if request.cost > u64::from(request.quotas.max_burst()) {
            return Ok(Taken::never_fits(request.now.at));
        }
        let mut told: Option<Taken> = None;
        for (place, (window, quota)) in self.pairs(request.quotas).enumerate() {
            let taken = window.take(&request.of(quota))?.by_quota(place);
            if taken.kind() != TakenKind::Admitted {
                self.undo(request, place, later())?;
                return self.peek_from(request, place.saturating_add(1), taken);
            }
            told = Some(told.map_or(taken, |told| told.with(taken)));
        }
        told.ok_or(StoreError::new(StoreErrorKind::Failed))
    }

    pub(super) fn peek(&self, request: Request<'_>) -> Result<Taken, StoreError> {
        self.check(request.quotas)?;
        let quota = request.quotas.as_slice().first();
        let quota = quota.ok_or(StoreError::new(StoreErrorKind::Failed))?;
        let first = self.first.peek(&request.of(quota))?;
        self.peek_from(request, 1, first)
    }

    pub(super) fn refund(&self, request: Request<'_>, charge: Charge) -> Result<(), StoreError> {
        self.check(request.quotas)?;
        let charged = Now::at(charge.at()).nanos;
        let mut pairs = self.pairs(request.quotas);
        pairs.try_for_each(|(window, quota)| window.refund(&request.of(quota), charged))
    }

    pub(super) fn penalize(&self, request: Request<'_>) -> Result<(), StoreError> {
        self.check(request.quotas)?;
        let mut pairs = self.pairs(request.quotas);
        pairs.try_for_each(|(window, quota)| window.penalize(&request.of(quota)))
    }

    pub(super) fn reset(&self, key: RateKey) {
        self.all().for_each(|window| window.reset(key));
    }

    pub(super) fn supports(&self, quotas: &Quotas) -> Result<(), ConfigError> {
        if quotas.as_slice().len() > self.all().count() {
            return Err(ConfigError::new("rate limit table", "made for fewer quotas"));
        }
        self.pairs(quotas)
            .try_for_each(|(window, quota)| window.supports(quota))
    }

    /// How many keys have a place in the table that has the fewest.
    pub(super) fn capacity(&self) -> usize {
        self.all().map(Window::capacity).min().unwrap_or(0)
    }

    pub(super) fn crowded(&self) -> u64 {
        self.all()
            .map(|window| window.crowd().size())
            .fold(0, u64::saturating_add)
    }

    /// Before anything is charged: what is asked for by place, and can be counted there.
    fn check(&self, quotas: &Quotas) -> Result<(), StoreError> {
        self.supports(quotas)
            .map_err(|_| StoreError::new(StoreErrorKind::Failed))
    }

    /// Gives back what the first `count` windows charged.
    fn undo(&self, request: Request<'_>, count: usize, now: Now) -> Result<(), StoreError> {
        let (charged, request) = (request.now.nanos, request.at(now));
        let mut pairs = self.pairs(request.quotas).take(count);
        pairs.try_for_each(|(window, quota)| window.refund(&request.of(quota), charged))
    }

    /// `told`, together with what the windows from that place on would say.
    fn peek_from(&self, request: Request<'_>, place: usize, told: Taken) -> Result<Taken, StoreError> {
        let rest = self.pairs(request.quotas).enumerate().skip(place);
        rest.map(|(place, (window, quota))| Ok(window.peek(&request.of(quota))?.by_quota(place)))
            .try_fold(told, |told, taken: Result<_, StoreError>| Ok(told.with(taken?)))
    }

    pub(super) fn pairs<'a>(&'a self, quotas: &'a Quotas) -> impl Iterator<Item = (&'a Window, &'a Quota)> {
        self.all().zip(quotas.as_slice())
    }

    fn all(&self) -> impl Iterator<Item = &Window> {
        iter::once(&self.first).chain(&self.others)
    }
}
