//! Which generations have ended: what this process knows of revocations, at most two seconds late.
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use palisade_core::{Clock, StoreError, SystemClock};
use palisade_redis::{Redis, Reply};

use super::digest::Short;
use super::scripts::EPOCHS;
use super::seal::failed;

/// What is known is asked for again when it is this old,
const FRESH: Duration = Duration::from_secs(1);
/// and no longer believed when it is this old.
const STALE: Duration = Duration::from_secs(2);

/// The field of everybody.
const EVERYBODY: &[u8] = b"*";

/// The generations that sessions must not be older than. They come from the server, grow and are compared with each other
/// only, so the clocks of nodes do not matter.
#[derive(Debug, Default)]
pub(super) struct Generations(HashMap<Vec<u8>, u64>);

impl Generations {
    fn of(&self, whose: &[u8]) -> u64 {
        self.0.get(whose).copied().unwrap_or_default()
    }

    pub(super) fn of_everybody(&self) -> u64 {
        self.of(EVERYBODY)
    }

    pub(super) fn of_tenant(&self, tenant: &[u8]) -> u64 {
        if tenant.is_empty() { 0 } else { self.of(tenant) }
    }

    fn read(reply: Reply) -> Result<Self, StoreError> {
        let mut generations = HashMap::new();
        let mut items = reply.into_list()?.into_iter();
        while let (Some(whose), Some(generation)) = (items.next(), items.next()) {
            let generation = number(&generation.into_bytes()?)?;
            generations.insert(whose.into_bytes()?, generation);
        }
        Ok(Self(generations))
    }
}

pub(super) fn number(digits: &[u8]) -> Result<u64, StoreError> {
    let text = std::str::from_utf8(digits).map_err(|_| failed())?;
    text.parse().map_err(|_| failed())
}

/// What this process knows.
#[derive(Debug, Default)]
pub(super) struct Epochs(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    generations: Arc<Generations>,
    at: Option<Duration>,
    /// Somebody asks since then, so that not everybody does.
    asking: Option<Duration>,
}

impl Known {
    fn believed(&self, now: Duration) -> Option<Arc<Generations>> {
        let age = now.saturating_sub(self.at?);
        (age < STALE).then(|| Arc::clone(&self.generations))
    }

    /// What may be used without asking; notes that the caller asks, where nothing may.
    fn usable(&mut self, now: Duration) -> Option<Arc<Generations>> {
        let is_young = |at: Duration| now.saturating_sub(at) < FRESH;
        let known = self.believed(now);
        if self.at.is_some_and(is_young) || self.asking.is_some_and(is_young) && known.is_some() {
            return known;
        }
        self.asking = Some(now);
        None
    }
}

impl Epochs {
    /// What is known, asked for where it is too old.
    pub(super) async fn current(&self, redis: &Redis) -> Result<Arc<Generations>, StoreError> {
        let now = SystemClock::new().monotonic();
        let usable = self.lock().usable(now);
        match usable {
            Some(generations) => Ok(generations),
            None => match self.ask(redis, b"").await {
                Ok(generations) => Ok(generations),
                Err(error) => self.lock().believed(now).ok_or(error),
            },
        }
    }

    /// Ends the generation of a tenant, or of everybody.
    pub(super) async fn end(&self, redis: &Redis, tenant: Option<Short>) -> Result<(), StoreError> {
        let whose = tenant.as_ref().map_or(EVERYBODY, Short::as_bytes);
        self.ask(redis, whose).await?;
        Ok(())
    }

    async fn ask(&self, redis: &Redis, whose: &[u8]) -> Result<Arc<Generations>, StoreError> {
        let asked = SystemClock::new().monotonic();
        let reply = redis
            .call(&EPOCHS, &redis.key("epoch", b""), &[whose.into()])
            .await?;
        let generations = Arc::new(Generations::read(reply)?);
        let mut known = self.lock();
        // An answer that was overtaken by a later one tells nothing.
        if known.at.is_none_or(|at| at <= asked) {
            known.at = Some(asked);
            known.generations = Arc::clone(&generations);
            known.asking = None;
        }
        Ok(generations)
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn one_asks_each_second_and_nobody_believes_what_is_two_seconds_old() {
        let mut known = Known::default();
        assert!(known.usable(millis(0)).is_none(), "nothing is known");
        assert!(known.usable(millis(1)).is_none(), "and nobody goes on without");
        known.at = Some(millis(0));
        known.asking = None;
        assert!(known.usable(millis(999)).is_some());
        assert!(known.usable(millis(1_000)).is_none(), "the first one asks");
        assert!(
            known.usable(millis(1_001)).is_some(),
            "the others go on meanwhile"
        );
        assert!(known.usable(millis(1_999)).is_some());
        assert!(known.usable(millis(2_000)).is_none(), "but not for ever");
        assert!(known.believed(millis(2_000)).is_none());
    }
}
