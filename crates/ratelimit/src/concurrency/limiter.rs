//! The limit itself.
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use palisade_core::{
    ClientAddr, Clock, ConfigError, Event, Recorder, RootSecret, SecurityEvent, SystemClock,
};

use super::table::Table;
use super::{ConcurrencyRefused, ConcurrencyRefusedKind, InFlight};
use crate::name::Name;
use crate::sampler::{Sample, Sampler};
use crate::{KeyHasher, KeyParts, RateKey};

/// How many requests may be under way at once: by key, and in all. Exact, for one process.
///
/// A rate says nothing about what is slow: exports, checkouts, password hashes, streams. Here what has begun counts until it
/// has ended. Nobody waits in a queue: what does not fit is refused at once.
///
/// Only keys with something under way are kept, so memory is bounded by the total: some 50 bytes for each of them.
///
/// ```
/// use std::num::NonZeroU32;
/// use std::sync::Arc;
/// use palisade_ratelimit::ConcurrencyLimiter;
///
/// const TWO: NonZeroU32 = NonZeroU32::new(2).unwrap();
/// let exports = Arc::new(ConcurrencyLimiter::new("export", TWO)?);
/// let first = exports.enter(exports.key().label("ada"))?;
/// let second = exports.enter(exports.key().label("ada"))?;
/// assert!(exports.enter(exports.key().label("ada")).is_err());
/// assert!(exports.enter(exports.key().label("bob")).is_ok());
/// drop(first);
/// assert!(exports.enter(exports.key().label("ada")).is_ok());
/// # drop(second);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ConcurrencyLimiter {
    name: Name,
    keys: KeyHasher,
    per_key: NonZeroU32,
    total: NonZeroU32,
    under_way: AtomicU32,
    table: Table,
    events: Events,
}

/// What was told already, and to whom.
struct Events {
    recorder: Recorder,
    now: Box<dyn Fn() -> Duration + Send + Sync>,
    sampler: Sampler,
    key_missing: AtomicBool,
}

impl ConcurrencyLimiter {
    /// So many are under way at once in all, unless another number is given: 16 384.
    pub const DEFAULT_TOTAL: NonZeroU32 = NonZeroU32::new(16_384).unwrap();

    /// A limit of `per_key` under way at once for each key.
    ///
    /// `name` stands in events: 1 to 64 characters of `A-Z a-z 0-9 . _ -`.
    ///
    /// # Errors
    /// [`ConfigError`] for another name, and where random bytes are not to be had.
    pub fn new(name: impl Into<Box<str>>, per_key: NonZeroU32) -> Result<Self, ConfigError> {
        let keys =
            KeyHasher::random().map_err(|error| ConfigError::new("concurrency keys", error.to_string()))?;
        Ok(Self {
            name: Name::new(name)?,
            keys,
            per_key,
            total: Self::DEFAULT_TOTAL,
            under_way: AtomicU32::new(0),
            table: Table::new(),
            events: Events {
                recorder: Recorder::default(),
                now: Box::new(|| SystemClock::new().monotonic()),
                sampler: Sampler::default(),
                key_missing: AtomicBool::new(false),
            },
        })
    }

    /// Lets `total` be under way at once, of all keys together.
    #[must_use]
    pub const fn with_total(mut self, total: NonZeroU32) -> Self {
        self.total = total;
        self
    }

    /// Makes keys with this secret, in place of one of its own.
    #[must_use]
    pub fn with_key_secret(mut self, secret: &RootSecret) -> Self {
        self.keys = KeyHasher::shared(secret, self.name.as_str());
        self
    }

    /// Records refusals with `recorder`: ten at once, then one a second.
    #[must_use]
    pub fn with_recorder(mut self, recorder: Recorder) -> Self {
        self.events.recorder = recorder;
        self
    }

    /// Tells the time by `clock`. It only decides how many refusals are recorded.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.events.now = Box::new(move || clock.monotonic());
        self
    }

    /// Begins something under `key`; it counts until the guard is dropped.
    ///
    /// # Errors
    /// [`ConcurrencyRefused`] where as much is under way as may be, for the key or in all.
    pub fn enter(self: &Arc<Self>, key: impl Into<RateKey>) -> Result<InFlight, ConcurrencyRefused> {
        self.enter_from(key, None)
    }

    /// As [`enter`](Self::enter), with the client named in the event that a refusal makes.
    ///
    /// # Errors
    /// As [`enter`](Self::enter).
    pub fn enter_from(
        self: &Arc<Self>,
        key: impl Into<RateKey>,
        client: Option<ClientAddr>,
    ) -> Result<InFlight, ConcurrencyRefused> {
        let key = key.into();
        if !self.one_more() {
            return Err(self.refuse(ConcurrencyRefusedKind::Total, client));
        }
        if !self.table.enter(key, self.per_key) {
            self.one_less();
            return Err(self.refuse(ConcurrencyRefusedKind::PerKey, client));
        }
        Ok(InFlight::new(Arc::clone(self), key))
    }

    /// Begins a key of this limit.
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

    /// How much is under way in all.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        self.under_way.load(Ordering::Relaxed)
    }

    /// How much is under way under `key`.
    #[must_use]
    pub fn in_flight_of(&self, key: impl Into<RateKey>) -> u32 {
        self.table.count(key.into())
    }

    /// The refusal of a request that has no key to be counted under, as the layer gives it. It is told of once, as
    /// `control_failed`: it is a fault of the set-up.
    #[must_use]
    pub fn refuse_without_key(&self) -> ConcurrencyRefused {
        if !self.events.key_missing.swap(true, Ordering::Relaxed) {
            self.record(Event::new(SecurityEvent::ControlFailed).with_reason("concurrency_key_missing"));
        }
        ConcurrencyRefused::new(ConcurrencyRefusedKind::KeyMissing)
    }

    pub(super) fn leave(&self, key: RateKey) {
        self.table.leave(key);
        self.one_less();
    }

    fn one_more(&self) -> bool {
        let more = |count: u32| count.checked_add(1).filter(|count| *count <= self.total.get());
        let relaxed = Ordering::Relaxed;
        self.under_way.fetch_update(relaxed, relaxed, more).is_ok()
    }

    fn one_less(&self) {
        self.under_way.fetch_sub(1, Ordering::Relaxed);
    }

    #[cold]
    fn refuse(&self, kind: ConcurrencyRefusedKind, client: Option<ClientAddr>) -> ConcurrencyRefused {
        if self.events.sampler.sample((self.events.now)()) != Sample::LeaveOut {
            let reason = match kind {
                ConcurrencyRefusedKind::Total => "in_flight_total",
                ConcurrencyRefusedKind::PerKey | ConcurrencyRefusedKind::KeyMissing => "in_flight",
            };
            let event = Event::new(SecurityEvent::ExcessRateLimitExceeded).with_reason(reason);
            self.record(match client {
                Some(client) => event.with_client(client),
                None => event,
            });
        }
        ConcurrencyRefused::new(kind)
    }

    fn record<'a>(&'a self, event: Event<'a>) {
        self.events.recorder.record(&event.with_rule(self.name()));
    }
}

impl fmt::Debug for ConcurrencyLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConcurrencyLimiter")
            .field("name", &self.name())
            .field("per_key", &self.per_key)
            .field("total", &self.total)
            .field("in_flight", &self.in_flight())
            .field("keys", &self.table.keys())
            .finish_non_exhaustive()
    }
}
