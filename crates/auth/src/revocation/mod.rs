//! Tokens that are void before their time.
mod outgoing;
#[cfg(feature = "redis")]
mod shared;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};
use std::time::Duration;

use palisade_core::{Clock, ConfigError, Principal, Subject, Tenant, Timestamp};

use self::outgoing::Outgoing;
#[cfg(feature = "redis")]
pub use self::shared::SharedRevocations;
use crate::time::AnyClock;

/// The most entries in all lists together.
const CAPACITY: usize = 100_000;
/// How many entries come before the lists are first looked through for those that have served their time.
const FIRST_SWEEP: usize = 1024;

/// Which tokens are void although they have not expired. Clones share it.
///
/// A revocation voids what was issued until that moment: of everybody, a tenant, a subject; or of one session, or one
/// token, for good. It takes effect at the next verification, also of tokens that are cached. Each is forgotten after the
/// horizon, when all that it voids has expired anyway.
///
/// At most 100 000 are kept. One more, and everything issued until that moment is void: everybody fetches a new token
/// once, and nobody whose tokens were revoked gets in.
///
/// It lives in one process, and forgets when that ends. `SharedRevocations` (feature `redis`) shares it with other instances; without
/// that, each of them must be told.
#[derive(Clone)]
pub struct Revocations(Arc<Inner>);

struct Inner {
    /// Microseconds since the epoch.
    everybody: AtomicU64,
    /// How many entries there are in the lists, so that an empty list costs one load.
    listed: AtomicUsize,
    lists: RwLock<Lists>,
    horizon: Duration,
    capacity: usize,
    clock: AnyClock,
    outgoing: Outgoing,
}

#[derive(Default)]
struct Lists {
    by_kind: [HashMap<Box<str>, Void>; 5],
    sweep_at: usize,
}

/// What is void.
#[derive(Clone, Copy)]
struct Void {
    /// Tokens issued up to this moment.
    until: Timestamp,
    /// From when on nobody has such a token.
    forget: Timestamp,
}

/// By what a token can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listed {
    /// Not listed: everything.
    Everybody,
    Tenant,
    Subject,
    Session,
    Token,
}

impl Listed {
    const fn index(self) -> usize {
        match self {
            Self::Everybody => 0,
            Self::Tenant => 1,
            Self::Subject => 2,
            Self::Session => 3,
            Self::Token => 4,
        }
    }
}

/// Something that was revoked, as instances tell each other.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Revoked {
    listed: Listed,
    key: Box<str>,
    until: Timestamp,
}

/// A token, as far as revocations are concerned.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Presented<'a> {
    pub(crate) principal: &'a Principal,
    pub(crate) issued: Timestamp,
    pub(crate) session: Option<&'a str>,
    pub(crate) token: Option<&'a str>,
}

impl Revocations {
    /// No revocations yet. `horizon` is the longest life of anything that they are asked about, with its leeway: a profile
    /// that allows more is refused.
    ///
    /// # Errors
    /// [`ConfigError`] below 1 minute and beyond 400 days.
    pub fn new(horizon: Duration) -> Result<Self, ConfigError> {
        Self::with_clock(horizon, palisade_core::SystemClock::new())
    }

    /// The same, by another clock.
    ///
    /// # Errors
    /// [`ConfigError`] below 1 minute and beyond 400 days.
    pub fn with_clock(horizon: Duration, clock: impl Clock) -> Result<Self, ConfigError> {
        Self::build(horizon, AnyClock::new(clock), CAPACITY)
    }

    /// Voids everything that was issued until now.
    pub fn revoke_all(&self) {
        self.revoke(Listed::Everybody, "", None);
    }

    /// Voids everything that was issued to members of the tenant until now.
    pub fn revoke_tenant(&self, tenant: &Tenant) {
        self.revoke(Listed::Tenant, tenant.as_str(), None);
    }

    /// Voids everything that was issued to the account until now.
    pub fn revoke_subject(&self, subject: &Subject) {
        self.revoke(Listed::Subject, subject.as_str(), None);
    }

    /// Voids what comes from that session or family of refresh tokens (`sid`), also what is issued from it later.
    pub fn revoke_session(&self, session: &str) {
        self.revoke(Listed::Session, session, Some(FOREVER));
    }

    /// Voids one token, by its id (`jti`).
    pub fn revoke_token(&self, id: &str) {
        self.revoke(Listed::Token, id, Some(FOREVER));
    }

    /// The longest life that it covers.
    #[must_use]
    pub fn horizon(&self) -> Duration {
        self.0.horizon
    }

