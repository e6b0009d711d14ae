//! How long a key is blocked.
use std::time::Duration;

use palisade_core::ConfigError;

/// How long a key is blocked: `first`, and twice as long each time anew, up to `longest`.
///
/// Where nothing happened for as long as `longest` after a block has ended, the next is of the length of the first again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    first: Duration,
    longest: Duration,
    jitter: u8,
}

impl Block {
    /// The longest block: 30 days.
    pub const MAX: Duration = Duration::from_secs(30 * 86_400);

    /// For that long, each time.
    ///
    /// # Errors
    /// [`ConfigError`] for no time at all, and for more than [`MAX`](Self::MAX).
    pub fn lasting(span: Duration) -> Result<Self, ConfigError> {
        Self::doubling(span, span)
    }

    /// For `first`, then for twice that, and so on up to `longest`.
    ///
    /// # Errors
    /// [`ConfigError`] for a first of no time, for a longest under the first, and for more than [`MAX`](Self::MAX).
    pub fn doubling(first: Duration, longest: Duration) -> Result<Self, ConfigError> {
        if first < Duration::from_millis(1) || longest < first || longest > Self::MAX {
            let problem = format!("{first:?} up to {longest:?} given, 1 ms to 30 days are allowed");
            return Err(ConfigError::new("block", problem));
        }
        Ok(Self {
            first,
            longest,
            jitter: 0,
        })
    }

    /// Longer by that many 256ths of a quarter, so that keys that were blocked together do not come back together.
    ///
    /// A store adds what is asked for and no chance of its own: two nodes then agree.
    #[must_use]
    pub const fn with_jitter(mut self, parts: u8) -> Self {
        self.jitter = parts;
        self
    }

    /// The first block.
    #[must_use]
    pub const fn first(&self) -> Duration {
        self.first
    }

    /// The longest, without jitter.
    #[must_use]
    pub const fn longest(&self) -> Duration {
        self.longest
    }

    /// The jitter, in 256ths of a quarter.
    #[must_use]
    pub const fn jitter(&self) -> u8 {
        self.jitter
    }

    /// How long the block is that follows after `before` others.
    #[must_use]
    pub fn span(&self, before: u32) -> Duration {
        let factor = 1_u32.checked_shl(before.min(31)).unwrap_or(u32::MAX);
        let span = self.first.saturating_mul(factor).min(self.longest);
        let part = span.checked_div(1_024).unwrap_or_default();
        let jitter = part.saturating_mul(u32::from(self.jitter));
        span.saturating_add(jitter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_double_up_to_the_longest() {
        let block = Block::doubling(Duration::from_secs(60), Duration::from_secs(300)).unwrap();
        let spans = [0, 1, 2, 3, 31, 32, u32::MAX].map(|before| block.span(before).as_secs());
        assert_eq!(spans, [60, 120, 240, 300, 300, 300, 300]);
        assert_eq!(block.with_jitter(255).span(0).as_millis(), 74_941);
    }

    #[test]
    fn blocks_without_time_or_end_are_refused() {
        let secs = Duration::from_secs;
        assert!(Block::lasting(Duration::ZERO).is_err());
        assert!(Block::lasting(Block::MAX + secs(1)).is_err());
        assert!(Block::doubling(secs(2), secs(1)).is_err());
        assert!(Block::lasting(Block::MAX).is_ok());
    }
}
