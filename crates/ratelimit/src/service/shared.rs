//! What all services of a layer share.
use std::fmt;
use std::iter::zip;
use std::sync::Arc;

use palisade_core::Head;

use super::Limit;
use super::preflight::is_preflight;
use super::verdict::Marks;
use crate::decision::Numbers;
use crate::fields::{Policy, Standing};
use crate::limits::Place;
use crate::metered::{Metered, Usage};
use crate::settings::{Numbers as Where, Preflights, Settings};
use crate::{Attempt, Decision, LimitRefused, RateLimitFields};

/// What all services of a layer share.
pub(crate) struct Shared<S> {
    limits: Box<[Arc<Limit<S>>]>,
    last: Option<Arc<dyn LastLimit>>,
    settings: Settings,
}

/// A limit that answers at once and gives nothing back. So it is asked last, and only if all others allow.
pub(crate) trait LastLimit: Send + Sync {
    /// The name.
    fn name(&self) -> &str;

    /// A cost over it never fits.
    fn max_burst(&self) -> u32;

    /// Charges a request.
    fn decide(&self, head: &Head<'_>, cost: u64) -> Result<Decision, LimitRefused>;

    /// The field that tells its quota.
    fn policy(&self) -> &Policy;
}

impl<S> Shared<S> {
    pub(crate) fn new(
        limits: &[Arc<Limit<S>>],
        last: Option<Arc<dyn LastLimit>>,
        settings: Settings,
    ) -> Self {
        Self {
            limits: limits.into(),
            last,
            settings,
        }
    }

    #[inline]
    pub(super) const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The limits, but for the last.
    #[inline]
    pub(super) const fn limits(&self) -> &[Arc<Limit<S>>] {
        &self.limits
    }

    /// The last, where there is one.
    #[inline]
    pub(super) fn last(&self) -> Option<&dyn LastLimit> {
        self.last.as_deref()
    }

    /// Whether the limits do not concern the request.
    #[inline]
    pub(super) fn passes_free(&self, head: &Head<'_>) -> bool {
        self.settings.preflights == Preflights::Free && is_preflight(head)
    }

    /// The limits that count the request.
    pub(super) fn places<'a>(
        &'a self,
        attempts: &'a [Option<Attempt>],
    ) -> impl Iterator<Item = Place<'a, S>> {
        let place = |(at, (limit, attempt)): (usize, (&'a Arc<Limit<S>>, &'a Option<Attempt>))| {
            let (limit, attempt) = (&*limit.limiter, attempt.as_ref()?);
            Some(Place { at, limit, attempt })
        };
        zip(&self.limits, attempts).enumerate().filter_map(place)
    }

    /// The marks of a request that was charged.
    #[inline]
    pub(super) fn marks(&self, numbers: &Numbers) -> Marks {
        let wanted = numbers.limit > 0 && self.settings.numbers == Where::InRequest;
        Marks {
            metered: Some(Metered(())),
            usage: wanted.then(|| Usage::new(numbers)),
        }
    }

    /// How the client stands with the limit that the decision tells of.
    pub(super) fn stand(&self, attempts: &[Option<Attempt>], decision: &Decision) -> Option<Standing> {
        let numbers = numbers(decision)?;
        if let Some(limit) = self.limits.get(numbers.which.limit) {
            let attempt = attempts.get(numbers.which.limit)?.as_ref()?;
            return self.stand_with(limit, attempt, decision);
        }
        let fields = Some(self.settings.fields).filter(|fields| *fields != RateLimitFields::None)?;
        let policy = self.last()?.policy();
        Some(policy.standing_in(fields, numbers.remaining.get(), numbers.wait))
    }

    /// How the client stands with that limit. One in shadow mode is nothing that clients are told of.
    #[inline]
    pub(super) fn stand_with(
        &self,
        limit: &Limit<S>,
        attempt: &Attempt,
        decision: &Decision,
    ) -> Option<Standing> {
        let fields = self.settings.fields;
        if fields == RateLimitFields::None || limit.limiter.is_shadow() {
            return None;
        }
        let numbers = numbers(decision)?;
        let policy = limit.limiter.plan_of(attempt).policy(numbers.which.quota)?;
        Some(policy.standing_in(fields, numbers.remaining.get(), numbers.wait))
    }
}

/// The numbers of a decision, where it has any.
#[inline]
fn numbers(decision: &Decision) -> Option<&Numbers> {
    match decision {
        Decision::Allow(allowed) => Some(allowed.numbers()).filter(|numbers| numbers.limit > 0),
        // Retry-After should not be earlier than the reset: they are the same here.
        Decision::Deny(denied) => Some(denied.numbers()),
        Decision::NeverFits | Decision::StoreFailed(_) => None,
    }
}

impl<S> fmt::Debug for Shared<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.limits.iter().map(|limit| limit.limiter.name());
        let last = self.last.iter().map(|last| last.name());
        f.debug_list().entries(names.chain(last)).finish()
    }
}
