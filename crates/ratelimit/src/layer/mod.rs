//! The layer that puts limits before a service.
#[cfg(feature = "governor")]
mod governor;
mod networks;

use std::fmt;
use std::sync::Arc;

use palisade_core::{ConfigError, ProblemDetails};
use tower_layer::Layer;

use crate::decision::Receipts;
use crate::service::{LastLimit, Limit, RateLimit, Shared};
use crate::settings::{Exposure, Numbers, OnFailure, Preflights, Refunds, Settings};
use crate::{KeyBy, MemoryStore, RateLimitFields, RateLimiter, ResponseHead};

/// Puts limits before a service: one or several, each with its own answer to whose request it is.
///
/// What it does with a request is the numbered list in the [crate docs](crate). The counters are the limiters': services that
/// this layer makes, and their clones, share them. Several limits decide together as [`Limits`](crate::Limits) do: a request
/// that one of them refuses is charged to none.
///
/// ```
/// use std::num::NonZeroU32;
/// use palisade_ratelimit::{ByClient, ByPrincipal, Quota, RateLimitLayer, RateLimiter};
///
/// const SEARCH: Quota = Quota::per_minute(NonZeroU32::new(60).unwrap()).burst(NonZeroU32::new(10).unwrap());
/// const DAILY: Quota = Quota::per_hour(NonZeroU32::new(1_000).unwrap());
/// let layer = RateLimitLayer::new(RateLimiter::new("search", SEARCH)?, ByClient::new())
///     .add_limit(RateLimiter::new("search.account", DAILY)?, ByPrincipal::new())?;
/// # Ok::<(), palisade_core::ConfigError>(())
/// ```
#[must_use = "a layer does nothing until it is applied"]
pub struct RateLimitLayer<S = MemoryStore, R = ProblemDetails> {
    limits: Vec<Arc<Limit<S>>>,
    last: Option<Arc<dyn LastLimit>>,
    settings: Settings,
    respond: R,
}

impl<S> RateLimitLayer<S> {
    /// A layer that charges one unit for each request, to the key that `key` finds, and answers refusals with problem
    /// details. Give the limiter as it is, or in an `Arc` where something else uses it too.
    pub fn new(limiter: impl Into<Arc<RateLimiter<S>>>, key: impl KeyBy + Send + Sync + 'static) -> Self {
        Self {
            limits: vec![Arc::new(Limit::new(limiter.into(), key))],
            last: None,
            settings: Settings::default(),
            respond: ProblemDetails::default(),
        }
    }
}

impl<S, R> RateLimitLayer<S, R> {
    /// Asks another limit too, together with those before.
    ///
    /// # Errors
    /// [`ConfigError`] for a ninth, for one of a name that is there already, and for one whose burst is under the cost of a
    /// request.
    pub fn add_limit(
        mut self,
        limiter: impl Into<Arc<RateLimiter<S>>>,
        key: impl KeyBy + Send + Sync + 'static,
    ) -> Result<Self, ConfigError> {
        let limiter = limiter.into();
        if self.limits.len() >= Receipts::MAX {
            return Err(ConfigError::new("rate limits", "at most 8 can be asked together"));
        }
        self.check_name(limiter.name())?;
        self.limits.push(Arc::new(Limit::new(limiter, key)));
        let cost = self.settings.cost;
        self.costing(cost)
    }

    /// Answers refusals by `respond`. `Retry-After`, `Cache-Control: no-store` and the RateLimit fields are added to what it
    /// makes, where they are missing.
    pub fn with_response<R2: Clone>(self, respond: R2) -> RateLimitLayer<S, R2> {
        RateLimitLayer {
            limits: self.limits,
            last: self.last,
            settings: self.settings,
            respond,
        }
    }

    /// Charges `cost` units for each request, or that many times what the key finder says it costs.
    ///
    /// # Errors
    /// [`ConfigError`] for zero, and for more than the least burst: no request would ever pass.
    pub fn with_cost(self, cost: u32) -> Result<Self, ConfigError> {
        self.costing(u64::from(cost))
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.limits.iter().map(|limit| limit.limiter.name());
        names.chain(self.last.iter().map(|last| last.name()))
    }

    /// Clients tell limits apart by their names.
    fn check_name(&self, name: &str) -> Result<(), ConfigError> {
        if self.names().any(|other| other == name) {
            return Err(ConfigError::new(
                "rate limits",
                format!("two are called `{name}`"),
            ));
        }
        Ok(())
    }

