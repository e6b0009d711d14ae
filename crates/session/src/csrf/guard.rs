//! The check as one for the core's guard.
use palisade_core::{Check, Head};

use super::{Csrf, CsrfPassed, CsrfRefused, Submission, form};
use crate::Session;

impl Csrf {
    /// What the decision reads of a request's head: its session is in the extensions, left there by the session layer.
    pub(super) fn submission<'a>(&self, head: &Head<'a>) -> Submission<'a, http::HeaderMap> {
        Submission::new(head.method().as_str(), head.headers())
            .with_route(self.route_of.and_then(|route_of| route_of(head)))
            .with_session(head.extensions().get::<Session>())
    }
}

impl Submission<'_, http::HeaderMap> {
    /// Whether a token may stand in the body, and would count.
    pub(super) fn may_have_a_form(&self) -> bool {
        self.session.is_some_and(|session| session.seed().is_some()) && form::is_form(self.headers)
    }
}

/// For `GuardLayer`: whatever the body is, a token counts in the header field only.
impl Check for Csrf {
    type Witness = CsrfPassed;
    type Refusal = CsrfRefused;

    fn check(&self, head: &Head<'_>) -> Result<CsrfPassed, CsrfRefused> {
        Self::check(self, &self.submission(head))
    }
}
