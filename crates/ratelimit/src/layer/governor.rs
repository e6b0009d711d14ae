//! A limiter of governor behind the layer.
use std::hash::Hash;
use std::sync::Arc;

use governor::NotUntil;
use governor::clock::Clock;
use governor::middleware::RateLimitingMiddleware;
use governor::state::StateStore;
use palisade_core::{ConfigError, Head, ProblemDetails};

use super::RateLimitLayer;
use crate::fields::Policy;
use crate::service::LastLimit;
use crate::settings::Settings;
use crate::{Decision, GovernorLimiter, GovernorOutcome, LimitRefused};

impl RateLimitLayer {
    /// A layer around a limiter of the `governor` crate, whatever its keys are: `key` finds them, and a request without one is
    /// refused.
    ///
    /// ```
    /// use std::net::IpAddr;
    /// use std::num::NonZeroU32;
    /// use palisade_core::{ClientAddr, Head};
    /// use palisade_ratelimit::{GovernorLimiter, RateLimitLayer};
    ///
    /// let quota = governor::Quota::per_minute(NonZeroU32::new(20).unwrap());
    /// # use governor::{clock::MonotonicClock, state::keyed::HashMapStateStore};
    /// # let existing: governor::RateLimiter<IpAddr, HashMapStateStore<IpAddr>, _> =
    /// #     governor::RateLimiter::new(quota, HashMapStateStore::new(Default::default()), MonotonicClock);
    /// let limiter = GovernorLimiter::new("search", existing, quota)?;
    /// let layer = RateLimitLayer::governor(limiter, |head: &Head<'_>| {
    ///     head.extensions().get::<ClientAddr>().map(ClientAddr::ip)
    /// });
    /// # Ok::<(), palisade_core::ConfigError>(())
    /// ```
    ///
    /// # Security
    /// governor keeps an entry for each key until `retain_recent` is called, so whoever can make keys up can fill the memory.
    /// The whole address as key, as above, is one that every holder of an IPv6 network can vary;
    /// [`network`](palisade_core::ClientAddr::network) is not.
    pub fn governor<S, C, M>(
        limiter: impl Into<Arc<GovernorLimiter<S, C, M>>>,
        key: impl Fn(&Head<'_>) -> Option<S::Key> + Send + Sync + 'static,
    ) -> Self
    where
        S: StateStore<Key: Hash + Eq + Clone> + Send + Sync + 'static,
        C: Clock<Instant: 'static> + Send + Sync + 'static,
        M: RateLimitingMiddleware<C::Instant, NegativeOutcome = NotUntil<C::Instant>> + Send + Sync + 'static,
        M::PositiveOutcome: GovernorOutcome,
    {
        Self {
            limits: Vec::new(),
            last: Some(Arc::new(Keyed {
                limiter: limiter.into(),
                key,
            })),
            settings: Settings::default(),
            respond: ProblemDetails::default(),
        }
    }
}

impl<S, R> RateLimitLayer<S, R> {
    /// Asks a limiter of the `governor` crate too, as [`governor`](RateLimitLayer::governor) does: after all others, and only if
    /// they allow, since it can give nothing back.
    ///
    /// # Errors
    /// [`ConfigError`] for a second one, for one of a name that is there already, and for one whose burst is under the cost of
    /// a request.
    pub fn add_governor<G, C, M>(
        mut self,
        limiter: impl Into<Arc<GovernorLimiter<G, C, M>>>,
        key: impl Fn(&Head<'_>) -> Option<G::Key> + Send + Sync + 'static,
    ) -> Result<Self, ConfigError>
    where
        G: StateStore<Key: Hash + Eq + Clone> + Send + Sync + 'static,
        C: Clock<Instant: 'static> + Send + Sync + 'static,
        M: RateLimitingMiddleware<C::Instant, NegativeOutcome = NotUntil<C::Instant>> + Send + Sync + 'static,
        M::PositiveOutcome: GovernorOutcome,
    {
        let limiter = limiter.into();
        if self.last.is_some() {
            return Err(ConfigError::new(
                "rate limits",
                "one of governor is there already",
            ));
        }
        self.check_name(limiter.name())?;
        self.last = Some(Arc::new(Keyed { limiter, key }));
        let cost = self.settings.cost;
        self.costing(cost)
    }
}

/// A limiter of governor, and whom it counts.
struct Keyed<S, C, M, F>
where
    S: StateStore,
    C: Clock,
    M: RateLimitingMiddleware<C::Instant>,
{
    limiter: Arc<GovernorLimiter<S, C, M>>,
    key: F,
}

impl<S, C, M, F> LastLimit for Keyed<S, C, M, F>
where
    S: StateStore<Key: Hash + Eq + Clone> + Send + Sync,
    C: Clock + Send + Sync,
    M: RateLimitingMiddleware<C::Instant, NegativeOutcome = NotUntil<C::Instant>> + Send + Sync,
    M::PositiveOutcome: GovernorOutcome,
    F: Fn(&Head<'_>) -> Option<S::Key> + Send + Sync,
{
    fn name(&self) -> &str {
        self.limiter.name()
    }

    fn max_burst(&self) -> u32 {
        self.limiter.quota().burst_size().get()
    }

    fn decide(&self, head: &Head<'_>, cost: u64) -> Result<Decision, LimitRefused> {
        match (self.key)(head) {
            Some(key) => Ok(self.limiter.check(&key, cost)),
            None => Err(self.limiter.refuse_without_key()),
        }
    }

    fn policy(&self) -> &Policy {
        self.limiter.policy()
    }
}
