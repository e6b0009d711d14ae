//! What was charged.
use std::time::Duration;

/// A charge that was made: how much, and when by the store's time ([`Taken::at`](super::Taken::at)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    cost: u64,
    at: Duration,
}

impl Charge {
    /// `cost` units, charged at `at`; zero counts as one, as it did when it was charged.
    #[must_use]
    pub const fn new(cost: u64, at: Duration) -> Self {
        Self { cost, at }
    }

    /// How many units; at least one.
    #[must_use]
    pub const fn cost(&self) -> u64 {
        if self.cost == 0 { 1 } else { self.cost }
    }

    /// When.
    #[must_use]
    pub const fn at(&self) -> Duration {
        self.at
    }
}
