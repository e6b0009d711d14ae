//! Revocations that several instances share, in Redis or Valkey.
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{ControlHealth, Recorder, StoreError, StoreErrorKind, Timestamp};
use palisade_redis::{Arg, Redis, Reply, Script};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::{Listed, Revocations, Revoked};

static SYNC: Script = Script::new("revocations sync", include_str!("sync.lua"));

/// The most that is told, and the most that is read, in one call.
const BATCH: usize = 500;
/// How long one round may be ago before the next one.
const EVERY: Duration = Duration::from_secs(1);
/// How long an instance goes on without a round that succeeded.
const MAX_STALE: Duration = Duration::from_secs(60);

/// Shares [`Revocations`] with every instance that has the same Redis or Valkey, as long as this value lives.
///
/// 1. What is revoked here is void here at once. It is told to the others in the next round, which begins within a second, or with
///    [`sync`](Self::sync); each of them learns it in its next round. So a token is void everywhere within about two seconds.
/// 2. An instance that starts learns in its first round what was revoked before, as far back as the horizon.
/// 3. While rounds fail, what is revoked waits to be told. After 60 seconds without one that succeeded, no token is verified
///    ([`Unavailable`](crate::TokenRefusedKind::Unavailable)) until one does: what others revoked cannot be known then.
/// 4. A Redis that lost its data is not told again what it knew; the instances that are running remember.
///
/// It is one stream under one key, and one command a round. The stream holds ids of accounts, tenants, sessions and tokens; none
/// of them lets anybody in. Failing and working again are told once a change (`control_failed`, rule `shared revocations`).
#[must_use = "revocations are shared as long as this lives"]
pub struct SharedRevocations {
    inner: Arc<Inner>,
    task: JoinHandle<()>,
}

struct Inner {
    revocations: Revocations,
    redis: Redis,
    recorder: Recorder,
    health: ControlHealth,
    /// The id of the last entry that was read. Who holds it does the round.
    cursor: Mutex<Vec<u8>>,
}

impl SharedRevocations {
    /// Learns what was revoked before, and begins to share: it needs a Tokio runtime.
    ///
    /// # Errors
    /// [`StoreError`] where the first round fails.
    pub async fn begin(
        revocations: &Revocations,
        redis: Redis,
        recorder: Recorder,
    ) -> Result<Self, StoreError> {
        revocations.share();
        let inner = Arc::new(Inner {
            revocations: revocations.clone(),
            redis,
            recorder,
            health: ControlHealth::new("shared revocations"),
            cursor: Mutex::new(b"0-0".to_vec()),
        });
        inner.round().await?;
        let task = tokio::spawn(Arc::clone(&inner).rounds());
        Ok(Self { inner, task })
    }

    /// Does a round now: when it has succeeded, what was revoked here is known to whoever asks the Redis.
    ///
    /// # Errors
    /// [`StoreError`] where the Redis does not answer. What is to be told waits for the next round.
    pub async fn sync(&self) -> Result<(), StoreError> {
        self.inner.round().await
    }
}

impl Drop for SharedRevocations {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Inner {
    async fn rounds(self: Arc<Self>) {
        loop {
            tokio::time::sleep(EVERY).await;
            // It is told by `health`, and the next round tries again.
            drop(self.round().await);
        }
    }

    async fn round(&self) -> Result<(), StoreError> {
        let mut cursor = self.cursor.lock().await;
        let done = self.exchange(&mut cursor).await;
        match &done {
            Ok(()) => {
                self.revocations.is_known_for(MAX_STALE);
                self.health.works(&self.recorder);
            }
            Err(error) => self.health.failed(&self.recorder, error.kind().reason()),
        }
        done
    }

    /// Tells and reads in batches, until there is nothing more of either.
    async fn exchange(&self, cursor: &mut Vec<u8>) -> Result<(), StoreError> {
        loop {
            let waiting = Waiting::take(&self.revocations, BATCH);
            let (told, read) = (waiting.told.len(), self.call(cursor, &waiting.told).await?);
            waiting.done();
            let entries = read.len();
            for entry in read {
                let (id, revoked) = entry_of(entry)?;
                if let Some(revoked) = revoked {
                    self.revocations.learn(revoked);
                }
                *cursor = id;
            }
            if told < BATCH && entries < BATCH {
                return Ok(());
            }
        }
    }

    async fn call(&self, cursor: &[u8], told: &[Revoked]) -> Result<Vec<Reply>, StoreError> {
        let kept = u64::try_from(self.revocations.horizon().as_millis()).unwrap_or(u64::MAX);
        let most = u64::try_from(BATCH).unwrap_or(u64::MAX);
        let mut args = vec![Arg::from(cursor), kept.into(), most.into()];
        for revoked in told {
            args.extend([
                Arg::from(revoked.listed.name()),
                Arg::from(&*revoked.key),
                revoked.until.as_micros().into(),
            ]);
        }
        let key = self.redis.key("revocations", b"");
        self.redis.call(&SYNC, &key, &args).await?.into_list()
    }
}

/// What was taken to be told. Dropped before it is, it waits again: the call may have failed, or never have been made.
struct Waiting<'a> {
    revocations: &'a Revocations,
    told: Vec<Revoked>,
}

impl<'a> Waiting<'a> {
    fn take(revocations: &'a Revocations, most: usize) -> Self {
        let told = revocations.outgoing(most);
        Self { revocations, told }
    }

    fn done(mut self) {
        self.told.clear();
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.revocations.put_back(std::mem::take(&mut self.told));
    }
}

/// The id of an entry, and what it says. A kind that a later version tells is passed over.
fn entry_of(reply: Reply) -> Result<(Vec<u8>, Option<Revoked>), StoreError> {
    let [id, kind, key, until] = reply.into_array()?;
    let text = |reply: Reply| String::from_utf8(reply.into_bytes()?).map_err(|_| unexpected());
    let (kind, key, until) = (text(kind)?, text(key)?, text(until)?);
    let until = until.parse().map_err(|_| unexpected())?;
    let revoked = Listed::from_name(&kind).map(|listed| Revoked {
        listed,
        key: key.into(),
        until: Timestamp::from_micros(until),
    });
    Ok((id.into_bytes()?, revoked))
}

fn unexpected() -> StoreError {
    StoreError::new(StoreErrorKind::Failed)
}

impl fmt::Debug for SharedRevocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedRevocations")
            .field("revocations", &self.inner.revocations)
            .finish_non_exhaustive()
    }
}
