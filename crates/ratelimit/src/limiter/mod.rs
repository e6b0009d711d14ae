//! The limit itself.
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::HeaderMap;
use palisade_core::{
    Clock, ConfigError, ControlHealth, Event, Recorder, RootSecret, SecurityEvent, StoreError,
};

use crate::decision::{Numbers, Receipts, Which};
use crate::fields::Standing;
use crate::name::Name;
use crate::sampler::{Sample, Sampler};
use crate::store::{Block, Charge, Store, Taken, TakenKind};
use crate::{
    Allowed, Attempt, Decision, Denied, KeyHasher, KeyParts, LimitRefused, LimitRefusedKind, MemoryStore,
};
use crate::{Plan, Quotas, RateKey};

/// A limit: a name, its quotas, and the store that keeps what each key has used.
///
/// Share it in an `Arc`. What it decides is the numbered list in the [crate docs](crate).
pub struct RateLimiter<S = MemoryStore> {
    name: Name,
    plan: Plan,
    keys: KeyHasher,
    store: S,
    mode: Mode,
    recorder: Recorder,
    state: State,
}

/// What a limit does about what it refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Enforce,
    Shadow,
}

/// What was told already.
#[derive(Debug)]
struct State {
    store: ControlHealth,
    key_missing: AtomicBool,
    sampler: Sampler,
}

impl RateLimiter {
    /// A limit with a [`MemoryStore`] of 8 MiB.
    ///
    /// `name` stands in the response fields and in events: 1 to 64 characters of `A-Z a-z 0-9 . _ -`.
    ///
    /// # Errors
    /// [`ConfigError`] for another name, and where memory or random bytes are not to be had.
    pub fn new(name: impl Into<Box<str>>, quotas: impl Into<Quotas>) -> Result<Self, ConfigError> {
        let quotas = quotas.into();
        Self::with_store(name, quotas, MemoryStore::new(quotas)?)
    }
}

impl<S: Store> RateLimiter<S> {
    /// A limit with a store of the caller's.
    ///
    /// # Errors
    /// [`ConfigError`] for a name as in [`new`](RateLimiter::new), for quotas that the store cannot keep, and where random
    /// bytes are not to be had.
    pub fn with_store(
        name: impl Into<Box<str>>,
        quotas: impl Into<Quotas>,
        store: S,
    ) -> Result<Self, ConfigError> {
        let quotas = quotas.into();
        store.supports(&quotas)?;
        let keys =
            KeyHasher::random().map_err(|error| ConfigError::new("rate limit keys", error.to_string()))?;
        let name = Name::new(name)?;
        let state = State {
            store: ControlHealth::new(name.as_str().to_owned()),
            key_missing: AtomicBool::new(false),
            sampler: Sampler::default(),
        };
        Ok(Self {
            plan: Plan::new(name.as_str(), quotas)?,
            name,
            keys,
            store,
            mode: Mode::Enforce,
            recorder: Recorder::default(),
            state,
        })
    }

    /// Makes keys with a secret that several nodes share, so that they count together in one store.
    #[must_use]
    pub fn with_key_secret(mut self, secret: &RootSecret) -> Self {
        self.keys = KeyHasher::shared(secret, self.name.as_str());
        self
    }

    /// Records events with `recorder`.
    #[must_use]
    pub fn with_recorder(mut self, recorder: Recorder) -> Self {
        self.recorder = recorder;
        self
    }

    /// Refuses nothing: what it would have refused passes, is told of in the events with the reason `shadow`, and is marked in
    /// [`Allowed::is_shadowed`]. To try a limit on real traffic before it is enforced.
    #[must_use]
    pub fn with_shadow(mut self) -> Self {
        self.mode = Mode::Shadow;
        self
    }

    /// A plan for keys that have other quotas than most, chosen for each attempt by [`Attempt::with_plan`].
    ///
    /// # Errors
    /// [`ConfigError`] for quotas that the store of this limit cannot keep.
    pub fn plan(&self, quotas: impl Into<Quotas>) -> Result<Plan, ConfigError> {
        let quotas = quotas.into();
        self.store.supports(&quotas)?;
        Plan::new(self.name.as_str(), quotas)
    }

    /// Charges an attempt, if the quota allows.
    ///
    /// A key, or its parts, will do as an attempt of cost one. A refusal is recorded as `excess_rate_limit_exceeded`, ten at
    /// once and then one a second; [`unreported`](Self::unreported) counts the others.
    pub async fn check(&self, attempt: impl Into<Attempt>) -> Decision {
        let attempt = attempt.into();
        let taken = self.begin(&attempt).await;
        self.conclude(&attempt, taken)
    }

