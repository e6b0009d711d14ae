#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod attempt;
mod decision;
mod error;
mod fields;
#[cfg(feature = "tower")]
mod future;
mod gcra;
mod key;
mod key_by;
#[cfg(feature = "tower")]
mod layer;
mod limiter;
mod name;
mod quota;
mod sampler;
#[cfg(feature = "tower")]
mod service;
#[cfg(feature = "tower")]
mod settings;
pub mod store;
#[cfg(feature = "test-util")]
pub mod testing;

pub use attempt::Attempt;
pub use decision::{Allowed, Decision, Denied};
pub use error::{LimitRefused, LimitRefusedKind};
#[cfg(feature = "tower")]
pub use future::ResponseFuture;
pub use key::{KeyHasher, KeyParts, RateKey};
pub use key_by::{ByClient, KeyBy};
#[cfg(feature = "tower")]
pub use layer::{DangerousRateLimitLayer, RateLimitLayer};
pub use limiter::RateLimiter;
pub use quota::Quota;
#[cfg(feature = "tower")]
pub use service::{Metered, RateLimit};
#[cfg(feature = "tower")]
pub use settings::RateLimitFields;
pub use store::MemoryStore;
