//! Shows problems to people as pages, and to programs as they are.
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use palisade::rbac::{self, RefusedKind};

use crate::pages::{self, Next as Page};

/// Replaces the body of a problem by a page where the request did not go to the API. Whoever refused it, a layer or a
/// handler, its status and its fields (`Retry-After`, `Set-Cookie`) stay. Who has to sign in, or to sign in again, is sent there.
pub(crate) async fn present(request: Request, next: Next) -> Response {
    let asked = request.uri().clone();
    let response = next.run(request).await;
    if is_for_programs(asked.path()) || !is_problem(response.headers()) {
        response
    } else if let Some(door) = door(&response, &asked) {
        instead(response, Redirect::to(&door).into_response())
    } else {
        let words = pages::error(response.status(), response.headers());
        let page = (response.status(), words).into_response();
        instead(response, page)
    }
}

/// Where somebody has to go before they get what they asked for.
fn door(response: &Response, asked: &Uri) -> Option<String> {
    let refused = response.extensions().get::<rbac::Refused>()?;
    let to_sign_in = (refused.kind() == RefusedKind::SignIn).then(|| Page::sign_in(asked));
    to_sign_in.or_else(|| (refused.kind() == RefusedKind::StepUp).then(|| Page::sign_in_again(asked)))
}

/// Whether a path is answered to programs, in whatever way it was asked for.
fn is_for_programs(path: &str) -> bool {
    ["/api", "/health", "/.well-known"].iter().any(|prefix| {
        path.strip_prefix(prefix)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

fn is_problem(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .is_some_and(|value| value == "application/problem+json")
}

/// The answer `shown` in place of a problem, with the fields that concern the person and not the program.
fn instead(problem: Response, shown: Response) -> Response {
    let (mut parts, _) = problem.into_parts();
    for field in [CONTENT_LENGTH, CONTENT_TYPE, WWW_AUTHENTICATE] {
        parts.headers.remove(field);
    }
    parts.status = shown.status();
    parts.headers.extend(shown.headers().clone());
    Response::from_parts(parts, shown.into_body())
}