    /// How many units `key` has left, by the limit's own quotas. Nothing is charged.
    ///
    /// # Errors
    /// [`StoreError`] where the store cannot tell.
    pub async fn remaining(&self, key: impl Into<RateKey>) -> Result<u32, StoreError> {
        let peeked = self.store.peek(key.into(), self.plan.quotas()).await?;
        // The store answers as if one had been taken.
        let taken = u32::from(peeked.kind() == TakenKind::Admitted);
        Ok(peeked.remaining().saturating_add(taken))
    }

    /// Gives back what `attempt` was charged, less what time has paid of it: what was charged before, and turned out not to
    /// count.
    ///
    /// # Errors
    /// [`StoreError`] where the store failed; the charge may stand.
    pub async fn refund(&self, attempt: &Attempt, allowed: Allowed) -> Result<(), StoreError> {
        match self.give_back(attempt, allowed.receipts(), 0) {
            Some(refund) => refund.await,
            None => Ok(()),
        }
    }

    /// Charges `cost` units more to `key`, whatever is left; at most, nothing is left.
    ///
    /// # Errors
    /// [`StoreError`] where the store failed; it may have been charged.
    pub async fn penalize(&self, key: impl Into<RateKey>, cost: u64) -> Result<(), StoreError> {
        self.store.penalize(key.into(), self.plan.quotas(), cost).await
    }

    /// Refuses `key` for a time, whatever is left of its quotas, and tells for how long.
    ///
    /// # Errors
    /// [`StoreError`] where the store failed; it may have been blocked.
    pub async fn block(&self, key: impl Into<RateKey>, block: Block) -> Result<Duration, StoreError> {
        self.store.block(key.into(), block).await
    }

    /// Forgets what `key` has used, and its blocks.
    ///
    /// # Security
    /// Not for keys that an attacker shares with a victim, or can bring to a success: a limit on logins by *address* that
    /// is reset at each success is reset by the attacker's own account.
    ///
    /// # Errors
    /// [`StoreError`] where the store failed; the key may keep its debt.
    pub async fn reset(&self, key: impl Into<RateKey>) -> Result<(), StoreError> {
        self.store.reset(key.into()).await
    }

    pub(crate) fn begin(&self, attempt: &Attempt) -> S::Take {
        self.store
            .take(attempt.key(), self.plan_of(attempt).quotas(), attempt.cost())
    }

    /// Gives back what this limit charged, as the one at that place among those that were asked together; nothing where it
    /// charged nothing.
    pub(crate) fn give_back(&self, attempt: &Attempt, receipts: &Receipts, place: usize) -> Option<S::Done> {
        let charge = Charge::new(attempt.cost(), receipts.at(place)?);
        Some(
            self.store
                .refund(attempt.key(), self.plan_of(attempt).quotas(), charge),
        )
    }
}

impl<C: Clock> RateLimiter<MemoryStore<C>> {
    /// As [`check`](Self::check), without a future.
    #[expect(
        clippy::inline_always,
        reason = "the state of the hash that is finished here stays in registers"
    )]
    #[inline(always)]
    pub fn check_now(&self, attempt: impl Into<Attempt>) -> Decision {
        self.decide_now(&attempt.into())
    }

    #[inline]
    fn decide_now(&self, attempt: &Attempt) -> Decision {
        let taken = self
            .store
            .take_now(attempt.key(), self.plan_of(attempt).quotas(), attempt.cost());
        self.conclude(attempt, taken)
    }
}

