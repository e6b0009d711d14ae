//! Families in Redis or Valkey, for several instances.
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use palisade_core::{StoreError, StoreErrorKind, Timestamp, TokenRef};
use palisade_redis::{Arg, Key, Redis, Reply, Script};

use super::{Advanced, MAX_FAMILIES, RefreshStore};
use crate::refresh::{DeviceLabel, Family, FamilyToken, ListedFamily, NewFamily, OwnerId};

static CREATE: Script = Script::new("refresh create", include_str!("create.lua"));
static ADVANCE: Script = Script::new("refresh advance", include_str!("advance.lua"));
static LIST: Script = Script::new("refresh list", include_str!("list.lua"));
static END: Script = Script::new("refresh end", include_str!("end.lua"));

/// Families in Redis or Valkey. Clones share the connection.
///
/// All families of an account are the fields of one hash, so that each operation is one script over one key, in a cluster
/// too. The key expires with the account's last family. Times are the server's.
#[derive(Clone)]
pub struct RedisRefreshStore {
    redis: Redis,
}

type Answer<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

impl RedisRefreshStore {
    /// A store on that server or cluster.
    #[must_use]
    pub const fn new(redis: Redis) -> Self {
        Self { redis }
    }

    fn key(&self, owner: OwnerId) -> Key {
        self.redis.key("refresh", owner.as_bytes())
    }
}

impl RefreshStore for RedisRefreshStore {
    type Create = Answer<()>;
    type Advance = Answer<Advanced>;
    type List = Answer<Vec<ListedFamily>>;
    type End = Answer<bool>;
    type EndAll = Answer<usize>;

    fn create(&self, owner: OwnerId, family: NewFamily) -> Self::Create {
        let reference = family.reference();
        let call = self.redis.call(
            &CREATE,
            &self.key(owner),
            &[
                Arg::from(family.id().as_bytes()),
                Arg::from(reference.as_bytes()),
                millis(family.lifetimes().idle()).into(),
                millis(family.lifetimes().absolute()).into(),
                family.device().as_str().into(),
                family.principal().into(),
                u64::try_from(MAX_FAMILIES).unwrap_or(u64::MAX).into(),
            ],
        );
        Box::pin(async move { call.await?.into_int().map(drop) })
    }

    fn advance(&self, owner: OwnerId, token: FamilyToken, grace: Duration) -> Self::Advance {
        let family = token.family();
        let args = [
            Arg::from(family.as_bytes()),
            token.number().into(),
            millis(grace).into(),
        ];
        let call = self.redis.call(&ADVANCE, &self.key(owner), &args);
        Box::pin(async move { advanced(call.await?) })
    }

    fn list(&self, owner: OwnerId) -> Self::List {
        let call = self.redis.call(&LIST, &self.key(owner), &[]);
        Box::pin(async move { call.await?.into_list()?.into_iter().map(listed).collect() })
    }

    fn end(&self, owner: OwnerId, family: TokenRef) -> Self::End {
        let args = ["one".into(), Arg::from(family.as_bytes())];
        let call = self.redis.call(&END, &self.key(owner), &args);
        Box::pin(async move { Ok(call.await?.into_uint()? > 0) })
    }

    fn end_all(&self, owner: OwnerId, keep: Option<TokenRef>) -> Self::EndAll {
        let keep = keep.map(|keep| *keep.as_bytes());
        let kept = keep.as_ref().map_or(&[][..], |keep| &keep[..]);
        let call = self
            .redis
            .call(&END, &self.key(owner), &["others".into(), kept.into()]);
        Box::pin(async move { usize::try_from(call.await?.into_uint()?).map_err(|_| unexpected()) })
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn advanced(reply: Reply) -> Result<Advanced, StoreError> {
    let Some(reply) = reply.some() else {
        return Ok(Advanced::Gone);
    };
    let [turn, token, created, principal] = reply.into_array()?;
    let family = Family::new(wall(created)?, principal.into_bytes()?);
    let token = u32::try_from(token.into_uint()?).map_err(|_| unexpected())?;
    match turn.into_int()? {
        turn @ (0 | 1) => Ok(Advanced::Successor {
            token,
            fresh: turn == 1,
            family,
        }),
        2 => Ok(Advanced::Reused(family)),
        _ => Err(unexpected()),
    }
}

fn listed(reply: Reply) -> Result<ListedFamily, StoreError> {
    let [reference, device, created, last_used] = reply.into_array()?;
    let reference = <[u8; 9]>::try_from(reference.into_bytes()?).map_err(|_| unexpected())?;
    let device = DeviceLabel::new(&String::from_utf8_lossy(&device.into_bytes()?));
    Ok(ListedFamily::new(
        TokenRef::from_bytes(reference),
        device,
        wall(created)?,
        wall(last_used)?,
    ))
}

/// Milliseconds since the epoch.
fn wall(reply: Reply) -> Result<Timestamp, StoreError> {
    Ok(Timestamp::from_micros(reply.into_uint()?.saturating_mul(1_000)))
}

fn unexpected() -> StoreError {
    StoreError::new(StoreErrorKind::Failed)
}

impl fmt::Debug for RedisRefreshStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisRefreshStore").finish_non_exhaustive()
    }
}
