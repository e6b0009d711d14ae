//! The layer that strikes and refuses.
use std::fmt;
use std::sync::Arc;

use http::StatusCode;
use palisade_core::ProblemDetails;
use tower_layer::Layer;

use super::{Banning, Bans};
use crate::settings::{OnFailure, Outcome};
use crate::{MemoryStore, ResponseHead};

/// Refuses banned clients before a service, and strikes by what the service answers.
///
/// 1. A client that is spared passes, and nothing is counted. Without a client address: 500.
/// 2. A banned client is refused with 429, problem details of type `abnormal-usage-detected`, `Retry-After` and
///    `Cache-Control: no-store`. It does not reach the service, and its ban is not made longer by trying.
/// 3. Store failed: 503, unless `dangerous().let_through_when_store_fails()`.
/// 4. A response of status 401 or 403 is a strike, or what [`with_strikes`](Self::with_strikes) says. It is counted before the
///    client is answered, so that whoever waits for answers cannot be ahead of it.
///
/// By default no 404 is a strike: they come from the site's own broken links and from search engines. Nor is a 429: who was
/// refused for haste has been told when to come back. Nor a 5xx: those are not the client's.
///
/// Put it before the limits, and after the layer that finds the [`ClientAddr`](palisade_core::ClientAddr).
#[must_use = "a layer does nothing until it is applied"]
pub struct BanLayer<S = MemoryStore, R = ProblemDetails> {
    bans: Arc<Bans<S>>,
    settings: Settings,
    respond: R,
}

/// What can be chosen.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) strikes: Arc<Outcome>,
    pub(super) on_failure: OnFailure,
}

impl<S> BanLayer<S> {
    /// A layer by these bans. Give them as they are, or in an `Arc` where something else strikes too.
    pub fn new(bans: impl Into<Arc<Bans<S>>>) -> Self {
        Self {
            bans: bans.into(),
            settings: Settings {
                strikes: Arc::new(is_denied),
                on_failure: OnFailure::Refuse,
            },
            respond: ProblemDetails::default(),
        }
    }
}

/// Whether an access control has refused.
fn is_denied(response: ResponseHead<'_>) -> bool {
    matches!(
        response.status(),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN
    )
}

impl<S, R> BanLayer<S, R> {
    /// Strikes where `strikes` says so of a response, in place of 401 and 403.
    ///
    /// ```
    /// use palisade_ratelimit::{BanLayer, ResponseHead};
    ///
    /// /// Left by the handlers that nobody finds by mistake.
    /// #[derive(Clone)]
    /// struct Trap;
    /// fn with_traps(layer: BanLayer) -> BanLayer {
    ///     layer.with_strikes(|response: ResponseHead<'_>| response.extensions().get::<Trap>().is_some())
    /// }
    /// ```
    pub fn with_strikes(
        mut self,
        strikes: impl Fn(ResponseHead<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.settings.strikes = Arc::new(strikes);
        self
    }

    /// Answers refusals by `respond`. `Retry-After` and `Cache-Control: no-store` are added to what it makes, where they are
    /// missing.
    pub fn with_response<R2: Clone>(self, respond: R2) -> BanLayer<S, R2> {
        BanLayer {
            bans: self.bans,
            settings: self.settings,
            respond,
        }
    }

    /// Weakenings, one method each.
    pub const fn dangerous(self) -> DangerousBanLayer<S, R> {
        DangerousBanLayer(self)
    }
}

impl<S, R: Clone> Clone for BanLayer<S, R> {
    fn clone(&self) -> Self {
        Self {
            bans: Arc::clone(&self.bans),
            settings: self.settings.clone(),
            respond: self.respond.clone(),
        }
    }
}

impl<S, R> fmt::Debug for BanLayer<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BanLayer")
            .field("bans", &self.bans.name())
            .finish_non_exhaustive()
    }
}

impl<I, S, R: Clone> Layer<I> for BanLayer<S, R> {
    type Service = Banning<I, S, R>;

    fn layer(&self, inner: I) -> Self::Service {
        let shared = (Arc::clone(&self.bans), self.settings.clone());
        Banning::new(inner, Arc::new(shared), self.respond.clone())
    }
}

/// Weakenings of a [`BanLayer`].
#[must_use = "a weakening is given back by its method"]
pub struct DangerousBanLayer<S, R>(BanLayer<S, R>);

impl<S, R> DangerousBanLayer<S, R> {
    /// Lets requests through while the store fails.
    ///
    /// # Security
    /// Whoever is banned comes back while the store fails. It is less grave than with a limit: bans come on top of limits.
    pub fn let_through_when_store_fails(mut self) -> BanLayer<S, R> {
        self.0.settings.on_failure = OnFailure::LetThrough;
        self.0
    }
}

impl<S, R> fmt::Debug for DangerousBanLayer<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DangerousBanLayer").field(&self.0).finish()
    }
}
