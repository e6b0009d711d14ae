//! A clock without its type.
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{Clock, SystemClock, Timestamp};

/// Any [`Clock`], so that the services that hold one need no type parameter for it.
#[derive(Clone)]
pub(crate) struct AnyClock(Arc<dyn Tell>);

trait Tell: Send + Sync {
    fn now(&self) -> Timestamp;
    fn monotonic(&self) -> Duration;
}

impl<C: Clock> Tell for C {
    fn now(&self) -> Timestamp {
        Clock::now(self)
    }

    fn monotonic(&self) -> Duration {
        Clock::monotonic(self)
    }
}

impl AnyClock {
    pub(crate) fn new(clock: impl Clock) -> Self {
        Self(Arc::new(clock))
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.now()
    }

    pub(crate) fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }
}

impl Default for AnyClock {
    fn default() -> Self {
        Self::new(SystemClock::new())
    }
}

impl fmt::Debug for AnyClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyClock(..)")
    }
}
