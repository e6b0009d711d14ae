//! Cookies as a browser sees them.

/// One cookie in the browser's jar, as WebDriver reports it (W3C WebDriver section 14).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BrowserCookie {
    /// Name, with its prefix.
    pub name: String,
    /// Value, as stored.
    pub value: String,
    /// Hidden from scripts.
    pub http_only: bool,
    /// Sent over secure channels only. Chromium counts plain HTTP to a loopback host as secure.
    pub secure: bool,
    /// `Strict`, `Lax` or `None`; absent where the browser reports none.
    pub same_site: Option<String>,
    /// Path the cookie is bound to.
    pub path: String,
    /// Host or domain the cookie is bound to. A leading dot means that subdomains get it too.
    pub domain: String,
    /// Unix time in seconds at which the browser forgets it; absent for a cookie of the browser session.
    pub expires: Option<i64>,
}

#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the method belongs to a crate that fantoccini hides"
)]
impl From<fantoccini::cookies::Cookie<'static>> for BrowserCookie {
    fn from(cookie: fantoccini::cookies::Cookie<'static>) -> Self {
        Self {
            name: cookie.name().to_owned(),
            value: cookie.value().to_owned(),
            http_only: cookie.http_only().unwrap_or_default(),
            secure: cookie.secure().unwrap_or_default(),
            same_site: cookie.same_site().map(|same_site| same_site.to_string()),
            path: cookie.path().unwrap_or_default().to_owned(),
            domain: cookie.domain().unwrap_or_default().to_owned(),
            expires: cookie.expires_datetime().map(|time| time.unix_timestamp()),
        }
    }
}
