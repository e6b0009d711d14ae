//! What other instances are to be told.
use std::collections::VecDeque;
#[cfg(any(feature = "redis", feature = "tokens"))]
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
#[cfg(any(feature = "redis", feature = "tokens"))]
use std::time::Duration;

use palisade_core::Timestamp;

use super::{Listed, Revoked};

/// What was revoked here and is not told yet, and until when enough is known of what was revoked elsewhere.
#[derive(Default)]
pub(super) struct Outgoing {
    /// Nothing waits where nobody is told.
    waiting: Mutex<Option<VecDeque<Revoked>>>,
    /// Microseconds on the monotonic clock; 0 where revocations are not shared.
    #[cfg(any(feature = "redis", feature = "tokens"))]
    known_until: AtomicU64,
}

impl Outgoing {
    /// Has it told, where others are told. What is more than anybody keeps becomes one word: everything until `now` is void.
    pub(super) fn tell(&self, revoked: Revoked, now: Timestamp, capacity: usize) {
        if let Some(waiting) = &mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) {
            waiting.push_back(revoked);
            if waiting.len() > capacity {
                let everything = Revoked {
                    listed: Listed::Everybody,
                    key: Box::default(),
                    until: now,
                };
                *waiting = VecDeque::from([everything]);
            }
        }
    }

    /// Whether the last round is not too long ago.
    #[cfg(feature = "tokens")]
    pub(super) fn is_known(&self, now: impl Fn() -> Duration) -> bool {
        match self.known_until.load(Ordering::Acquire) {
            0 => true,
            until => now() < Duration::from_micros(until),
        }
    }
}

#[cfg(feature = "redis")]
impl super::Revocations {
    /// Keeps what is revoked from now on until it is told.
    pub(super) fn share(&self) {
        self.waiting(|waiting| {
            waiting.get_or_insert_default();
        });
    }

    /// Takes up to so many to be told, the oldest first.
    pub(super) fn outgoing(&self, most: usize) -> Vec<Revoked> {
        let take = |waiting: &mut VecDeque<Revoked>| waiting.drain(..most.min(waiting.len())).collect();
        self.waiting(|waiting| waiting.as_mut().map(take).unwrap_or_default())
    }

    /// Puts back what could not be told.
    pub(super) fn put_back(&self, revoked: Vec<Revoked>) {
        self.waiting(|waiting| {
            if let Some(waiting) = waiting {
                revoked.into_iter().rev().for_each(|one| waiting.push_front(one));
            }
        });
    }

    /// Voids what another instance revoked. Its clock may be ahead, but not by more than a verifier allows: otherwise one wrong
    /// clock would void all logins to come.
    pub(super) fn learn(&self, mut revoked: Revoked) {
        let is_dated = !matches!(revoked.listed, Listed::Session | Listed::Token);
        if is_dated {
            let latest = self.0.clock.now().saturating_add(Duration::from_secs(60));
            revoked.until = revoked.until.min(latest);
        }
        self.void(&revoked);
    }

    /// Notes that a round succeeded: enough is known for so long.
    pub(super) fn is_known_for(&self, span: Duration) {
        let until = self.0.clock.monotonic().saturating_add(span);
        let until = u64::try_from(until.as_micros()).unwrap_or(u64::MAX);
        self.0.outgoing.known_until.store(until.max(1), Ordering::Release);
    }

    fn waiting<T>(&self, act: impl FnOnce(&mut Option<VecDeque<Revoked>>) -> T) -> T {
        let waiting = &self.0.outgoing.waiting;
        act(&mut waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(feature = "redis")]
impl Listed {
    const ALL: [Self; 5] = [
        Self::Everybody,
        Self::Tenant,
        Self::Subject,
        Self::Session,
        Self::Token,
    ];

    /// The name among instances.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Everybody => "all",
            Self::Tenant => "tenant",
            Self::Subject => "subject",
            Self::Session => "session",
            Self::Token => "token",
        }
    }

    /// The other way round.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|listed| listed.name() == name)
    }
}