    fn costing(mut self, cost: u64) -> Result<Self, ConfigError> {
        let bursts = self.limits.iter().map(|limit| limit.limiter.quotas().max_burst());
        let last = self.last.iter().map(|last| last.max_burst());
        let burst = bursts.chain(last).min().unwrap_or(0);
        if cost == 0 || cost > u64::from(burst) {
            let problem = format!("{cost} given, 1 to the burst of {burst} are allowed");
            return Err(ConfigError::new("rate limit cost", problem));
        }
        self.settings.cost = cost;
        Ok(self)
    }

    /// Gives the charge back when the response says that all went well: its status is under 400. So only failures count:
    /// wrong passwords, unknown vouchers.
    ///
    /// The charge is made before the handler runs, so that guesses that are made at once cannot slip by. It stays where the
    /// handler fails, and where the client goes away before it is answered. The fields of a response tell how the client stood
    /// when it was charged.
    ///
    /// # Security
    /// Not for a limit by address where an attacker can have successes of its own: then nothing is given back that was
    /// charged for a guess, but its requests that succeed are free.
    pub fn with_refund_on_success(self) -> Self {
        self.with_refund_when(|response| response.status().as_u16() < 400)
    }

    /// As [`with_refund_on_success`](Self::with_refund_on_success), where `success` says of a response whether all went well.
    pub fn with_refund_when(
        mut self,
        success: impl Fn(ResponseHead<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.settings.refunds = Refunds::When(Arc::new(success));
        self
    }

    /// Tells clients how they stand by these fields.
    pub fn with_fields(mut self, fields: RateLimitFields) -> Self {
        self.settings.fields = fields;
        self
    }

    /// Lets scripts of other origins read the fields and `Retry-After`: names them in `Access-Control-Expose-Headers`, beside
    /// what is named there already.
    ///
    /// It is the CORS layer that lets them read the response at all. Where that writes the field itself, put it outside this
    /// layer and name them there.
    pub fn with_cors_exposed(mut self) -> Self {
        self.settings.exposure = Exposure::AnyOrigin;
        self
    }

    /// Puts how the client stands into the extensions of the request, as [`Usage`](crate::Usage): an allocation for each
    /// request, which most handlers have no use for.
    pub fn with_numbers_in_request(mut self) -> Self {
        self.settings.numbers = Numbers::InRequest;
        self
    }

    /// Charges CORS preflights too. Without this they pass uncharged, since a browser sends them by itself.
    pub fn with_preflights_charged(mut self) -> Self {
        self.settings.preflights = Preflights::Charged;
        self
    }

    /// Weakenings, one method each.
    pub const fn dangerous(self) -> DangerousRateLimitLayer<S, R> {
        DangerousRateLimitLayer(self)
    }
}

impl<S, R: Clone> Clone for RateLimitLayer<S, R> {
    fn clone(&self) -> Self {
        Self {
            limits: self.limits.clone(),
            last: self.last.clone(),
            settings: self.settings.clone(),
            respond: self.respond.clone(),
        }
    }
}

impl<S, R> fmt::Debug for RateLimitLayer<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimitLayer")
            .field("limits", &self.names().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl<I, S, R: Clone> Layer<I> for RateLimitLayer<S, R> {
    type Service = RateLimit<I, S, R>;

    fn layer(&self, inner: I) -> Self::Service {
        let shared = Shared::new(&self.limits, self.last.clone(), self.settings.clone());
        RateLimit::new(inner, Arc::new(shared), self.respond.clone())
    }
}

/// Weakenings of a [`RateLimitLayer`].
#[must_use = "a weakening is given back by its method"]
pub struct DangerousRateLimitLayer<S, R>(RateLimitLayer<S, R>);

impl<S, R> DangerousRateLimitLayer<S, R> {
    /// Lets requests through while a store fails, uncharged and without the mark [`Metered`](crate::Metered). Limits whose
    /// store works still decide.
    ///
    /// # Security
    /// Who can make the store fail, or wait until it does, has no limit. Never on logins, codes and payments.
    pub fn let_through_when_store_fails(mut self) -> RateLimitLayer<S, R> {
        self.0.settings.on_failure = OnFailure::LetThrough;
        self.0
    }
}

impl<S, R> fmt::Debug for DangerousRateLimitLayer<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DangerousRateLimitLayer").field(&self.0).finish()
    }
}
