//! Extractors, and the refusal as a response.
use axum::extract::{FromRef, FromRequestParts};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use palisade_core::{Principal, ProblemDetails, Respond};

use crate::{Action, Allowed, Authority, Found, Refused, Who};

/// The witness of an action without an object, as an argument of a handler: it is decided here, so that the handler cannot be
/// reached without it, whatever layers there are. The state gives the [`Authority`].
impl<S, A> FromRequestParts<S> for Allowed<A, ()>
where
    A: Action<Resource = ()>,
    S: Send + Sync,
    Authority: FromRef<S>,
{
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        let principal = parts.extensions.get::<Principal>().ok_or_else(Refused::sign_in)?;
        let who = Who {
            principal,
            found: parts.extensions.get::<Found>(),
        };
        Authority::from_ref(state).allow(who)
    }
}

/// Problem details, with the refusal in the response's extensions: a handler returns `Result<_, Refused>` and uses `?`.
impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response: Response = ProblemDetails::default().respond(&self);
        response.extensions_mut().insert(self);
        response
    }
}
