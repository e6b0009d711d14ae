//! Refresh tokens: families that are counted, not stored one by one.
mod device;
mod family;
mod lifetimes;
mod refused;
mod service;
pub(crate) mod store;
#[cfg(feature = "test-util")]
mod testing;
mod text;
mod window;

pub use device::DeviceLabel;
pub use family::{Family, FamilyToken, ListedFamily, NewFamily, OwnerId};
pub use lifetimes::RefreshLifetimes;
pub use refused::{RefreshRefused, RefreshRefusedKind};
pub use service::{Begun, RefreshTokens, Refreshed};
#[cfg(feature = "redis")]
pub use store::RedisRefreshStore;
pub use store::{Advanced, MAX_FAMILIES, MemoryRefreshStore, RefreshStore};
#[cfg(feature = "test-util")]
pub use testing::assert_refresh_store;
#[cfg(feature = "tokens")]
pub(crate) use text::RefreshText;
