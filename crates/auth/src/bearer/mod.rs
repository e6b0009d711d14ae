//! Bearer tokens in requests, RFC 6750.
#[cfg(feature = "tower")]
mod future;
#[cfg(feature = "tower")]
mod layer;
mod read;
mod refused;
#[cfg(feature = "tower")]
mod service;
mod verify;

#[cfg(feature = "tower")]
pub use future::BearerFuture;
#[cfg(feature = "tower")]
pub use layer::BearerLayer;
pub use read::bearer_token;
pub use refused::{BearerRefused, BearerRefusedKind};
#[cfg(feature = "tower")]
pub use service::BearerService;
pub use verify::{BearerCheck, BearerChecking, TokenVerifier};
