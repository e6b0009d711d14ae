//! What a request that failed is told.
use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use palisade::core::{ProblemDetails, Refusal, Respond};

use crate::db::DbError;

/// A refusal of the shop itself, answered as problem details (RFC 9457). All its texts are constants.
///
/// Outside the API it becomes a page; see [`present`](crate::present).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
}

macro_rules! problems {
    ($($name:ident: $status:ident, $code:literal, $title:literal;)+) => {
        impl Problem {
            $(pub(crate) const $name: Self =
                Self { status: StatusCode::$status, code: $code, title: $title };)+
        }
    };
}

problems! {
    BODY_TOO_LARGE: PAYLOAD_TOO_LARGE, "body_too_large", "The request body is too large";
    EMAIL: UNPROCESSABLE_ENTITY, "email_invalid", "The e-mail address is not one";
    FIELDS: UNPROCESSABLE_ENTITY, "unexpected_fields", "A field is missing, doubled or of the wrong type";
    HOST: BAD_REQUEST, "host_invalid", "The request names no host, or more than one";
    INTERNAL: INTERNAL_SERVER_ERROR, "internal", "Something went wrong here";
    ITEMS: UNPROCESSABLE_ENTITY, "order_items_invalid", "An order has 1 to 20 different articles, and at most 99 pieces of each";
    KEY: BAD_REQUEST, "idempotency_key_invalid", "An Idempotency-Key is one value of 1 to 64 visible characters";
    KEY_MISSING: BAD_REQUEST, "idempotency_key_missing", "The field Idempotency-Key is missing";
    KEY_REUSED: UNPROCESSABLE_ENTITY, "idempotency_key_reused", "The Idempotency-Key was used for another order";
    MAKERS: UNPROCESSABLE_ENTITY, "several_makers", "An order has the articles of one maker only";
    MALFORMED: BAD_REQUEST, "malformed_body", "The request body cannot be read";
    MEDIA_TYPE: UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "The request body is of another type than expected";
    METHOD: METHOD_NOT_ALLOWED, "method_not_allowed", "The method is not allowed here";
    NOT_FOUND: NOT_FOUND, "not_found", "There is nothing here";
    NOT_PAID: CONFLICT, "order_not_paid", "Only a paid order can be refunded";
    SIGN_IN: UNAUTHORIZED, "authentication_required", "Sign in again";
    SKU: UNPROCESSABLE_ENTITY, "sku_unknown", "An article is not in the catalogue";
    TIMED_OUT: REQUEST_TIMEOUT, "timed_out", "The request took too long";
    TOTAL: UNPROCESSABLE_ENTITY, "total_too_large", "The order comes to more than an amount can be";
    TOTAL_CHANGED: CONFLICT, "total_changed", "The order comes to another total than was shown";
}

impl Refusal for Problem {
    fn status(&self) -> StatusCode {
        self.status
    }

    fn code(&self) -> &'static str {
        self.code
    }

    fn title(&self) -> &'static str {
        self.title
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        Refused::from(self).into_response()
    }
}

/// Any refusal, of a layer, of a service or of the shop, as the response that a handler ends with.
#[derive(Debug)]
pub(crate) struct Refused(Box<Response>);

impl<R: Refusal> From<R> for Refused {
    fn from(refusal: R) -> Self {
        let mut response = Respond::<R, Body>::respond(&ProblemDetails::default(), &refusal);
        // As layers do: who presents it to people looks at what it was.
        response.extensions_mut().insert(refusal);
        Self(Box::new(response))
    }
}

/// What the database says is for the log; the client hears that something went wrong.
impl From<DbError> for Refused {
    fn from(error: DbError) -> Self {
        tracing::error!(%error, "a request failed");
        Self::from(Problem::INTERNAL)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        *self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;

    #[test]
    fn texts_tell_the_limits_that_are_in_force() {
        let cases = [
            (Problem::ITEMS, u64::try_from(limits::ORDER_ITEMS).unwrap()),
            (Problem::ITEMS, limits::ORDER_QUANTITY.into()),
            (Problem::KEY, u64::try_from(limits::KEY).unwrap()),
        ];
        for (problem, limit) in cases {
            let mut words = problem.title.split(' ');
            assert!(
                words.any(|word| word == limit.to_string()),
                "{limit}: {}",
                problem.title
            );
        }
    }
}
