//! Where limits are counted: in the memory of this process, or in a Redis that several share.
use palisade::core::{ConfigError, Recorder, RootSecret};
use palisade::ratelimit::store::Either;
use palisade::ratelimit::{MemoryStore, Quota, RateLimiter, RedisStore};
use palisade::redis::Redis;

use crate::limits;

/// Where a limit of the shop is counted.
pub(crate) type LimitStore = Either<MemoryStore, RedisStore>;

/// A limit of the shop.
pub(crate) type Limit = RateLimiter<LimitStore>;

/// What stores are made from.
#[derive(Clone, Debug)]
pub(crate) struct Stores {
    redis: Option<Redis>,
    secret: RootSecret,
    recorder: Recorder,
}

impl Stores {
    /// Stores in that Redis, or in memory without one.
    pub(crate) fn new(redis: Option<Redis>, secret: RootSecret, recorder: Recorder) -> Self {
        Self {
            redis,
            secret,
            recorder,
        }
    }

    /// A limit of that name. Processes that share the Redis and the database count together.
    pub(crate) fn limit(&self, name: &str, quota: Quota) -> Result<Limit, ConfigError> {
        let store = match &self.redis {
            None => Either::Left(MemoryStore::new(quota)?),
            Some(redis) => {
                Either::Right(RedisStore::new(redis.clone(), quota)?.with_deadline(limits::REDIS_DEADLINE)?)
            }
        };
        let limit = RateLimiter::with_store(name, quota, store)?;
        Ok(limit
            .with_key_secret(&self.secret)
            .with_recorder(self.recorder.clone()))
    }
}
