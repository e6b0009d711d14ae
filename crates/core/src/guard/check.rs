//! A decision about a request, made from its head.
use std::future::Future;

use crate::{Head, Refusal};

/// A decision that is made at once.
///
/// What passes gets a witness: a value that only the check can make. The guard leaves it in the request's extensions.
///
/// ```
/// use http::{Request, StatusCode};
/// use palisade_core::{Check, Head, Refusal};
///
/// #[derive(Clone)]
/// struct OverTls(());                       // nobody outside this module can make one
/// #[derive(Clone, Debug)]
/// struct Plain;
/// impl Refusal for Plain {
///     fn status(&self) -> StatusCode { StatusCode::FORBIDDEN }
///     fn code(&self) -> &'static str { "tls_required" }
/// }
///
/// struct RequireTls;
/// impl Check for RequireTls {
///     type Witness = OverTls;
///     type Refusal = Plain;
///     fn check(&self, head: &Head<'_>) -> Result<OverTls, Plain> {
///         if head.uri().scheme_str() == Some("https") { Ok(OverTls(())) } else { Err(Plain) }
///     }
/// }
///
/// let request = Request::get("http://shop.example/").body(()).unwrap();
/// assert!(RequireTls.check(&Head::from(&request)).is_err());
/// ```
pub trait Check {
    /// What says that the check was passed.
    type Witness: Clone + Send + Sync + 'static;
    /// What says that it was not.
    type Refusal: Refusal;

    /// Decides.
    ///
    /// # Errors
    /// The refusal, when the request must not go on.
    fn check(&self, head: &Head<'_>) -> Result<Self::Witness, Self::Refusal>;
}

/// A decision that has to ask first, a store for instance.
///
/// The future owns what it needs, so that the request can wait beside it.
pub trait AsyncCheck {
    /// What says that the check was passed.
    type Witness: Clone + Send + Sync + 'static;
    /// What says that it was not.
    type Refusal: Refusal;
    /// The decision under way.
    type Future: Future<Output = Result<Self::Witness, Self::Refusal>>;

    /// Begins to decide. Dropping the future must leave nothing half done.
    fn check(&self, head: &Head<'_>) -> Self::Future;
}
