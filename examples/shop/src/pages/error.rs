//! What people see when something was refused.
use std::time::Duration;

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, StatusCode};
use maud::{Markup, html};

use super::layout::page;
use super::viewer::Viewer;
use super::when;

/// A page about a refusal with this status. It says how long to wait where the response's fields do.
pub(crate) fn error(status: StatusCode, headers: &HeaderMap) -> Markup {
    let (title, text) = words(status);
    page(
        title,
        &Viewer::ANYONE,
        &html! {
            div.narrow {
                h1 { (title) }
                p.lede { (text) }
                @if let Some(after) = retry_after(headers) { p.lede { "Try again in " (when::wait(after)) "." } }
                p { a.button href="/" { "Back to the products" } }
            }
        },
    )
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let secs = headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(secs))
}

fn words(status: StatusCode) -> (&'static str, &'static str) {
    match status {
        StatusCode::CONFLICT => (
            "That cannot be done any more",
            "Something has changed since the page was made. Open it anew to see what.",
        ),
        StatusCode::FORBIDDEN => (
            "That is not allowed",
            "It is not yours to do, or what you sent did not come from a page of this shop, or from one that is no longer good. \
             Open the page anew and try again.",
        ),
        StatusCode::NOT_FOUND => (
            "Page not found",
            "There is nothing at this address. It may have moved, or never been here.",
        ),
        StatusCode::TOO_MANY_REQUESTS => (
            "A little slower, please",
            "Too much came from your connection in a short time.",
        ),
        StatusCode::SERVICE_UNAVAILABLE => (
            "Too busy right now",
            "More people want something than the shop can serve.",
        ),
        status if status.is_client_error() => (
            "That request was refused",
            "The shop could not make sense of what was sent.",
        ),
        _ => (
            "Something went wrong",
            "It is our fault, and it has been written down.",
        ),
    }
}
