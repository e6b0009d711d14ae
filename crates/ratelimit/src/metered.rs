//! What the layer leaves in requests and responses.
use std::time::Duration;

use crate::decision::Numbers;

/// A mark in the extensions of a request that was charged to a limit. Only the layer makes it.
///
/// A handler that must never run unlimited asks for it, and refuses without. It has no size, so it costs no allocation; the
/// numbers are in the response's fields, and with
/// [`with_numbers_in_request`](crate::RateLimitLayer::with_numbers_in_request) in [`Usage`] beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metered(pub(crate) ());

/// A mark in the extensions of a response to a request that a limit in shadow mode would have refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shadowed(pub(crate) ());

/// How the client stands, for a handler that wants to know: in the extensions of a request that was charged.
///
/// The numbers are of the quota that leaves least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usage {
    limit: u32,
    remaining: u32,
    reset_after: Duration,
}

impl Usage {
    pub(crate) const fn new(numbers: &Numbers) -> Self {
        Self {
            limit: numbers.limit,
            remaining: numbers.remaining.get(),
            reset_after: numbers.wait,
        }
    }

    /// How much may be used at once, in units of cost.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        self.limit
    }

    /// How much of it is left, with this request charged.
    #[must_use]
    pub const fn remaining(&self) -> u32 {
        self.remaining
    }

    /// After how long all of it is there again, with nothing used in between.
    #[must_use]
    pub const fn reset_after(&self) -> Duration {
        self.reset_after
    }
}
