//! The keys that another issuer publishes, kept and fetched again.
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use palisade_core::{Clock, ConfigError, ControlHealth, Recorder};
use tokio::runtime::Handle;
use tokio::sync::watch;

use super::set::{self, ById};
use super::{JwksDocument, JwksFailed, JwksSource};
use crate::time::AnyClock;
use crate::token::{Keys, KeysUnavailable, VerifyingKey};

/// The shortest time after which keys are fetched again, whatever their issuer says.
const MIN_REFRESH: Duration = Duration::from_secs(60);

type Fetched = Pin<Box<dyn Future<Output = Result<JwksDocument, JwksFailed>> + Send>>;

/// The keys of another issuer, fetched from where it publishes them. Clones share them.
///
/// 1. Keys are used for 15 minutes, or less where the issuer says so; then the next request has them fetched again and goes on
///    with those at hand.
/// 2. A key id that is not at hand has them fetched at once, and the request waits.
/// 3. However many ask, one fetch is under way, and between the beginnings of two lie at least 10 seconds. Within that
///    time an unknown key id is refused without asking anyone: invented ids cost the issuer nothing.
/// 4. A fetch takes at most 5 seconds. No lock is held while it is under way, and a client that hangs up does not end it.
/// 5. A fetch that fails, or gives no usable key, leaves the keys as they were, for 24 hours since the last that succeeded.
///    Then no token is verified until one succeeds.
/// 6. A key that is published no longer verifies nothing from then on.
///
/// It needs a Tokio runtime. Failing and working again are told once a change (`control_failed`, rule `remote keys`).
#[derive(Clone)]
pub struct RemoteKeys(Arc<Inner>);

struct Inner {
    fetch: Box<dyn Fn() -> Fetched + Send + Sync>,
    times: Times,
    clock: AnyClock,
    recorder: Recorder,
    health: ControlHealth,
    state: RwLock<State>,
}

#[derive(Clone, Copy, Debug)]
struct Times {
    refresh: Duration,
    cooldown: Duration,
    max_stale: Duration,
    timeout: Duration,
}

#[derive(Default)]
struct State {
    keys: ById,
    /// When they were fetched, on the monotonic clock.
    fetched: Option<Duration>,
    /// How long the issuer says that they are good.
    max_age: Option<Duration>,
    /// When a fetch was begun last.
    begun: Option<Duration>,
    /// Ends when the fetch under way does.
    flight: Option<watch::Receiver<()>>,
}

impl RemoteKeys {
    /// The longest document that is read, in bytes.
    pub const MAX_BYTES: usize = 256 * 1024;

    /// The keys that `source` fetches. Nothing is fetched yet.
    pub fn new(source: impl JwksSource) -> Self {
        let source = Arc::new(source);
        let fetch = move || -> Fetched {
            let source = Arc::clone(&source);
            Box::pin(async move { source.fetch().await })
        };
        Self(Arc::new(Inner {
            fetch: Box::new(fetch),
            times: Times {
                refresh: Duration::from_secs(15 * 60),
                cooldown: Duration::from_secs(10),
                max_stale: Duration::from_secs(24 * 3600),
                timeout: Duration::from_secs(5),
            },
            clock: AnyClock::default(),
            recorder: Recorder::default(),
            health: ControlHealth::new("remote keys"),
            state: RwLock::default(),
        }))
    }

    /// Lives by another clock. What was fetched is dropped: call it before the keys are shared.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock) -> Self {
        self.change(|inner| inner.clock = AnyClock::new(clock))
    }

    /// Tells `recorder` when fetching fails and works again. Call it before the keys are shared.
    #[must_use]
    pub fn with_recorder(self, recorder: Recorder) -> Self {
        self.change(|inner| inner.recorder = recorder)
    }

    /// Fetches again after `refresh`, and uses keys for `max_stale` at most when that fails. Call it before the keys are shared.
    ///
    /// # Errors
    /// [`ConfigError`] unless 1 minute <= `refresh` <= `max_stale` <= 7 days.
    pub fn with_times(self, refresh: Duration, max_stale: Duration) -> Result<Self, ConfigError> {
        let week = Duration::from_secs(7 * 24 * 3600);
        if refresh < MIN_REFRESH || refresh > max_stale || max_stale > week {
            let problem = format!("refresh {refresh:?}, at most {max_stale:?}: 1 minute to 7 days");
            return Err(ConfigError::new("remote keys", problem));
        }
        Ok(self.change(|inner| {
            inner.times.refresh = refresh;
            inner.times.max_stale = max_stale;
        }))
    }

    /// Fetches the keys now, for an application that would rather not start without them.
    ///
    /// # Errors
    /// [`KeysUnavailable`] where none are at hand afterwards.
    pub async fn ready(&self) -> Result<(), KeysUnavailable> {
        if let Some(flight) = self.join() {
            landed(flight).await;
        }
        let now = self.0.clock.monotonic();
        self.0
            .read()
            .is_usable(now, &self.0.times)
            .then_some(())
            .ok_or(KeysUnavailable)
    }

    fn change(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            change(inner);
        }
        self
    }

    /// The fetch that is under way, or one that is begun; `None` within the cooldown, or outside of a runtime.
    fn join(&self) -> Option<watch::Receiver<()>> {
        let now = self.0.clock.monotonic();
        let mut state = self.0.write();
        if let Some(flight) = &state.flight {
            return Some(flight.clone());
        }
        let cooled = |begun: Duration| now.saturating_sub(begun) >= self.0.times.cooldown;
        if !state.begun.is_none_or(cooled) {
            return None;
        }
        let runtime = Handle::try_current().ok()?;
        let (landing, flight) = watch::channel(());
        state.begun = Some(now);
        state.flight = Some(flight.clone());
        drop(state);
        let flying = Flying {
            keys: self.clone(),
            _landing: landing,
        };
        // A task of its own: whoever asked for it may hang up.
        runtime.spawn(flying.fly());
        Some(flight)
    }

    fn look(&self, kid: &str) -> Result<Option<Arc<VerifyingKey>>, KeysUnavailable> {
        let now = self.0.clock.monotonic();
        let state = self.0.read();
        if !state.is_usable(now, &self.0.times) {
            return Err(KeysUnavailable);
        }
        Ok(state.keys.get(kid).map(Arc::clone))
    }
}

