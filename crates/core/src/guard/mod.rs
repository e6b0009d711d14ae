//! Check, then forward: the one place where that is written.
mod check;
#[cfg(feature = "tower")]
mod future;
#[cfg(feature = "tower")]
mod layer;
#[cfg(feature = "tower")]
mod service;

pub use check::{AsyncCheck, Check};
#[cfg(feature = "tower")]
pub use future::{AsyncGuardFuture, GuardFuture};
#[cfg(feature = "tower")]
pub use layer::{AsyncGuardLayer, GuardLayer};
#[cfg(feature = "tower")]
pub use service::{AsyncGuard, Guard};
