//! The layer that puts a limit before a service.
use std::fmt;
use std::sync::Arc;

use palisade_core::{ConfigError, ProblemDetails};
use tower_layer::Layer;

use crate::service::{RateLimit, Shared};
use crate::settings::{OnFailure, Preflights, Settings};
use crate::{KeyBy, MemoryStore, RateLimitFields, RateLimiter};

/// Puts a limit before a service: one limit, and whose request it is.
///
/// What it does with a request is the numbered list in the [crate docs](crate). The counters are the limiter's: services that
/// this layer makes, and their clones, share them.
///
/// ```
/// use std::num::NonZeroU32;
/// use palisade_ratelimit::{ByClient, Quota, RateLimitLayer, RateLimiter};
///
/// const SEARCH: Quota = Quota::per_minute(NonZeroU32::new(60).unwrap()).burst(NonZeroU32::new(10).unwrap());
/// let layer = RateLimitLayer::new(RateLimiter::new("search", SEARCH)?, ByClient::new());
/// # Ok::<(), palisade_core::ConfigError>(())
/// ```
#[must_use = "a layer does nothing until it is applied"]
pub struct RateLimitLayer<K, S = MemoryStore, R = ProblemDetails> {
    shared: Arc<Shared<K, S>>,
    settings: Settings,
    respond: R,
}

impl<K: KeyBy, S> RateLimitLayer<K, S> {
    /// A layer that charges one unit for each request, to the key that `key` finds, and answers refusals with problem
    /// details. Give the limiter as it is, or in an `Arc` where something else uses it too.
    pub fn new(limiter: impl Into<Arc<RateLimiter<S>>>, key: K) -> Self {
        let limiter = limiter.into();
        Self {
            shared: Arc::new(Shared { limiter, key }),
            settings: Settings::default(),
            respond: ProblemDetails::default(),
        }
    }
}

impl<K, S, R> RateLimitLayer<K, S, R> {
    /// Answers refusals by `respond`. `Retry-After`, `Cache-Control: no-store` and the RateLimit fields are added to what it
    /// makes, where they are missing.
    pub fn with_response<R2: Clone>(self, respond: R2) -> RateLimitLayer<K, S, R2> {
        RateLimitLayer {
            shared: self.shared,
            settings: self.settings,
            respond,
        }
    }

    /// Charges `cost` units for each request.
    ///
    /// # Errors
    /// [`ConfigError`] for zero, and for more than the quota's burst: no request would ever pass.
    pub fn with_cost(mut self, cost: u32) -> Result<Self, ConfigError> {
        let burst = self.shared.limiter.quota().max_burst().get();
        if cost == 0 || cost > burst {
            let problem = format!("{cost} given, 1 to the burst of {burst} are allowed");
            return Err(ConfigError::new("rate limit cost", problem));
        }
        self.settings.cost = u64::from(cost);
        Ok(self)
    }

    /// Tells clients how they stand by these fields.
    pub const fn with_fields(mut self, fields: RateLimitFields) -> Self {
        self.settings.fields = fields;
        self
    }

    /// Charges CORS preflights too. Without this they pass uncharged, since a browser sends them by itself.
    pub const fn with_preflights_charged(mut self) -> Self {
        self.settings.preflights = Preflights::Charged;
        self
    }

    /// Weakenings, one method each.
    pub const fn dangerous(self) -> DangerousRateLimitLayer<K, S, R> {
        DangerousRateLimitLayer(self)
    }
}

impl<K, S, R: Clone> Clone for RateLimitLayer<K, S, R> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            settings: self.settings,
            respond: self.respond.clone(),
        }
    }
}

impl<K, S, R> fmt::Debug for RateLimitLayer<K, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimitLayer")
            .field("limit", &self.shared.limiter.name())
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl<I, K, S, R: Clone> Layer<I> for RateLimitLayer<K, S, R> {
    type Service = RateLimit<I, K, S, R>;

    fn layer(&self, inner: I) -> Self::Service {
        RateLimit::new(
            inner,
            Arc::clone(&self.shared),
            self.settings,
            self.respond.clone(),
        )
    }
}

/// Weakenings of a [`RateLimitLayer`].
#[must_use = "a weakening is given back by its method"]
pub struct DangerousRateLimitLayer<K, S, R>(RateLimitLayer<K, S, R>);

impl<K, S, R> DangerousRateLimitLayer<K, S, R> {
    /// Lets requests through while the store fails, uncharged and without the mark [`Metered`](crate::Metered).
    ///
    /// # Security
    /// Who can make the store fail, or wait until it does, has no limit. Never on logins, codes and payments.
    pub fn let_through_when_store_fails(mut self) -> RateLimitLayer<K, S, R> {
        self.0.settings.on_failure = OnFailure::LetThrough;
        self.0
    }
}

impl<K, S, R> fmt::Debug for DangerousRateLimitLayer<K, S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DangerousRateLimitLayer").field(&self.0).finish()
    }
}
