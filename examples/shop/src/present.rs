//! Shows problems to people as pages, and to programs as they are.
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::pages;

/// Replaces the body of a problem by a page where the request did not go to the API. Whoever refused it, a layer or a
/// handler, its status and its fields (`Retry-After`, `Set-Cookie`) stay.
pub(crate) async fn present(request: Request, next: Next) -> Response {
    let program = is_for_programs(request.uri().path());
    let response = next.run(request).await;
    if program || !is_problem(response.headers()) {
        response
    } else {
        page(response)
    }
}

/// Whether a path is answered to programs, in whatever way it was asked for.
fn is_for_programs(path: &str) -> bool {
    ["/api", "/health"].iter().any(|prefix| {
        path.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

fn is_problem(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .is_some_and(|value| value == "application/problem+json")
}

fn page(response: Response) -> Response {
    let (mut parts, _) = response.into_parts();
    let page = pages::error(parts.status, &parts.headers).into_response();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.extend(page.headers().clone());
    Response::from_parts(parts, page.into_body())
}
