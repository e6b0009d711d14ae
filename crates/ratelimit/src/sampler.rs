//! How many refusals are told of.
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// At most this many events at once.
const BURST_NANOS: u64 = 10 * EVERY_NANOS;

/// One more every second.
const EVERY_NANOS: u64 = 1_000_000_000;

/// Lets ten events of a limit pass at once, then one a second, and counts those left out: an attack must not fill the log.
///
/// It has no clock. It goes by the store's, which comes with every refusal.
#[derive(Debug, Default)]
#[repr(align(64))] // Written by every refusal: it must not share a cache line with what every request reads.
pub(crate) struct Sampler {
    /// When all events let through so far are paid for, in nanoseconds: GCRA once more.
    paid_at: AtomicU64,
    left_out: AtomicU64,
    /// What `left_out` was when an event was last let through.
    told: AtomicU64,
}

/// Whether to tell of a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sample {
    /// Tell.
    Tell,
    /// Tell, and others before it were left out.
    TellAfterOthers,
    /// Leave out.
    LeaveOut,
}

impl Sampler {
    /// Whether to tell of a refusal that happened at `at`.
    pub(crate) fn sample(&self, at: Duration) -> Sample {
        let now = u64::try_from(at.as_nanos()).unwrap_or(u64::MAX);
        let next = |paid_at: u64| {
            let next = paid_at.max(now).saturating_add(EVERY_NANOS);
            (next.saturating_sub(now) <= BURST_NANOS).then_some(next)
        };
        if self
            .paid_at
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next)
            .is_err()
        {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            return Sample::LeaveOut;
        }
        let left_out = self.left_out();
        if self.told.swap(left_out, Ordering::Relaxed) == left_out {
            Sample::Tell
        } else {
            Sample::TellAfterOthers
        }
    }

    /// How many were left out so far.
    pub(crate) fn left_out(&self) -> u64 {
        self.left_out.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_at_once_then_one_a_second_and_the_rest_is_counted() {
        let sampler = Sampler::default();
        let at = Duration::from_secs(3_600);
        let told = (0..1_000).filter(|_| sampler.sample(at) == Sample::Tell).count();
        assert_eq!((told, sampler.left_out()), (10, 990));
        let later = at + Duration::from_secs(1);
        assert_eq!(sampler.sample(later), Sample::TellAfterOthers);
        assert_eq!(sampler.sample(later), Sample::LeaveOut);
        let much_later = at + Duration::from_secs(1_000);
        assert_eq!(sampler.sample(much_later), Sample::TellAfterOthers);
        assert_eq!(sampler.sample(much_later), Sample::Tell);
        assert_eq!(sampler.left_out(), 991);
    }
}
