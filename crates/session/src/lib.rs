#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod concurrent;
mod cookie;
mod csrf;
mod error;
mod flow;
#[doc(hidden)]
pub mod fuzzing;
mod id;
#[cfg(feature = "tower")]
mod layer;
mod lifetimes;
mod login;
mod record;
mod seed;
#[cfg(feature = "tower")]
mod service;
mod session;
mod sessions;
mod signals;
mod state;
mod store;
#[cfg(feature = "test-util")]
pub mod testing;
mod values;

#[cfg(feature = "tower")]
mod future;

pub use concurrent::Concurrent;
pub use cookie::{CookiePolicy, DangerousCookie};
pub use csrf::{
    CSRF_FIELD, CSRF_HEADER, Csrf, CsrfPassed, CsrfPassedBy, CsrfRefused, CsrfRefusedKind, DangerousCsrf,
    Submission,
};
#[cfg(feature = "tower")]
pub use csrf::{CsrfFuture, CsrfLayer, CsrfService};
pub use error::{SessionRefused, SessionRefusedKind};
pub use flow::{Admitted, Flow, FlowRefused, FlowRefusedKind, Flows, Tickets};
#[cfg(feature = "tower")]
pub use future::SessionFuture;
pub use id::SessionId;
#[cfg(feature = "tower")]
pub use layer::SessionLayer;
pub use lifetimes::Lifetimes;
pub use login::Login;
pub use record::{Draft, Listed, Record, Rotation};
#[cfg(feature = "tower")]
pub use service::SessionService;
pub use session::Session;
pub use sessions::{LoadFuture, SaveFuture, Sessions};
pub use signals::Signals;
#[cfg(feature = "redis")]
pub use store::RedisStore;
pub use store::{
    Created, Either, Found, Loaded, MAX_PER_SUBJECT, MemoryStore, OVERLAP, Rotated, Scope, Store, Updated,
};
pub use values::{Changes, TooLarge, Values};
