//! Whether another site made a request in a visitor's name.
mod decision;
#[cfg(feature = "tower")]
pub(crate) mod form;
#[cfg(feature = "tower")]
mod future;
#[cfg(feature = "tower")]
mod guard;
#[cfg(feature = "tower")]
mod layer;
mod origin;
mod passed;
mod policy;
mod refusal;
#[cfg(feature = "tower")]
mod service;
mod submission;
pub(crate) mod token;

#[cfg(feature = "tower")]
pub use future::CsrfFuture;
#[cfg(feature = "tower")]
pub use layer::CsrfLayer;
pub use passed::{CsrfPassed, CsrfPassedBy};
pub use policy::{Csrf, DangerousCsrf};
pub use refusal::{CsrfRefused, CsrfRefusedKind};
#[cfg(feature = "tower")]
pub use service::CsrfService;
pub use submission::Submission;

/// The request field in which scripts send the token of [`Session::csrf_token`](crate::Session::csrf_token).
pub const CSRF_HEADER: &str = "x-csrf-token";

/// The name under which forms send it.
pub const CSRF_FIELD: &str = "csrf_token";