/// A fetch under way. Dropped in whatever way, it is under way no longer.
struct Flying {
    keys: RemoteKeys,
    _landing: watch::Sender<()>,
}

impl Flying {
    async fn fly(self) {
        let inner = &self.keys.0;
        let answer = tokio::time::timeout(inner.times.timeout, (inner.fetch)()).await;
        let reason = match answer {
            Err(_) => Err("timed_out"),
            Ok(Err(JwksFailed)) => Err("failed"),
            Ok(Ok(document)) if document.json.len() > RemoteKeys::MAX_BYTES => Err("too_large"),
            Ok(Ok(document)) => set::read(&document.json)
                .map(|keys| (keys, document.max_age))
                .ok_or("no_usable_key"),
        };
        match reason {
            Ok((keys, max_age)) => {
                let mut state = inner.write();
                state.replace(keys, inner.clock.monotonic());
                state.max_age = max_age;
                drop(state);
                inner.health.works(&inner.recorder);
            }
            Err(reason) => inner.health.failed(&inner.recorder, reason),
        }
    }
}

impl Drop for Flying {
    fn drop(&mut self) {
        self.keys.0.write().flight = None;
    }
}

async fn landed(mut flight: watch::Receiver<()>) {
    // Nothing is ever sent: the end of the sender is the landing.
    while flight.changed().await.is_ok() {}
}

impl Inner {
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_usable(&self, now: Duration, times: &Times) -> bool {
        let age = self.fetched.map(|fetched| now.saturating_sub(fetched));
        age.is_some_and(|age| age < times.max_stale)
    }

    fn is_fresh(&self, now: Duration, times: &Times) -> bool {
        let age = self.fetched.map(|fetched| now.saturating_sub(fetched));
        let told = self.max_age.unwrap_or(times.refresh).max(MIN_REFRESH);
        age.is_some_and(|age| age < told.min(times.refresh))
    }

    /// Takes the new keys. One that is the same as before stays the very same, so that what it verified stays verified.
    fn replace(&mut self, mut keys: ById, now: Duration) {
        for (kid, key) in &mut keys {
            if let Some(known) = self.keys.get(kid).filter(|known| known.is_same(key)) {
                *key = Arc::clone(known);
            }
        }
        (self.keys, self.fetched) = (keys, Some(now));
    }
}

impl Keys for RemoteKeys {
    type Fetch = FetchingKey;

    /// The key at hand. When the keys are due to be fetched again, that is begun and not waited for.
    fn known(&self, kid: &str) -> Option<Arc<VerifyingKey>> {
        let now = self.0.clock.monotonic();
        let state = self.0.read();
        if !state.is_usable(now, &self.0.times) {
            return None;
        }
        let (key, is_fresh) = (
            state.keys.get(kid).map(Arc::clone),
            state.is_fresh(now, &self.0.times),
        );
        drop(state);
        if !is_fresh && key.is_some() {
            drop(self.join());
        }
        key
    }

    fn trusts(&self, key: &Arc<VerifyingKey>) -> bool {
        self.known(key.id()).is_some_and(|known| Arc::ptr_eq(&known, key))
    }

    fn fetch(&self, kid: &str) -> Self::Fetch {
        let Some(flight) = self.join() else {
            return FetchingKey(Fetching::Done(Some(self.look(kid))));
        };
        let (keys, kid) = (self.clone(), Box::<str>::from(kid));
        FetchingKey(Fetching::Waiting(Box::pin(async move {
            landed(flight).await;
            keys.look(&kid)
        })))
    }
}

/// A key that is being fetched.
#[must_use = "futures do nothing unless polled"]
pub struct FetchingKey(Fetching);

type Looked = Result<Option<Arc<VerifyingKey>>, KeysUnavailable>;

enum Fetching {
    Done(Option<Looked>),
    Waiting(Pin<Box<dyn Future<Output = Looked> + Send>>),
}

impl Future for FetchingKey {
    type Output = Looked;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Looked> {
        match &mut self.0 {
            // A future must not be polled after it was ready; one that is polled all the same never answers.
            Fetching::Done(looked) => looked.take().map_or(Poll::Pending, Poll::Ready),
            Fetching::Waiting(waiting) => waiting.as_mut().poll(cx),
        }
    }
}

impl fmt::Debug for FetchingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchingKey").finish_non_exhaustive()
    }
}

impl fmt::Debug for RemoteKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteKeys")
            .field("times", &self.0.times)
            .finish_non_exhaustive()
    }
}
