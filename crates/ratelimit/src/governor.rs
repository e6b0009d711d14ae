//! Limiters of the `governor` crate, for those who run one already.
use std::fmt;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use governor::clock::{Clock, Reference};
use governor::middleware::{NoOpMiddleware, RateLimitingMiddleware, StateSnapshot};
use governor::state::StateStore;
use governor::{NotUntil, Quota, RateLimiter};
use palisade_core::{ConfigError, Event, Recorder, SecurityEvent};

use crate::decision::{Numbers, Receipts, Which};
use crate::fields::Policy;
use crate::name::Name;
use crate::sampler::{Sample, Sampler};
use crate::units::Units;
use crate::{Allowed, Decision, Denied, LimitRefused, LimitRefusedKind};

/// A keyed limiter of the `governor` crate, of any key, store, clock and middleware, with the decisions of this one.
///
/// It is for who runs one already and wants this crate's layer around it ([`RateLimitLayer::governor`]); the other limits of
/// this crate count otherwise, forget what need not be kept, and give back. What is different from governor's own calls:
///
/// * Four answers stand side by side. governor's `check_key_n` nests two results, and a limiter that looks at the outer only
///   refuses nobody.
/// * A cost over the burst is [`NeverFits`](Decision::NeverFits) before governor sees it: there, `interval * (cost - 1)` wraps
///   for costs that a client may choose, and what is left over may fit.
/// * Refusals are recorded, ten at once and then one a second.
///
/// With [`StateInformationMiddleware`](governor::middleware::StateInformationMiddleware) an allowed response tells what is
/// left; with governor's default only refusals tell anything.
///
/// [`RateLimitLayer::governor`]: crate::RateLimitLayer::governor
pub struct GovernorLimiter<S, C, M = NoOpMiddleware<<C as Clock>::Instant>>
where
    S: StateStore,
    C: Clock,
    M: RateLimitingMiddleware<C::Instant>,
{
    name: Name,
    limiter: Arc<RateLimiter<S::Key, S, C, M>>,
    quota: Quota,
    policy: Policy,
    start: C::Instant,
    recorder: Recorder,
    sampler: Sampler,
    told: Told,
}

/// What was told already.
#[derive(Default)]
struct Told {
    key_missing: AtomicBool,
    other_quota: AtomicBool,
}

/// What governor says of an attempt that is let through; of its own two middlewares, the one tells and the other does not.
pub trait GovernorOutcome {
    /// How much is left now, where it tells.
    fn remaining(&self) -> Option<u32>;
}

impl GovernorOutcome for () {
    fn remaining(&self) -> Option<u32> {
        None
    }
}

impl GovernorOutcome for StateSnapshot {
    fn remaining(&self) -> Option<u32> {
        Some(self.remaining_burst_capacity())
    }
}

