//! How many requests may be under way at once.
#[cfg(feature = "tower")]
mod body;
#[cfg(feature = "tower")]
mod future;
mod guard;
#[cfg(feature = "tower")]
mod layer;
mod limiter;
mod refused;
#[cfg(feature = "tower")]
mod service;
mod table;

#[cfg(feature = "tower")]
pub use body::InFlightBody;
#[cfg(feature = "tower")]
pub use future::ConcurrencyFuture;
pub use guard::InFlight;
#[cfg(feature = "tower")]
pub use layer::ConcurrencyLayer;
pub use limiter::ConcurrencyLimiter;
pub use refused::{ConcurrencyRefused, ConcurrencyRefusedKind};
#[cfg(feature = "tower")]
pub use service::Concurrency;
