//! How passwords are hashed.
use std::num::NonZeroUsize;
use std::time::Duration;

use palisade_core::{Clock, ConfigError, Recorder};

use super::params::{Argon2Cost, Argon2Params};
use super::pepper::Pepper;
use super::pool::Limits;
use crate::time::AnyClock;

/// What a stored hash may cost beside what new ones cost: RFC 9106's second recommendation, 64 MiB, 3 passes, 4 lanes.
const STORED: Argon2Cost = Argon2Cost {
    memory_kib: 65_536,
    passes: 3,
    lanes: 4,
};
const MAX_THREADS: usize = 256;
const MAX_QUEUE: usize = 65_536;
const MAX_WAIT: Duration = Duration::from_secs(60);

/// How passwords are hashed, how many at once, and how many may wait. The defaults are safe to ship.
///
/// | setting | default | allowed |
/// |---|---|---|
/// | [parameters](Self::with_params) | 19 MiB, 2 passes, 1 lane (OWASP) | see [`Argon2Params::new`] |
/// | [threads](Self::with_threads) | one less than the cores, so that requests keep one; at least one | 1 to 256 |
/// | [queue](Self::with_queue) | 64 | 1 to 65 536 |
/// | [longest wait](Self::with_max_wait) | 2 s | up to 60 s |
/// | [pepper](Self::with_pepper) | none | a [`Pepper`] |
/// | [ceiling for stored hashes](Self::with_stored_ceiling) | 64 MiB, 3 passes, 4 lanes, or the parameters where they are more | up to 1 GiB, 64 passes, 16 lanes |
#[derive(Clone, Debug)]
pub struct PasswordSettings {
    pub(super) params: Argon2Params,
    threads: Option<NonZeroUsize>,
    queue: NonZeroUsize,
    max_wait: Duration,
    stored: Argon2Cost,
    pub(super) recorder: Recorder,
    pub(super) clock: AnyClock,
    pub(super) pepper: Pepper,
}

impl Default for PasswordSettings {
    fn default() -> Self {
        Self {
            params: Argon2Params::default(),
            threads: None,
            queue: NonZeroUsize::MIN.saturating_add(63),
            max_wait: Duration::from_secs(2),
            stored: STORED,
            recorder: Recorder::default(),
            clock: AnyClock::default(),
            pepper: Pepper::none(),
        }
    }
}

impl PasswordSettings {
    /// Makes new hashes with these parameters. Logins bring the stored ones up to them, one by one.
    #[must_use]
    pub const fn with_params(mut self, params: Argon2Params) -> Self {
        self.params = params;
        self
    }

    /// Hashes on so many threads. Each keeps the memory of one hash for as long as it lives.
    #[must_use]
    pub const fn with_threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Lets so many wait at most; whoever comes then is refused at once.
    #[must_use]
    pub const fn with_queue(mut self, queue: NonZeroUsize) -> Self {
        self.queue = queue;
        self
    }

    /// Lets nobody wait longer for their turn: whoever would have to is refused at once, whoever did is refused then.
    #[must_use]
    pub const fn with_max_wait(mut self, max_wait: Duration) -> Self {
        self.max_wait = max_wait;
        self
    }

    /// Verifies stored hashes up to this cost: no more memory, no more work (memory times passes), no more lanes. A hash that
    /// would cost more lets nobody in: it is corrupt, or somebody put it there to cost gigabytes.
    #[must_use]
    pub const fn with_stored_ceiling(mut self, ceiling: Argon2Cost) -> Self {
        self.stored = ceiling;
        self
    }

    /// Peppers hashes with keys that are not in the database. Without it there is no pepper.
    #[must_use]
    pub fn with_pepper(mut self, pepper: Pepper) -> Self {
        self.pepper = pepper;
        self
    }

    /// Tells events through this recorder.
    #[must_use]
    pub fn with_recorder(mut self, recorder: Recorder) -> Self {
        self.recorder = recorder;
        self
    }

    /// Reads the time from this clock: waits, and the time of logins.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock) -> Self {
        self.clock = AnyClock::new(clock);
        self
    }

    /// The limits of the pool, judged.
    pub(super) fn limits(&self) -> Result<Limits, ConfigError> {
        let threads = self.threads.unwrap_or_else(spare_cores);
        bounded("password threads", threads, MAX_THREADS)?;
        bounded("password queue", self.queue, MAX_QUEUE)?;
        if self.max_wait.is_zero() || self.max_wait > MAX_WAIT {
            let given = self.max_wait;
            return Err(ConfigError::new(
                "password wait",
                format!("{given:?} was given; more than nothing and at most {MAX_WAIT:?} is allowed"),
            ));
        }
        Ok(Limits {
            threads,
            queue: self.queue,
            max_wait: self.max_wait,
            cost: self.params.cost(),
        })
    }

    /// The ceiling for stored hashes. What new hashes cost is always allowed.
    pub(super) fn stored_ceiling(&self) -> Result<Argon2Cost, ConfigError> {
        if !self.stored.is_sane() {
            return Err(ConfigError::new(
                "stored hash ceiling",
                "at most 1 GiB, 64 passes, 16 lanes, and at least 8 KiB a lane is allowed",
            ));
        }
        Ok(self.stored.or_more(self.params.cost()))
    }
}

fn bounded(setting: &'static str, given: NonZeroUsize, most: usize) -> Result<(), ConfigError> {
    if given.get() > most {
        return Err(ConfigError::new(
            setting,
            format!("{given} was given; at most {most} is allowed"),
        ));
    }
    Ok(())
}

/// One less than the cores that this process may use, and at least one.
fn spare_cores() -> NonZeroUsize {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    NonZeroUsize::new(cores.saturating_sub(1).min(MAX_THREADS)).unwrap_or(NonZeroUsize::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(value: usize) -> NonZeroUsize {
        NonZeroUsize::new(value).unwrap()
    }

    #[test]
    fn the_defaults_leave_a_core_to_the_requests() {
        let limits = PasswordSettings::default().limits().unwrap();
        let cores = std::thread::available_parallelism().unwrap().get();
        assert_eq!(limits.threads.get(), (cores - 1).max(1));
        assert_eq!((limits.queue.get(), limits.max_wait.as_secs()), (64, 2));
    }

    #[test]
    fn what_cannot_work_is_refused_at_start() {
        let settings = PasswordSettings::default;
        for (name, settings) in [
            ("threads", settings().with_threads(number(257))),
            ("queue", settings().with_queue(number(65_537))),
            ("no wait", settings().with_max_wait(Duration::ZERO)),
            ("long wait", settings().with_max_wait(Duration::from_secs(61))),
        ] {
            assert!(settings.limits().is_err(), "{name}");
        }
        let hostile = Argon2Cost {
            memory_kib: u32::MAX,
            ..STORED
        };
        assert!(settings().with_stored_ceiling(hostile).stored_ceiling().is_err());
    }

    #[test]
    fn the_ceiling_is_never_below_what_new_hashes_cost() {
        let cost = Argon2Cost {
            memory_kib: 131_072,
            passes: 4,
            lanes: 8,
        };
        let settings = PasswordSettings::default().with_params(Argon2Params::new(cost).unwrap());
        assert!(cost.fits(settings.stored_ceiling().unwrap()));
    }
}
