#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod attempt;
mod ban;
mod concurrency;
mod decision;
mod error;
mod fields;
#[doc(hidden)]
pub mod fuzzing;
mod gcra;
#[cfg(feature = "governor")]
mod governor;
mod key;
mod key_by;
#[cfg(feature = "tower")]
mod layer;
mod limiter;
mod limits;
#[cfg(feature = "tower")]
mod metered;
mod name;
mod plan;
mod quota;
mod quotas;
#[cfg(feature = "tower")]
mod response_head;
mod sampler;
#[cfg(feature = "tower")]
mod service;
#[cfg(feature = "tower")]
mod settings;
mod sliding;
mod sliding_counter;
mod sliding_log;
pub mod store;
#[cfg(feature = "test-util")]
pub mod testing;
mod units;

#[cfg(feature = "governor")]
pub use self::governor::{GovernorLimiter, GovernorOutcome};
pub use attempt::Attempt;
#[cfg(feature = "tower")]
pub use ban::{BanFuture, BanLayer, Banning, DangerousBanLayer};
pub use ban::{BanRefused, BanRefusedKind, Bans, Strike};
#[cfg(feature = "tower")]
pub use concurrency::{Concurrency, ConcurrencyFuture, ConcurrencyLayer, InFlightBody};
pub use concurrency::{ConcurrencyLimiter, ConcurrencyRefused, ConcurrencyRefusedKind, InFlight};
pub use decision::{Allowed, Decision, Denied};
pub use error::{LimitRefused, LimitRefusedKind};
pub use fields::RateLimitFields;
pub use key::{KeyHasher, KeyParts, RateKey};
pub use key_by::{ByClient, ByNetwork, ByPrincipal, KeyBy, Keyed};
#[cfg(feature = "tower")]
pub use layer::{DangerousRateLimitLayer, RateLimitLayer};
pub use limiter::RateLimiter;
pub use limits::Limits;
#[cfg(feature = "tower")]
pub use metered::{Metered, Shadowed, Usage};
pub use plan::Plan;
pub use quota::{Quota, QuotaKind};
pub use quotas::Quotas;
#[cfg(feature = "tower")]
pub use response_head::ResponseHead;
#[cfg(feature = "tower")]
pub use service::{RateLimit, ResponseFuture};
#[cfg(feature = "redis")]
pub use store::RedisStore;
pub use store::{Block, LimitClock, MemoryStore};
