//! Where limits are counted, sessions and tokens kept: in the memory of this process, or in a Redis that several share.
use palisade::auth::{self, MemoryRefreshStore, MemoryResets, RedisRefreshStore, RedisResets};
use palisade::core::{ConfigError, KeyId, KeyRing, Purpose, Recorder, RootSecret};
use palisade::ratelimit::store::Either;
use palisade::ratelimit::{MemoryStore, Quota, RateLimiter, RedisStore};
use palisade::redis::Redis;
use palisade::session::{self, CookiePolicy};

use crate::limits;

/// Where a limit of the shop is counted.
pub(crate) type LimitStore = Either<MemoryStore, RedisStore>;

/// A limit of the shop.
pub(crate) type Limit = RateLimiter<LimitStore>;

/// Where a session of the shop is kept.
type SessionStore = session::Either<session::MemoryStore, session::RedisStore>;

/// The sessions of the shop.
pub(crate) type Sessions = session::Sessions<SessionStore>;

/// Where a family of refresh tokens is kept.
pub(crate) type RefreshStore = auth::Either<MemoryRefreshStore, RedisRefreshStore>;

/// Where the tokens of links that reset a password are kept, by their hashes.
pub(crate) type ResetStore = auth::Either<MemoryResets, RedisResets>;

/// What seals sessions in Redis.
const SESSION_SEAL: Purpose = Purpose::new("shop session seal");

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

    /// The sessions. What Redis has of them is sealed under a key of the root secret, so that processes which share both open
    /// it, and nobody who reads the Redis alone does.
    pub(crate) fn sessions(&self) -> Result<Sessions, ConfigError> {
        let store = match &self.redis {
            None => session::Either::Left(session::MemoryStore::new()),
            Some(redis) => {
                let redis = redis.clone().with_deadline(limits::SESSION_DEADLINE)?;
                let ring = KeyRing::new(SESSION_SEAL, KeyId::parse("1")?, &self.secret);
                session::Either::Right(session::RedisStore::new(redis).with_keys(ring))
            }
        };
        let sessions = Sessions::new(store, CookiePolicy::default(), limits::VISITOR_SESSION);
        Ok(sessions.with_recorder(self.recorder.clone()))
    }

    /// The families of refresh tokens. Redis has nothing of them that a token could be made of.
    pub(crate) fn refresh(&self) -> Result<RefreshStore, ConfigError> {
        Ok(match &self.redis {
            None => auth::Either::Left(MemoryRefreshStore::new()),
            Some(redis) => {
                let redis = redis.clone().with_deadline(limits::SESSION_DEADLINE)?;
                auth::Either::Right(RedisRefreshStore::new(redis))
            }
        })
    }

    /// The tokens of links that reset a password.
    pub(crate) fn resets(&self) -> Result<ResetStore, ConfigError> {
        Ok(match &self.redis {
            None => auth::Either::Left(MemoryResets::new()),
            Some(redis) => {
                let redis = redis.clone().with_deadline(limits::SESSION_DEADLINE)?;
                auth::Either::Right(RedisResets::new(redis))
            }
        })
    }

    /// The Redis that other processes share.
    pub(crate) const fn redis(&self) -> Option<&Redis> {
        self.redis.as_ref()
    }

    /// What keys are derived from.
    pub(crate) const fn secret(&self) -> &RootSecret {
        &self.secret
    }

    /// What is told of what happens.
    pub(crate) const fn recorder(&self) -> &Recorder {
        &self.recorder
    }
}
