//! Turns refusals into responses.
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};

use crate::Refusal;

/// Makes the response to a refusal.
///
/// Every `Fn(&E) -> Response<B> + Clone` is one. Provided are [`ProblemDetails`], [`StatusOnly`] and [`GrpcStatus`].
/// A layer puts the refusal into the response's extensions as well, whoever made the response.
pub trait Respond<E, B>: Clone {
    /// The response to `refusal`.
    fn respond(&self, refusal: &E) -> Response<B>;
}

impl<E, B, F: Fn(&E) -> Response<B> + Clone> Respond<E, B> for F {
    fn respond(&self, refusal: &E) -> Response<B> {
        self(refusal)
    }
}

/// Problem details for HTTP APIs, RFC 9457: `application/problem+json` with `type`, `title`, `status` and `code`.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct ProblemDetails;

impl ProblemDetails {
    /// The body for a refusal. Every text in it is a constant that needs no escaping, and is checked to need none.
    #[must_use]
    pub fn body(refusal: &impl Refusal) -> String {
        format!(
            r#"{{"type":"{}","title":"{}","status":{},"code":"{}"}}"#,
            plain(refusal.problem_type()),
            plain(refusal.title()),
            refusal.status().as_u16(),
            plain(refusal.code()),
        )
    }
}

/// The text, or nothing where it would need escaping in JSON.
fn plain(text: &'static str) -> &'static str {
    let needs_escape = |b: u8| b < b' ' || b == b'"' || b == b'\\';
    debug_assert!(!text.bytes().any(needs_escape), "texts of refusals are plain");
    if text.bytes().any(needs_escape) { "" } else { text }
}

impl<E: Refusal, B: From<Bytes>> Respond<E, B> for ProblemDetails {
    fn respond(&self, refusal: &E) -> Response<B> {
        let mut response = bare(refusal, B::from(Bytes::from(Self::body(refusal))));
        let json = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(CONTENT_TYPE, json);
        response
    }
}

/// The status and the fields of the refusal, with an empty body.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct StatusOnly;

impl<E: Refusal, B: Default> Respond<E, B> for StatusOnly {
    fn respond(&self, refusal: &E) -> Response<B> {
        bare(refusal, B::default())
    }
}

/// A gRPC status in a trailers-only response: HTTP 200 with `grpc-status` and `grpc-message` among the headers.
///
/// The code is the one whose HTTP mapping in `google/rpc/code.proto` is the refusal's status, and `RESOURCE_EXHAUSTED` (8)
/// for 413. Any other 4xx is `INVALID_ARGUMENT` (3), any other status `INTERNAL` (13). The gRPC project's own table is for
/// clients that meet a proxy's answer, and would hide whose fault it was.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct GrpcStatus;

impl GrpcStatus {
    /// The gRPC status code for an HTTP status.
    #[must_use]
    pub fn code(status: StatusCode) -> u8 {
        match status {
            StatusCode::UNAUTHORIZED => 16,
            StatusCode::FORBIDDEN => 7,
            StatusCode::NOT_FOUND => 5,
            StatusCode::CONFLICT => 10,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::PAYLOAD_TOO_LARGE => 8,
            StatusCode::NOT_IMPLEMENTED => 12,
            StatusCode::SERVICE_UNAVAILABLE => 14,
            StatusCode::GATEWAY_TIMEOUT => 4,
            status if status.is_client_error() => 3,
            _ => 13,
        }
    }
}

impl<E: Refusal, B: Default> Respond<E, B> for GrpcStatus {
    fn respond(&self, refusal: &E) -> Response<B> {
        let mut response = bare(refusal, B::default());
        *response.status_mut() = StatusCode::OK;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(
            "grpc-status",
            HeaderValue::from(u16::from(Self::code(refusal.status()))),
        );
        let message = HeaderValue::from_str(refusal.code());
        headers.insert(
            "grpc-message",
            message.unwrap_or(HeaderValue::from_static("refused")),
        );
        response
    }
}

/// Status, fields, and `Cache-Control: no-store`: a refusal is about one request, never about the next one.
fn bare<B>(refusal: &impl Refusal, body: B) -> Response<B> {
    let mut response = Response::new(body);
    *response.status_mut() = refusal.status();
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    refusal.extend_headers(response.headers_mut());
    response
}

#[cfg(test)]
mod tests {
    use http::header::RETRY_AFTER;

    use super::*;

    #[derive(Clone)]
    struct Busy;

    impl Refusal for Busy {
        fn status(&self) -> StatusCode {
            StatusCode::TOO_MANY_REQUESTS
        }
        fn code(&self) -> &'static str {
            "busy"
        }
        fn extend_headers(&self, headers: &mut http::HeaderMap) {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("7"));
        }
    }

    #[test]
    fn problem_details_say_what_rfc_9457_asks_for() {
        let response: Response<Bytes> = ProblemDetails.respond(&Busy);
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
        assert_eq!(response.headers()[RETRY_AFTER], "7");
        let body: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        let want = serde_json::json!({
            "type": "about:blank", "title": "Too Many Requests", "status": 429, "code": "busy",
        });
        assert_eq!(body, want);
    }

    #[test]
    fn status_only_has_the_fields_and_no_body() {
        let response: Response<Bytes> = StatusOnly.respond(&Busy);
        assert_eq!((response.status().as_u16(), response.body().len()), (429, 0));
        assert_eq!(response.headers()[RETRY_AFTER], "7");
    }

    #[test]
    fn a_grpc_refusal_is_trailers_only() {
        let response: Response<Bytes> = GrpcStatus.respond(&Busy);
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["grpc-status"], "8");
        assert_eq!(response.headers()["grpc-message"], "busy");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/grpc");
    }

    #[test]
    fn grpc_codes_are_those_of_the_http_statuses() {
        let table = [
            (400, 3),
            (401, 16),
            (403, 7),
            (404, 5),
            (409, 10),
            (413, 8),
            (429, 8),
            (431, 3),
            (500, 13),
            (501, 12),
            (502, 13),
            (503, 14),
            (504, 4),
        ];
        for (http, grpc) in table {
            assert_eq!(
                GrpcStatus::code(StatusCode::from_u16(http).unwrap()),
                grpc,
                "{http}"
            );
        }
    }

    #[test]
    fn a_closure_is_a_responder() {
        let teapot = |_: &Busy| Response::builder().status(418).body(Bytes::new()).unwrap();
        assert_eq!(teapot.respond(&Busy).status(), 418);
    }
}
