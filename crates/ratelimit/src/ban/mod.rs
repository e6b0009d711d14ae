//! Clients that misbehaved too often are refused for a while.
mod bans;
#[cfg(feature = "tower")]
mod future;
#[cfg(feature = "tower")]
mod layer;
mod refused;
#[cfg(feature = "tower")]
mod service;
mod strike;

pub use bans::Bans;
#[cfg(feature = "tower")]
pub use future::BanFuture;
#[cfg(feature = "tower")]
pub use layer::{BanLayer, DangerousBanLayer};
pub use refused::{BanRefused, BanRefusedKind};
#[cfg(feature = "tower")]
pub use service::Banning;
pub use strike::Strike;
