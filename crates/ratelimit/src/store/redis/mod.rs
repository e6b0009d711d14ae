//! The store in Redis.
mod answer;
mod call;
mod leased;
mod local;
mod measure;
mod question;
mod refused;
mod script;
mod shared;
mod time;
#[cfg(feature = "test-util")]
mod told;

use std::future::Future;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{Clock, ConfigError, StoreError, StoreErrorKind};
use palisade_redis::Redis;

use self::call::Call;
use self::local::Local;
use self::question::Question;
use self::refused::Refused;
use self::script::Scripts;
use self::shared::Shared;
use self::time::NodeClock;
use super::{Block, Charge, Store, Taken};
use crate::{Quotas, RateKey};

pub use self::answer::Answer;
pub use self::leased::LeasedStore;
#[cfg(feature = "test-util")]
pub use self::told::Told;

/// How long a decision may wait for the server, unless another deadline is given.
const DEADLINE: Duration = Duration::from_millis(10);

/// Debts in Redis or Valkey, for several nodes that count together.
///
/// All of a key is one entry of the server: every quota and the block. A decision is one script, one round trip and one
/// moment: all quotas are charged or none. Time is the server's. An entry expires when nothing of it counts any more. A refusal
/// writes nothing, and is repeated for up to a second without asking, so that whoever is refused and goes on costs the server
/// little; what another node gives back, or forgets, is therefore seen up to a second later.
///
/// Nodes count together when their limits have the same name and the same
/// [`with_key_secret`](crate::RateLimiter::with_key_secret), and their [`Redis`] the same prefix.
///
/// # When the server is away
/// Each node decides by itself, in a table in memory that has counted along: what the server admitted to this node is charged
/// there too, so an outage is no fresh start. By itself each node allows the whole quota, so `n` nodes allow up to `n` times as
/// much, unless [`with_nodes`](Self::with_nodes) tells how many there are. When the server is back, it goes on from where it was: what
/// was used meanwhile is not known to it, and blocks that were made meanwhile are not either.
///
/// [`deny_when_down`](Self::deny_when_down) answers with an error instead, which refuses. `reset` does so in any case.
///
/// # Bounds
/// With the server there, what is admitted in any window is what the quota says, for all nodes together. A fail-over to a replica
/// forgets what the master had not passed on: that much may be admitted again. Intervals are rounded up to 2^-20 µs, or to what
/// a burst that takes long to come back leaves room for, at worst one microsecond.
///
/// Quotas are counted by their place. Where a deploy changes them, a debt stays as it is; one of another kind counts as far as the
/// new one can hold it; a place that is new begins with nothing.
#[derive(Clone, Debug)]
pub struct RedisStore(Arc<Shared>);

impl RedisStore {
    /// Debts of these quotas in that Redis. A decision waits for it no longer than 10 ms, unless
    /// [`with_deadline`](Self::with_deadline) says otherwise, whatever the deadline of `redis` is.
    ///
    /// # Errors
    /// [`ConfigError`] for a quota whose burst takes over 71 years to come back, and where there is no memory for the table that
    /// counts along.
    pub fn new(redis: Redis, quotas: impl Into<Quotas>) -> Result<Self, ConfigError> {
        Self::timed(redis, quotas.into(), &script::SERVERS, NodeClock::system())
    }

    /// The same with a time that a test tells, in place of the server's.
    ///
    /// # Errors
    /// As for [`new`](Self::new).
    #[cfg(feature = "test-util")]
    pub fn with_told_time(redis: Redis, quotas: impl Into<Quotas>, time: &Told) -> Result<Self, ConfigError> {
        let clock = NodeClock::told(time.clone());
        Self::timed(redis, quotas.into(), &script::TOLD, clock)
    }

    /// Waits so long for a decision of the server's: 1 ms to 10 s.
    ///
    /// # Errors
    /// [`ConfigError`] for another span.
    pub fn with_deadline(mut self, deadline: Duration) -> Result<Self, ConfigError> {
        let shared = Arc::make_mut(&mut self.0);
        shared.redis = shared.redis.clone().with_deadline(deadline)?;
        Ok(self)
    }

