#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod cookie;
mod error;
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "tower")]
mod layer;
mod lifetimes;
mod login;
mod record;
#[cfg(feature = "tower")]
mod service;
mod session;
mod sessions;
mod state;
mod store;
#[cfg(feature = "test-util")]
pub mod testing;
mod values;

#[cfg(feature = "tower")]
mod future;

pub use cookie::CookiePolicy;
pub use error::{SessionRefused, SessionRefusedKind};
#[cfg(feature = "tower")]
pub use future::SessionFuture;
#[cfg(feature = "tower")]
pub use layer::SessionLayer;
pub use lifetimes::Lifetimes;
pub use login::Login;
pub use record::{Draft, Listed, Record, Rotation};
#[cfg(feature = "tower")]
pub use service::SessionService;
pub use session::Session;
pub use sessions::{LoadFuture, SaveFuture, Sessions};
pub use store::{Loaded, MAX_PER_SUBJECT, MemoryStore, Store, Updated};
pub use values::{Changes, TooLarge, Values};
