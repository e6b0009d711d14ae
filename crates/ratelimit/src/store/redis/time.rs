//! Where this node's own time comes from.
use std::time::Duration;

use palisade_core::{Clock, SystemClock, Timestamp};

/// The clock of what a node keeps beside the server: its fallback, and what was refused lately.
///
/// It tells the time since the beginning of 2025, as the scripts do, so that a charge that one of them made can be given back to
/// the other. The wall clock is read once; from then on time only goes forward, as fast as the monotonic clock does.
#[derive(Clone, Debug)]
pub(super) struct NodeClock(Source);

/// 2025-01-01T00:00:00Z, the origin in `lua/time.lua` too. Since 1970 there have been more 2^-4 ns than 64 bits count.
const ORIGIN: u64 = 1_735_689_600;

#[derive(Clone, Debug)]
enum Source {
    System {
        origin: Duration,
    },
    #[cfg(feature = "test-util")]
    Told(super::Told),
}

impl NodeClock {
    pub(super) fn system() -> Self {
        // A process that is stopped between its two clocks has them apart for ever: of some readings, the closest counts.
        let closest = (0..8).map(|_| reading()).min_by_key(|(apart, _)| *apart);
        let origin = closest.map_or(Duration::ZERO, |(_, origin)| origin);
        Self(Source::System { origin })
    }

    #[cfg(feature = "test-util")]
    pub(super) fn told(time: super::Told) -> Self {
        Self(Source::Told(time))
    }
}

impl NodeClock {
    /// What the scripts have to be told of the time, in microseconds: nothing, since they ask the server, but in tests.
    pub(super) fn told_micros(&self) -> Option<u64> {
        match &self.0 {
            Source::System { .. } => None,
            #[cfg(feature = "test-util")]
            Source::Told(time) => Some(time.micros()),
        }
    }
}

/// Both clocks at one moment: how long that took, and what lies between them.
fn reading() -> (Duration, Duration) {
    let clock = SystemClock::new();
    let before = clock.monotonic();
    let since = clock.now().since(Timestamp::from_secs(ORIGIN));
    let apart = clock.monotonic().saturating_sub(before);
    (apart, since.saturating_sub(before))
}

impl Clock for NodeClock {
    fn now(&self) -> Timestamp {
        SystemClock::new().now()
    }

    fn monotonic(&self) -> Duration {
        match &self.0 {
            Source::System { origin } => origin.saturating_add(SystemClock::new().monotonic()),
            #[cfg(feature = "test-util")]
            Source::Told(time) => Duration::from_micros(time.micros()),
        }
    }
}
