//! What the anti-forgery check is told at start.
use std::fmt;

use palisade_core::{ConfigError, Head, Recorder};

use super::origin::Origin;

/// Which route the router has matched.
pub(super) type RouteOf = for<'a> fn(&Head<'a>) -> Option<&'a str>;

/// Refuses requests that another site made in a visitor's name (CWE-352; OWASP ASVS 5.0, 3.5.1).
///
/// See the [crate docs](crate#the-anti-forgery-decision) for the decision. [`check`](Self::check) is the plain function; as
/// a layer use [`CsrfLayer`](crate::CsrfLayer), or the core's guard, of which this is a check.
#[derive(Clone)]
pub struct Csrf {
    pub(super) public: Vec<Origin>,
    pub(super) trusted: Vec<Origin>,
    pub(super) exempt: Vec<Box<str>>,
    pub(super) route_of: Option<RouteOf>,
    pub(super) tokens: Tokens,
    pub(super) mode: Mode,
    pub(super) recorder: Recorder,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tokens {
    WhereNothingElseTells,
    Always,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Enforce,
    ReportOnly,
}

impl Csrf {
    /// The check of an application that browsers know under these origins, such as `https://shop.example`. What a proxy
    /// makes of the request's `Host` does not matter: nothing but this list says who we are.
    ///
    /// # Errors
    /// [`ConfigError`] for what is no origin, and for an empty list.
    pub fn new<'a>(origins: impl IntoIterator<Item = &'a str>) -> Result<Self, ConfigError> {
        let public: Result<Vec<_>, _> = origins.into_iter().map(Origin::configured).collect();
        let public = public?;
        if public.is_empty() {
            let none = "none was given; name each origin under which browsers see the application";
            return Err(ConfigError::new("anti-forgery origin", none));
        }
        Ok(Self {
            public,
            trusted: Vec::new(),
            exempt: Vec::new(),
            route_of: None,
            tokens: Tokens::WhereNothingElseTells,
            mode: Mode::Enforce,
            recorder: Recorder::default(),
        })
    }

    /// Asks for the session's token as well, whatever the browser says of the request: what NIST SP 800-63B-4 section 5.1
    /// wants. Every form and every script that has a session must then send it.
    #[must_use]
    pub const fn with_token_always(mut self) -> Self {
        self.tokens = Tokens::Always;
        self
    }

    /// Tells the layers how to find the route that the router has matched; without it no route is exempt there.
    ///
    /// In axum: `|head| head.extensions().get::<MatchedPath>().map(MatchedPath::as_str)`.
    #[must_use]
    pub const fn with_route(mut self, route_of: for<'a> fn(&Head<'a>) -> Option<&'a str>) -> Self {
        self.route_of = Some(route_of);
        self
    }

    /// Tells events to `recorder`.
    #[must_use]
    pub fn with_recorder(mut self, recorder: Recorder) -> Self {
        self.recorder = recorder;
        self
    }

    /// Weakenings, one method each.
    pub const fn dangerous(self) -> DangerousCsrf {
        DangerousCsrf(self)
    }
}

impl fmt::Debug for Csrf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Csrf")
            .field("public", &self.public)
            .field("trusted", &self.trusted)
            .field("exempt", &self.exempt)
            .field("tokens", &self.tokens)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}

/// Weakenings of a [`Csrf`] check, one method each.
#[derive(Debug)]
#[must_use]
pub struct DangerousCsrf(Csrf);

impl DangerousCsrf {
    /// Lets another origin make requests in a visitor's name, with all rights of the visitor.
    ///
    /// # Security
    /// Whoever finds a hole in that site has one in this.
    ///
    /// # Errors
    /// [`ConfigError`] for what is no origin.
    pub fn trusted_origin(mut self, origin: &str) -> Result<Csrf, ConfigError> {
        self.0.trusted.push(Origin::configured(origin)?);
        Ok(self.0)
    }

    /// Checks nothing on one route, given as the router writes it (`/webhooks/{provider}`): for callbacks that are
    /// authenticated by themselves. It is compared with the route that was matched, as a whole. A pattern that is matched
    /// a second time may exempt more than the router meant (Go's CVE-2025-47910).
    ///
    /// # Security
    /// Nothing on that route may act by a cookie.
    #[must_use]
    pub fn exempt_route(mut self, route: &str) -> Csrf {
        self.0.exempt.push(route.into());
        self.0
    }

    /// Refuses nothing, and tells an event where it would: to find out what enforcing would break.
    ///
    /// # Security
    /// Nothing is stopped.
    #[must_use]
    pub fn report_only(mut self) -> Csrf {
        self.0.mode = Mode::ReportOnly;
        self.0
    }
}
