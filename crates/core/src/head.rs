//! The part of a request that a check reads.
use std::fmt;

use http::{Extensions, HeaderMap, Method, Request, Uri, request::Parts};

/// The head of a request, borrowed: everything but its body.
///
/// [`Check`](crate::Check)s read this and nothing else, so a check can neither change the request nor wait for its body.
#[derive(Clone, Copy)]
pub struct Head<'a> {
    method: &'a Method,
    uri: &'a Uri,
    headers: &'a HeaderMap,
    extensions: &'a Extensions,
}

impl<'a> Head<'a> {
    /// The method.
    #[must_use]
    pub const fn method(&self) -> &'a Method {
        self.method
    }

    /// The request target, as the server presents it.
    #[must_use]
    pub const fn uri(&self) -> &'a Uri {
        self.uri
    }

    /// The header fields.
    #[must_use]
    pub const fn headers(&self) -> &'a HeaderMap {
        self.headers
    }

    /// The typed values that earlier layers added: the only place where control comes from.
    #[must_use]
    pub const fn extensions(&self) -> &'a Extensions {
        self.extensions
    }
}

impl fmt::Debug for Head<'_> {
    // Cookies, credentials and links that work once are in the fields and in the target: neither is told.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Head")
            .field("method", self.method)
            .finish_non_exhaustive()
    }
}

impl<'a, B> From<&'a Request<B>> for Head<'a> {
    fn from(request: &'a Request<B>) -> Self {
        Self {
            method: request.method(),
            uri: request.uri(),
            headers: request.headers(),
            extensions: request.extensions(),
        }
    }
}

impl<'a> From<&'a Parts> for Head<'a> {
    fn from(parts: &'a Parts) -> Self {
        Self {
            method: &parts.method,
            uri: &parts.uri,
            headers: &parts.headers,
            extensions: &parts.extensions,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printed_head_holds_nothing_that_lets_anyone_in() {
        let request = Request::get("/reset/hunter2?token=hunter2")
            .header("cookie", "id=hunter2")
            .header("authorization", "Bearer hunter2")
            .body(())
            .unwrap();
        let printed = format!("{:?}", Head::from(&request));
        assert!(
            !printed.contains("hunter2") && printed.contains("GET"),
            "{printed}"
        );
    }
}