    /// Whether the token is void.
    pub(crate) fn voids(&self, token: &Presented<'_>) -> bool {
        if token.issued.as_micros() <= self.0.everybody.load(Ordering::Acquire) {
            return true;
        }
        self.0.listed.load(Ordering::Acquire) > 0 && self.lists_void(token)
    }

    fn lists_void(&self, token: &Presented<'_>) -> bool {
        let lists = self.0.lists.read().unwrap_or_else(PoisonError::into_inner);
        let void = |listed, key: Option<&str>| key.is_some_and(|key| lists.void(listed, key, token.issued));
        void(Listed::Subject, Some(token.principal.subject().as_str()))
            || void(Listed::Session, token.session)
            || void(Listed::Token, token.token)
            || void(Listed::Tenant, token.principal.tenant().map(Tenant::as_str))
    }

    /// Whether what others revoked is known. Of revocations that are not shared it always is.
    #[cfg(feature = "tokens")]
    pub(crate) fn is_known(&self) -> bool {
        self.0.outgoing.is_known(|| self.0.clock.monotonic())
    }

    /// Voids something here, and has it told to others where revocations are shared.
    fn revoke(&self, listed: Listed, key: &str, until: Option<Timestamp>) {
        let now = self.0.clock.now();
        let revoked = Revoked {
            listed,
            key: key.into(),
            until: until.unwrap_or(now),
        };
        self.void(&revoked);
        self.0.outgoing.tell(revoked, now, self.0.capacity);
    }

    fn void(&self, revoked: &Revoked) {
        if revoked.listed == Listed::Everybody {
            self.0
                .everybody
                .fetch_max(revoked.until.as_micros(), Ordering::AcqRel);
            return;
        }
        let now = self.0.clock.now();
        let void = Void {
            until: revoked.until,
            forget: now.saturating_add(self.0.horizon),
        };
        let mut lists = self.write();
        lists.sweep(now, self.0.capacity);
        if lists.len() >= self.0.capacity {
            // Too many to be told apart: what they void was issued before now, and so is void with everything else.
            self.0.everybody.fetch_max(now.as_micros(), Ordering::AcqRel);
            *lists = Lists::default();
        }
        lists.insert(revoked.listed, &revoked.key, void);
        self.0.listed.store(lists.len(), Ordering::Release);
    }

    fn write(&self) -> RwLockWriteGuard<'_, Lists> {
        self.0.lists.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn build(horizon: Duration, clock: AnyClock, capacity: usize) -> Result<Self, ConfigError> {
        let allowed = Duration::from_secs(60)..=Duration::from_secs(400 * 24 * 3600);
        if !allowed.contains(&horizon) {
            let problem = format!("{horizon:?} is not between 1 minute and 400 days");
            return Err(ConfigError::new("revocation horizon", problem));
        }
        Ok(Self(Arc::new(Inner {
            everybody: AtomicU64::new(0),
            listed: AtomicUsize::new(0),
            lists: RwLock::default(),
            horizon,
            capacity,
            clock,
            outgoing: Outgoing::default(),
        })))
    }
}

/// Whatever it is, it was issued before.
const FOREVER: Timestamp = Timestamp::from_micros(u64::MAX);

impl Lists {
    fn len(&self) -> usize {
        self.by_kind.iter().map(HashMap::len).sum()
    }

    fn void(&self, listed: Listed, key: &str, issued: Timestamp) -> bool {
        let list = self.by_kind.get(listed.index());
        let void = list.and_then(|list| list.get(key));
        void.is_some_and(|void| issued <= void.until)
    }

    fn insert(&mut self, listed: Listed, key: &str, void: Void) {
        if let Some(list) = self.by_kind.get_mut(listed.index()) {
            let entry = list.entry(key.into()).or_insert(void);
            entry.until = entry.until.max(void.until);
            entry.forget = entry.forget.max(void.forget);
        }
    }

    /// Forgets what has served its time, each time that the lists have doubled or are full.
    fn sweep(&mut self, now: Timestamp, capacity: usize) {
        if self.len() < self.sweep_at.clamp(FIRST_SWEEP.min(capacity), capacity) {
            return;
        }
        for list in &mut self.by_kind {
            list.retain(|_, void| void.forget > now);
        }
        self.sweep_at = self.len().saturating_mul(2);
    }
}

impl fmt::Debug for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revocations")
            .field("horizon", &self.0.horizon)
            .field("listed", &self.0.listed.load(Ordering::Relaxed))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
