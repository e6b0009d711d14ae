//! What the decision reads of a request.
use std::fmt;

use crate::Session;

/// What is known of a request when it is asked whether another site made it.
///
/// ```
/// use palisade_session::{Csrf, Submission};
/// let csrf = Csrf::new(["https://shop.example"])?;
/// let own: &[(&str, &str)] = &[("sec-fetch-site", "same-origin"), ("cookie", "__Host-id=x")];
/// let foreign: &[(&str, &str)] = &[("sec-fetch-site", "cross-site"), ("cookie", "__Host-id=x")];
/// assert!(csrf.check(&Submission::new("POST", &own)).is_ok());
/// assert!(csrf.check(&Submission::new("POST", &foreign)).is_err());
/// assert!(csrf.check(&Submission::new("GET", &foreign)).is_ok());
/// # Ok::<(), palisade_core::ConfigError>(())
/// ```
#[must_use]
pub struct Submission<'a, H: ?Sized> {
    pub(super) method: &'a str,
    pub(super) headers: &'a H,
    pub(super) route: Option<&'a str>,
    pub(super) session: Option<&'a Session>,
    pub(super) token: Option<&'a [u8]>,
}

impl<'a, H: ?Sized> Submission<'a, H> {
    /// A request by its method and header fields. Methods are compared byte for byte, as HTTP does.
    pub const fn new(method: &'a str, headers: &'a H) -> Self {
        Self {
            method,
            headers,
            route: None,
            session: None,
            token: None,
        }
    }

    /// The route that the router has matched, as it is written there: never the request's path.
    pub const fn with_route(mut self, route: Option<&'a str>) -> Self {
        self.route = route;
        self
    }

    /// The session of the request.
    pub const fn with_session(mut self, session: Option<&'a Session>) -> Self {
        self.session = session;
        self
    }

    /// The token that stood in the form. One in the header field is found without this.
    pub const fn with_token(mut self, token: Option<&'a [u8]>) -> Self {
        self.token = token;
        self
    }
}

impl<H: ?Sized> fmt::Debug for Submission<'_, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Submission")
            .field("method", &self.method)
            .field("route", &self.route)
            .finish_non_exhaustive()
    }
}
