//! axum: routes that cannot be without a rule, and the witness as an extractor (feature `axum`).
mod extract;
mod routes;

use axum::extract::MatchedPath;
use palisade_core::Head;

pub use routes::Routes;

/// The route that axum has matched, for [`ByRoute`](crate::ByRoute) over a router that was written already.
#[must_use]
pub fn matched_path<'h>(head: &Head<'h>) -> Option<&'h str> {
    head.extensions().get::<MatchedPath>().map(MatchedPath::as_str)
}
