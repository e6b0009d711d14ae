//! The `Host` field of requests.
use axum::extract::Request;
use axum::http::Version;
use axum::http::header::HOST;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

/// Refuses HTTP/1.1 without a host, and everything with two (RFC 9112 section 3.2): a proxy before the shop may have gone by one
/// of them, and whatever is behind it by the other.
pub(crate) async fn one(request: Request, next: Next) -> Response {
    let hosts = request.headers().get_all(HOST).iter().count();
    // Earlier versions have none, and later ones have it elsewhere.
    let least = usize::from(request.version() == Version::HTTP_11);
    if (least..=1).contains(&hosts) {
        next.run(request).await
    } else {
        Problem::HOST.into_response()
    }
}
