#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(all(feature = "auth", feature = "ratelimit"))]
mod login_limits;

pub use palisade_core as core;

#[cfg(feature = "auth")]
pub use palisade_auth as auth;
#[cfg(feature = "ratelimit")]
pub use palisade_ratelimit as ratelimit;
#[cfg(feature = "rbac")]
pub use palisade_rbac as rbac;
#[cfg(feature = "redis")]
pub use palisade_redis as redis;
#[cfg(feature = "session")]
pub use palisade_session as session;

#[cfg(all(feature = "auth", feature = "ratelimit"))]
pub use login_limits::LoginLimits;

/// The first page of the repository, run as a test.
#[cfg(all(doctest, feature = "full"))]
#[doc = include_str!("../../../README.md")]
mod front_page {}
