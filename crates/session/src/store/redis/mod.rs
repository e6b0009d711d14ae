//! Sessions in Redis or Valkey, shared by all processes.
mod digest;
mod epochs;
mod index;
mod operations;
mod scripts;
mod seal;
mod wire;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{KeyRing, StoreError, Subject, TokenHash, TokenRef};
use palisade_redis::{Key, Redis};

use self::digest::Short;
use self::epochs::Epochs;
use self::seal::Seal;
use crate::{
    Changes, Created, Draft, Listed, Loaded, Record, Rotated, Rotation, Scope, SessionId, Store, Updated,
};

/// Sessions in Redis 6.2 or newer, Valkey, or a cluster of them. Clones share the connection.
///
/// | operation | commands, each one round trip |
/// |---|---|
/// | load, update, renew, peek, claim, a visitor's first value | 1 |
/// | login, logout, the end of one session | 2 |
/// | list, the end of all of an account | 1, and 1 for each of its sessions, all at once |
/// | revocation | 1 |
///
/// Each process asks once a second which generations were revoked; a revocation therefore reaches other processes within two
/// seconds (a session that another process begins meanwhile may end with it), and everything else at once. A login that ends an older session costs two more for each that it ends, and one
/// for each that is looked at.
///
/// Everything of a session lies under one key, so each operation is one atomic script, in a cluster too. The list of an
/// account's sessions is another key: it is written before the session, so that it may name one too many and never one too
/// few. Times are the server's.
///
/// # Durability
/// Redis answers before its replicas have what it answered, and before the disk has. A server that fails over, or restarts
/// from disk, may forget the last moments: a session that has just begun, or one that has just ended, which is then back
/// until it is ended again or runs out. Where that matters, give the server `appendfsync always`, or replicas that it waits
/// for.
#[derive(Clone)]
pub struct RedisStore {
    redis: Redis,
    seal: Seal,
    epochs: Arc<Epochs>,
    ahead: Ahead,
}

/// How far ahead of the server's clock the store lives: not at all, but in tests.
type Ahead = Arc<dyn Fn() -> Duration + Send + Sync>;

type Boxed<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

impl RedisStore {
    /// Sessions on that server.
    #[must_use]
    pub fn new(redis: Redis) -> Self {
        Self {
            redis,
            seal: Seal(None),
            epochs: Arc::default(),
            ahead: Arc::new(|| Duration::ZERO),
        }
    }

    /// Seals who holds a session, its device and its values with the ring's keys (XChaCha20-Poly1305), bound to the session
    /// and the name: who reads the server's memory learns neither, who writes it moves nothing. Hashes of ids, pseudonyms
    /// of accounts, names of values and times stay as they are.
    ///
    /// Sessions that were stored before there was a ring end; so do those that a compromised key has sealed.
    #[must_use]
    pub fn with_keys(mut self, ring: KeyRing) -> Self {
        self.seal = Seal(Some(ring));
        self
    }

    /// Lives ahead of the server's clock, for tests that cannot wait.
    #[cfg(feature = "test-util")]
    #[must_use]
    pub fn with_time_ahead(mut self, ahead: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        self.ahead = Arc::new(ahead);
        self
    }

    fn key(&self, session: TokenRef) -> Key {
        self.redis.key("sess", session.as_bytes())
    }

    fn index(&self, subject: Short) -> Key {
        self.redis.key("subj", subject.as_bytes())
    }

    fn shift(&self) -> u64 {
        micros((self.ahead)())
    }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

impl Store for RedisStore {
    type Create = Boxed<Created>;
    type Load = Boxed<Loaded>;
    type Update = Boxed<Updated>;
    type Rotate = Boxed<Rotated>;
    type Delete = Boxed<bool>;
    type List = Boxed<Vec<Listed>>;
    type EndAll = Boxed<usize>;
    type Revoke = Boxed<()>;
    type Peek = Boxed<Option<Arc<Record>>>;

    fn create(&self, id: SessionId, draft: Draft) -> Self::Create {
        let store = self.clone();
        Box::pin(async move { store.do_create(id, draft).await })
    }

    fn load(&self, id: SessionId) -> Self::Load {
        let store = self.clone();
        Box::pin(async move { store.do_load(id).await })
    }

    fn update(&self, id: SessionId, changes: Changes) -> Self::Update {
        let store = self.clone();
        Box::pin(async move { store.do_update(id, changes).await })
    }

    fn rotate(&self, old: SessionId, new: TokenHash, rotation: Rotation) -> Self::Rotate {
        let store = self.clone();
        Box::pin(async move { store.do_rotate(old, new, rotation).await })
    }

    fn delete(&self, id: SessionId) -> Self::Delete {
        let store = self.clone();
        Box::pin(async move { store.do_delete(id).await })
    }

    fn list(&self, subject: &Subject) -> Self::List {
        let (store, subject) = (self.clone(), Short::of_subject(subject));
        Box::pin(async move { store.do_list(subject).await })
    }

    fn end(&self, subject: &Subject, session: TokenRef) -> Self::Delete {
        let (store, subject) = (self.clone(), Short::of_subject(subject));
        Box::pin(async move { Ok(store.do_end(subject, vec![session]).await? > 0) })
    }

    fn end_all(&self, subject: &Subject, keep: Option<TokenRef>) -> Self::EndAll {
        let (store, subject) = (self.clone(), Short::of_subject(subject));
        Box::pin(async move {
            let mut sessions = store.named(subject).await?;
            sessions.retain(|session| Some(*session) != keep);
            store.do_end(subject, sessions).await
        })
    }

    fn revoke(&self, scope: Scope<'_>) -> Self::Revoke {
        let store = self.clone();
        let tenant = match scope {
            Scope::Everybody => None,
            Scope::Tenant(tenant) => Some(Short::of_tenant(tenant)),
        };
        Box::pin(async move { store.epochs.end(&store.redis, tenant).await })
    }

    fn peek(&self, session: TokenRef) -> Self::Peek {
        let store = self.clone();
        Box::pin(async move {
            let seen = store.look(session, None).await?;
            Ok(seen.map(|seen| seen.record))
        })
    }

    fn claim(&self, value: TokenHash, keep: Duration) -> Self::Delete {
        let store = self.clone();
        Box::pin(async move { store.do_claim(value, keep).await })
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("redis", &self.redis)
            .field("sealed", &self.seal.0.is_some())
            .finish_non_exhaustive()
    }
}