impl<S, C, M> GovernorLimiter<S, C, M>
where
    S: StateStore,
    C: Clock,
    M: RateLimitingMiddleware<C::Instant>,
{
    /// That limiter, under a name of 1 to 64 characters of `A-Z a-z 0-9 . _ -`. `quota` is the one that it was made with:
    /// governor does not tell it before it refuses. Where it turns out to be another, that is told once, as
    /// `control_misconfigured`.
    ///
    /// # Errors
    /// [`ConfigError`] for another name.
    pub fn new(
        name: impl Into<Box<str>>,
        limiter: impl Into<Arc<RateLimiter<S::Key, S, C, M>>>,
        quota: Quota,
    ) -> Result<Self, ConfigError> {
        let (name, limiter) = (Name::new(name)?, limiter.into());
        let (interval, burst) = (quota.replenish_interval(), quota.burst_size().get());
        Ok(Self {
            policy: Policy::every(name.as_str(), interval, burst)?,
            start: limiter.clock().now(),
            name,
            limiter,
            quota,
            recorder: Recorder::default(),
            sampler: Sampler::default(),
            told: Told::default(),
        })
    }

    /// Records events with `recorder`.
    #[must_use]
    pub fn with_recorder(mut self, recorder: Recorder) -> Self {
        self.recorder = recorder;
        self
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The quota.
    #[must_use]
    pub const fn quota(&self) -> Quota {
        self.quota
    }

    pub(crate) const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The refusal of a request that has no key, as the layer gives it. It is told of once, as `control_failed`.
    #[must_use]
    pub fn refuse_without_key(&self) -> LimitRefused {
        if !self.told.key_missing.swap(true, Ordering::Relaxed) {
            self.record(Event::new(SecurityEvent::ControlFailed).with_reason("rate_limit_key_missing"));
        }
        LimitRefused::new(LimitRefusedKind::KeyMissing)
    }

    fn record<'a>(&'a self, event: Event<'a>) {
        self.recorder.record(&event.with_rule(self.name()));
    }

    /// Tells of a refusal.
    #[cold]
    fn tell(&self, now: C::Instant, reason: &'static str) {
        let at: Duration = now.duration_since(self.start).into();
        let reason = match self.sampler.sample(at) {
            Sample::LeaveOut => return,
            Sample::Tell => reason,
            Sample::TellAfterOthers => "over_quota_sampled",
        };
        self.record(Event::new(SecurityEvent::ExcessRateLimitExceeded).with_reason(reason));
    }

    /// What is told of an allowed attempt.
    fn allow(&self, outcome: &impl GovernorOutcome) -> Decision {
        let numbers = outcome.remaining().map_or(Numbers::NONE, |remaining| {
            let used = self.quota.burst_size().get().saturating_sub(remaining);
            self.numbers(remaining, self.quota.replenish_interval().saturating_mul(used))
        });
        Decision::Allow(Allowed::new(numbers, Receipts::NONE))
    }

    fn numbers(&self, remaining: u32, wait: Duration) -> Numbers {
        Numbers {
            which: Which::default(),
            limit: self.quota.burst_size().get(),
            remaining: Units::new(remaining),
            wait,
        }
    }
}

impl<S, C, M> GovernorLimiter<S, C, M>
where
    S: StateStore<Key: Hash + Eq + Clone>,
    C: Clock,
    M: RateLimitingMiddleware<C::Instant, NegativeOutcome = NotUntil<C::Instant>>,
    M::PositiveOutcome: GovernorOutcome,
{
    /// Charges `cost` units to `key`, if the quota allows; zero counts as one.
    pub fn check(&self, key: &S::Key, cost: u64) -> Decision {
        let units = u32::try_from(cost.max(1)).ok().and_then(NonZeroU32::new);
        // Before governor multiplies.
        let Some(units) = units.filter(|units| *units <= self.quota.burst_size()) else {
            self.tell(self.limiter.clock().now(), "cost_never_fits");
            return Decision::NeverFits;
        };
        match self.limiter.check_key_n(key, units) {
            Ok(Ok(outcome)) => self.allow(&outcome),
            Ok(Err(until)) => self.deny(&until),
            // The quota that was given is not the limiter's.
            Err(_) => {
                self.tell_other_quota();
                Decision::NeverFits
            }
        }
    }

    fn deny(&self, until: &NotUntil<C::Instant>) -> Decision {
        if until.quota() != self.quota {
            self.tell_other_quota();
        }
        let now = self.limiter.clock().now();
        self.tell(now, "over_quota");
        // The time may have come since governor looked.
        let wait = until.wait_time_from(now).max(Duration::from_nanos(1));
        Decision::Deny(Denied::new(self.numbers(0, wait)))
    }
}

impl<S, C, M> GovernorLimiter<S, C, M>
where
    S: StateStore,
    C: Clock,
    M: RateLimitingMiddleware<C::Instant>,
{
    fn tell_other_quota(&self) {
        if !self.told.other_quota.swap(true, Ordering::Relaxed) {
            let event = Event::new(SecurityEvent::ControlMisconfigured);
            self.record(event.with_reason("governor_quota_differs"));
        }
    }
}

impl<S, C, M> fmt::Debug for GovernorLimiter<S, C, M>
where
    S: StateStore,
    C: Clock,
    M: RateLimitingMiddleware<C::Instant>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GovernorLimiter")
            .field("name", &self.name())
            .field("quota", &self.quota)
            .finish_non_exhaustive()
    }
}
