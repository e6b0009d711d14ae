//! Tokens in Redis or Valkey, for several instances.
use std::time::Duration;

use palisade_core::{StoreError, StoreErrorKind, TokenHash};
use palisade_redis::{Arg, Key, Redis, Reply, Script};

use super::{ResetRecord, ResetStore};

static PUT: Script = Script::new("reset_put", include_str!("put.lua"));
static FIND: Script = Script::new("reset_find", include_str!("find.lua"));
static TAKE: Script = Script::new("reset_take", include_str!("take.lua"));

/// Keeps tokens in Redis or Valkey: one key and one command each, so it is at home in a cluster. The server's clock ends them.
///
/// The server must not evict keys that have not expired (`maxmemory-policy noeviction` or `volatile-ttl`), or links die early.
#[derive(Clone, Debug)]
pub struct RedisResets {
    redis: Redis,
}

impl RedisResets {
    /// A store on that server or cluster.
    #[must_use]
    pub const fn new(redis: Redis) -> Self {
        Self { redis }
    }

    fn key(&self, token: TokenHash) -> Key {
        self.redis.key("reset", token.as_bytes())
    }

    async fn ask(
        &self,
        script: &'static Script,
        token: TokenHash,
    ) -> Result<Option<ResetRecord>, StoreError> {
        let reply = self.redis.call(script, &self.key(token), &[]).await?;
        reply.some().map(record).transpose()
    }
}

/// What was kept, or an error: something else under that key is not an absence.
fn record(reply: Reply) -> Result<ResetRecord, StoreError> {
    let record = ResetRecord::from_bytes(&reply.into_bytes()?);
    record.ok_or(StoreError::new(StoreErrorKind::Failed))
}

impl ResetStore for RedisResets {
    async fn put(&self, token: TokenHash, record: ResetRecord, lifetime: Duration) -> Result<(), StoreError> {
        let millis = u64::try_from(lifetime.as_millis()).unwrap_or(u64::MAX);
        let bytes = record.to_bytes();
        let arguments = [Arg::Bytes(&bytes), Arg::Uint(millis)];
        let reply = self.redis.call(&PUT, &self.key(token), &arguments).await?;
        reply.into_int().map(drop)
    }

    async fn find(&self, token: TokenHash) -> Result<Option<ResetRecord>, StoreError> {
        self.ask(&FIND, token).await
    }

    async fn take(&self, token: TokenHash) -> Result<Option<ResetRecord>, StoreError> {
        self.ask(&TAKE, token).await
    }
}
