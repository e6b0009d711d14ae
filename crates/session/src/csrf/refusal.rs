//! Why a request is refused.
use http::StatusCode;
use palisade_core::Refusal;

/// A request that another site may have made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .kind.text())]
pub struct CsrfRefused {
    kind: CsrfRefusedKind,
}

/// Why it is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CsrfRefusedKind {
    /// The browser says that another origin made it (`Sec-Fetch-Site`).
    CrossSite,
    /// A field that may occur once occurs more often.
    FieldRepeated,
    /// The form is larger than is looked through for a token.
    FormTooLarge,
    /// Its `Origin` is none of ours.
    OtherOrigin,
    /// It says nothing of where it comes from, and carries no token.
    TokenMissing,
    /// Its token is not the session's.
    TokenWrong,
}

impl CsrfRefusedKind {
    const fn text(self) -> &'static str {
        match self {
            Self::CrossSite => "the request comes from another site",
            Self::FieldRepeated => "a header field occurs more than once",
            Self::FormTooLarge => "the form is too large",
            Self::OtherOrigin => "the request comes from another origin",
            Self::TokenMissing => "the request needs a token",
            Self::TokenWrong => "the token does not match",
        }
    }

    /// The reason in events.
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::CrossSite => "cross_site",
            Self::FieldRepeated => "field_repeated",
            Self::FormTooLarge => "form_too_large",
            Self::OtherOrigin => "other_origin",
            Self::TokenMissing => "token_missing",
            Self::TokenWrong => "token_wrong",
        }
    }
}

impl CsrfRefused {
    pub(super) const fn new(kind: CsrfRefusedKind) -> Self {
        Self { kind }
    }

    /// Why.
    #[must_use]
    pub const fn kind(&self) -> CsrfRefusedKind {
        self.kind
    }
}

/// All kinds are answered alike, 403 with the code `csrf_refused`: what to try next is nothing to tell. Only a form that is
/// too large is 413.
impl Refusal for CsrfRefused {
    fn status(&self) -> StatusCode {
        match self.kind {
            CsrfRefusedKind::FormTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            CsrfRefusedKind::CrossSite
            | CsrfRefusedKind::FieldRepeated
            | CsrfRefusedKind::OtherOrigin
            | CsrfRefusedKind::TokenMissing
            | CsrfRefusedKind::TokenWrong => StatusCode::FORBIDDEN,
        }
    }

    fn code(&self) -> &'static str {
        match self.kind {
            CsrfRefusedKind::FormTooLarge => "form_too_large",
            CsrfRefusedKind::CrossSite
            | CsrfRefusedKind::FieldRepeated
            | CsrfRefusedKind::OtherOrigin
            | CsrfRefusedKind::TokenMissing
            | CsrfRefusedKind::TokenWrong => "csrf_refused",
        }
    }
}
