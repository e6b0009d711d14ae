//! What a browser sends by itself.
use http::Method;
use http::header::{ACCESS_CONTROL_REQUEST_METHOD, CONTENT_LENGTH, ORIGIN, TRANSFER_ENCODING};
use palisade_core::Head;

/// A CORS preflight, by the Fetch standard: `OPTIONS` with `Origin` and `Access-Control-Request-Method`, and without content.
#[inline]
pub(super) fn is_preflight(head: &Head<'_>) -> bool {
    *head.method() == Method::OPTIONS
        && head.headers().contains_key(ORIGIN)
        && head.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
        && !announces_content(head)
}

/// Whether the fields say that a body follows (RFC 9112 section 6). HTTP/2 can send one without saying so.
fn announces_content(head: &Head<'_>) -> bool {
    let mut lengths = head.headers().get_all(CONTENT_LENGTH).iter();
    head.headers().contains_key(TRANSFER_ENCODING) || lengths.any(|length| length != "0")
}