impl<S> RateLimiter<S> {
    /// Begins a key of this limit. Keys made by another limit are other keys.
    #[expect(
        clippy::inline_always,
        reason = "the state of the hash stays in registers: a third of its cost"
    )]
    #[inline(always)]
    pub fn key(&self) -> KeyParts<'_> {
        self.keys.key()
    }

    /// What makes the keys of this limit.
    #[must_use]
    pub const fn keys(&self) -> &KeyHasher {
        &self.keys
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name.as_str()
    }

    /// The quotas of keys that have no plan of their own.
    #[must_use]
    pub fn quotas(&self) -> &Quotas {
        self.plan.quotas()
    }

    /// The store.
    #[must_use]
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// How many refusals were left out of the events so far, because there were too many.
    ///
    /// The next event that is recorded after some were left out has the reason `over_quota_sampled`.
    #[must_use]
    pub fn unreported(&self) -> u64 {
        self.state.sampler.left_out()
    }

    /// Whether the limit is in shadow mode, and refuses nothing.
    #[must_use]
    pub const fn is_shadow(&self) -> bool {
        matches!(self.mode, Mode::Shadow)
    }

    /// Adds the `RateLimit` and `RateLimit-Policy` fields of draft-ietf-httpapi-ratelimit-headers-10 for a decision about
    /// `attempt`, as the layer does.
    pub fn write_fields(&self, attempt: &Attempt, decision: &Decision, headers: &mut HeaderMap) {
        if let Some(standing) = self.stand(attempt, decision) {
            standing.write(headers);
        }
    }

    /// How the attempt's key stands; nothing where the decision has no numbers.
    pub(crate) fn stand(&self, attempt: &Attempt, decision: &Decision) -> Option<Standing> {
        let numbers = match decision {
            Decision::Allow(allowed) => allowed.numbers(),
            // Retry-After should not be earlier than `t`: they are the same here.
            Decision::Deny(denied) => denied.numbers(),
            Decision::NeverFits | Decision::StoreFailed(_) => return None,
        };
        let policy = self.plan_of(attempt).policy(numbers.which.quota)?;
        Some(policy.standing(numbers.remaining.get(), numbers.wait))
    }

    #[inline]
    pub(crate) fn plan_of<'a>(&'a self, attempt: &'a Attempt) -> &'a Plan {
        attempt.plan().unwrap_or(&self.plan)
    }

    #[inline]
    pub(crate) fn conclude(&self, attempt: &Attempt, taken: Result<Taken, StoreError>) -> Decision {
        self.watch(&taken);
        let decision = match taken {
            Err(error) => Decision::StoreFailed(error),
            Ok(taken) => self.judge(attempt, &taken),
        };
        if self.is_shadow() {
            return let_through(decision);
        }
        decision
    }

    #[inline]
    fn judge(&self, attempt: &Attempt, taken: &Taken) -> Decision {
        let numbers = Numbers {
            which: Which {
                limit: 0,
                quota: taken.quota(),
            },
            limit: self.plan_of(attempt).limit(taken.quota()),
            remaining: taken.units(),
            wait: taken.wait(),
        };
        if taken.kind() == TakenKind::Admitted {
            return Decision::Allow(Allowed::new(numbers, Receipts::one(taken.at())));
        }
        self.tell(attempt, taken);
        match taken.kind() {
            TakenKind::Blocked => Decision::Deny(Denied::blocked(numbers)),
            TakenKind::Refused => Decision::Deny(Denied::new(numbers)),
            TakenKind::NeverFits | TakenKind::Admitted => Decision::NeverFits,
        }
    }

    /// The refusal of a request that has no key to be counted under, as the layer gives it. It is told of once, as
    /// `control_failed`: it is a fault of the set-up.
    #[must_use]
    pub fn refuse_without_key(&self) -> LimitRefused {
        if !self.state.key_missing.swap(true, Ordering::Relaxed) {
            self.record(Event::new(SecurityEvent::ControlFailed).with_reason("rate_limit_key_missing"));
        }
        LimitRefused::new(LimitRefusedKind::KeyMissing)
    }

    /// Tells when the store begins to fail and when it works again.
    fn watch(&self, taken: &Result<Taken, StoreError>) {
        match taken {
            Ok(_) => self.state.store.works(&self.recorder),
            Err(error) => self.state.store.failed(&self.recorder, error.kind().reason()),
        }
    }

    #[cold]
    fn tell(&self, attempt: &Attempt, taken: &Taken) {
        let reason = match (self.state.sampler.sample(taken.at()), self.mode, taken.kind()) {
            (Sample::LeaveOut, _, _) => return,
            (_, Mode::Shadow, _) => "shadow",
            (Sample::TellAfterOthers, _, _) => "over_quota_sampled",
            (Sample::Tell, _, TakenKind::NeverFits) => "cost_never_fits",
            (Sample::Tell, _, TakenKind::Blocked) => "blocked",
            (Sample::Tell, _, _) => "over_quota",
        };
        let event = Event::new(SecurityEvent::ExcessRateLimitExceeded).with_reason(reason);
        self.record(match attempt.client() {
            Some(client) => event.with_client(client),
            None => event,
        });
    }

    #[cold]
    fn record<'a>(&'a self, event: Event<'a>) {
        self.recorder.record(&event.with_rule(self.name.as_str()));
    }
}

/// What a limit in shadow mode makes of what it decided.
fn let_through(decision: Decision) -> Decision {
    let numbers = match &decision {
        Decision::Allow(_) => return decision,
        Decision::Deny(denied) => *denied.numbers(),
        Decision::NeverFits | Decision::StoreFailed(_) => Numbers::NONE,
    };
    Decision::Allow(Allowed::new(numbers, Receipts::NONE).shadowed())
}

impl<S: fmt::Debug> fmt::Debug for RateLimiter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter")
            .field("name", &self.name())
            .field("quotas", self.quotas())
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
