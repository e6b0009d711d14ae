//! The limit itself.
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use http::HeaderMap;
use palisade_core::{
    Clock, ConfigError, ControlHealth, Event, Recorder, RootSecret, SecurityEvent, StoreError,
};

use crate::fields::Policy;
use crate::name::Name;
use crate::sampler::{Sample, Sampler};
use crate::store::{Store, Taken, TakenKind};
use crate::{
    Allowed, Attempt, Decision, Denied, KeyHasher, KeyParts, LimitRefused, LimitRefusedKind, MemoryStore,
};
use crate::{Quota, RateKey};

/// A limit: a name, a quota, and the store that keeps what each key has used.
///
/// Share it in an `Arc`. What it decides is the numbered list in the [crate docs](crate).
pub struct RateLimiter<S = MemoryStore> {
    name: Name,
    quota: Quota,
    keys: KeyHasher,
    store: S,
    policy: Policy,
    recorder: Recorder,
    state: State,
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
    pub fn new(name: impl Into<Box<str>>, quota: Quota) -> Result<Self, ConfigError> {
        let store = MemoryStore::new(&quota)?;
        Self::with_store(name, quota, store)
    }
}

impl<S: Store> RateLimiter<S> {
    /// A limit with a store of the caller's.
    ///
    /// # Errors
    /// [`ConfigError`] for a name as in [`new`](RateLimiter::new), for a quota that the store cannot keep, and where random
    /// bytes are not to be had.
    pub fn with_store(name: impl Into<Box<str>>, quota: Quota, store: S) -> Result<Self, ConfigError> {
        store.supports(&quota)?;
        let keys =
            KeyHasher::random().map_err(|error| ConfigError::new("rate limit keys", error.to_string()))?;
        let name = Name::new(name)?;
        let state = State {
            store: ControlHealth::new(name.as_str().to_owned()),
            key_missing: AtomicBool::new(false),
            sampler: Sampler::default(),
        };
        Ok(Self {
            policy: Policy::new(name.as_str(), &quota)?,
            name,
            quota,
            keys,
            store,
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

    /// Charges an attempt, if the quota allows.
    ///
    /// A key, or its parts, will do as an attempt of cost one. A refusal is recorded as `excess_rate_limit_exceeded`, ten at
    /// once and then one a second; [`unreported`](Self::unreported) counts the others.
    pub async fn check(&self, attempt: impl Into<Attempt>) -> Decision {
        let attempt = attempt.into();
        let taken = self.begin(&attempt).await;
        self.conclude(&attempt, taken)
    }

    /// How many units `key` has left. Nothing is charged.
    ///
    /// # Errors
    /// [`StoreError`] where the store cannot tell.
    pub async fn remaining(&self, key: impl Into<RateKey>) -> Result<u32, StoreError> {
        let peeked = self.store.peek(key.into(), &self.quota).await?;
        // The store answers as if one had been taken.
        let taken = u32::from(peeked.kind() == TakenKind::Admitted);
        Ok(peeked.remaining().saturating_add(taken))
    }

    /// Forgets what `key` has used.
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
        self.store.take(attempt.key(), &self.quota, attempt.cost())
    }
}

impl<C: Clock> RateLimiter<MemoryStore<C>> {
    /// As [`check`](Self::check), without a future.
    #[inline]
    pub fn check_now(&self, attempt: impl Into<Attempt>) -> Decision {
        let attempt = attempt.into();
        let taken = self.store.take_now(attempt.key(), &self.quota, attempt.cost());
        self.conclude(&attempt, taken)
    }
}

impl<S> RateLimiter<S> {
    /// Begins a key of this limit. Keys made by another limit are other keys.
    #[inline]
    pub fn key(&self) -> KeyParts {
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

    /// The quota.
    #[must_use]
    pub const fn quota(&self) -> &Quota {
        &self.quota
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

    /// Adds the `RateLimit` and `RateLimit-Policy` fields of draft-ietf-httpapi-ratelimit-headers-10 for a decision, as the
    /// layer does.
    pub fn write_fields(&self, decision: &Decision, headers: &mut HeaderMap) {
        if let Some(standing) = self.policy.stand(decision) {
            standing.write(headers);
        }
    }

    #[cfg(feature = "tower")]
    pub(crate) const fn policy(&self) -> &Policy {
        &self.policy
    }

    #[inline]
    pub(crate) fn conclude(&self, attempt: &Attempt, taken: Result<Taken, StoreError>) -> Decision {
        let limit = self.quota.max_burst().get();
        self.watch(&taken);
        match taken {
            Err(error) => Decision::StoreFailed(error),
            Ok(taken) => match (taken.kind(), taken.reset_after(), taken.retry_after()) {
                (TakenKind::Admitted, Some(reset_after), _) => {
                    Decision::Allow(Allowed::new(limit, taken.units(), reset_after))
                }
                (TakenKind::Refused, _, Some(retry_after)) => {
                    self.tell(attempt, &taken);
                    Decision::Deny(Denied::new(limit, taken.units(), retry_after))
                }
                _ => {
                    self.tell(attempt, &taken);
                    Decision::NeverFits
                }
            },
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
        let reason = match (self.state.sampler.sample(taken.at()), taken.kind()) {
            (Sample::LeaveOut, _) => return,
            (Sample::TellAfterOthers, _) => "over_quota_sampled",
            (Sample::Tell, TakenKind::NeverFits) => "cost_never_fits",
            (Sample::Tell, _) => "over_quota",
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

impl<S: fmt::Debug> fmt::Debug for RateLimiter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter")
            .field("name", &self.name())
            .field("quota", &self.quota)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
