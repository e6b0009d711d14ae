//! What a refused request is told.
use http::{HeaderMap, StatusCode};

/// A refusal: a fact about a request that was not let through.
///
/// All its texts are constants of the program. Nothing of the request is repeated, and nothing tells an attacker more
/// than that it was refused.
pub trait Refusal: Clone + Send + Sync + 'static {
    /// The HTTP status.
    fn status(&self) -> StatusCode;

    /// A stable name for metrics and clients, in `snake_case`.
    fn code(&self) -> &'static str;

    /// A sentence for people; by default the status's reason phrase.
    fn title(&self) -> &'static str {
        self.status().canonical_reason().unwrap_or("Refused")
    }

    /// The problem type, a URI (RFC 9457 section 3.1.1); by default `about:blank`, "no more than the status says".
    fn problem_type(&self) -> &'static str {
        "about:blank"
    }

    /// Adds the fields that go with the refusal, such as `Retry-After` or `WWW-Authenticate`.
    fn extend_headers(&self, _headers: &mut HeaderMap) {}
}