    /// Tells that so many nodes count together: while the server is away, each of them allows its part of a quota, and at least one
    /// unit. The parts of all nodes are one quota, where requests are spread evenly.
    ///
    /// # Errors
    /// [`ConfigError`] where there is no memory for the table that counts along.
    pub fn with_nodes(mut self, nodes: NonZeroU32) -> Result<Self, ConfigError> {
        let shared = Arc::make_mut(&mut self.0);
        shared.local = Some(Arc::new(Local::new(&shared.quotas, nodes, shared.clock.clone())?));
        Ok(self)
    }

    /// Answers with an error while the server is away, so that everything is refused.
    #[must_use]
    pub fn deny_when_down(mut self) -> Self {
        Arc::make_mut(&mut self.0).local = None;
        self
    }

    fn timed(
        redis: Redis,
        quotas: Quotas,
        scripts: &'static Scripts,
        clock: NodeClock,
    ) -> Result<Self, ConfigError> {
        let call = Call::about(&quotas).ok_or_else(measure::too_long)?;
        let local = Local::new(&quotas, NonZeroU32::MIN, clock.clone())?;
        Ok(Self(Arc::new(Shared {
            redis: redis.with_deadline(DEADLINE)?,
            quotas,
            call,
            scripts,
            clock,
            refused: Arc::new(Refused::new()),
            local: Some(Arc::new(local)),
        })))
    }

    /// Asks the server in a future that owns what it needs; nothing is sent before it is polled.
    fn ask<T, F>(
        &self,
        quotas: &Quotas,
        ask: impl FnOnce(Arc<Shared>, Call) -> F,
    ) -> Answer<Result<T, StoreError>>
    where
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        match self.0.call(quotas) {
            Some(call) => Answer::asked(ask(Arc::clone(&self.0), call)),
            None => Answer::known(Err(StoreError::new(StoreErrorKind::Failed))),
        }
    }
}

impl Store for RedisStore {
    type Take = Answer<Result<Taken, StoreError>>;
    type Done = Answer<Result<(), StoreError>>;
    type Block = Answer<Result<Duration, StoreError>>;

    fn take(&self, key: RateKey, quotas: &Quotas, cost: u64) -> Self::Take {
        let question = Question::new(key, quotas, cost);
        if let Some(refused) = self.0.refused.find(&question, self.0.clock.monotonic()) {
            return Answer::known(Ok(refused));
        }
        self.ask(quotas, move |shared, call| async move {
            shared.take(question, call).await
        })
    }

    fn peek(&self, key: RateKey, quotas: &Quotas) -> Self::Take {
        let question = Question::new(key, quotas, 1);
        self.ask(quotas, move |shared, call| async move {
            shared.peek(question, call).await
        })
    }

    fn refund(&self, key: RateKey, quotas: &Quotas, charge: Charge) -> Self::Done {
        let (question, at) = (Question::new(key, quotas, charge.cost()), charge.at());
        self.ask(quotas, move |shared, call| async move {
            shared.refund(question, at, call).await
        })
    }

    fn penalize(&self, key: RateKey, quotas: &Quotas, cost: u64) -> Self::Done {
        let question = Question::new(key, quotas, cost);
        self.ask(quotas, move |shared, call| async move {
            shared.penalize(question, call).await
        })
    }

    fn block(&self, key: RateKey, block: Block) -> Self::Block {
        let shared = Arc::clone(&self.0);
        Answer::asked(async move { shared.block(key, block).await })
    }

    fn reset(&self, key: RateKey) -> Self::Done {
        let shared = Arc::clone(&self.0);
        Answer::asked(async move { shared.reset(key).await })
    }

    fn supports(&self, quotas: &Quotas) -> Result<(), ConfigError> {
        self.0.supports(quotas)
    }
}
