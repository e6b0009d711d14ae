//! The witness of a request that passed.
use super::CsrfRefusedKind;

/// Says that a request was looked at, and let through. Only the check makes one; the layer leaves it in the request's
/// extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct CsrfPassed(CsrfPassedBy);

impl CsrfPassed {
    pub(super) const fn new(by: CsrfPassedBy) -> Self {
        Self(by)
    }

    /// What let it through.
    #[must_use]
    pub const fn by(&self) -> CsrfPassedBy {
        self.0
    }
}

/// What let a request through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CsrfPassedBy {
    /// It carries a bearer token and no cookie.
    Bearer,
    /// Its route is exempt.
    ExemptRoute,
    /// It carries nothing that a browser adds by itself.
    NoCookie,
    /// Its `Origin` is one of ours.
    Origin,
    /// It would be refused, but refusals are only reported.
    ReportOnly(CsrfRefusedKind),
    /// Its method changes nothing.
    SafeMethod,
    /// The browser says that the same origin made it, or its user.
    SameOrigin,
    /// It carries the session's token.
    Token,
    /// Its `Origin` is one that is trusted.
    TrustedOrigin,
}
