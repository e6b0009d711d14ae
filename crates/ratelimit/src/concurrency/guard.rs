//! Something under way.
use std::fmt;
use std::sync::Arc;

use super::ConcurrencyLimiter;
use crate::RateKey;

/// Something under way that counts until this is dropped. Only a [`ConcurrencyLimiter`] makes it.
///
/// It can be moved to wherever the work goes on: into a body, a task, an upgraded connection.
#[must_use = "what is dropped does not count any more"]
pub struct InFlight {
    limiter: Arc<ConcurrencyLimiter>,
    key: RateKey,
}

impl InFlight {
    pub(super) const fn new(limiter: Arc<ConcurrencyLimiter>, key: RateKey) -> Self {
        Self { limiter, key }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.limiter.leave(self.key);
    }
}

impl fmt::Debug for InFlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InFlight")
            .field("limit", &self.limiter.name())
            .finish_non_exhaustive()
    }
}
