//! Reads what clients send, and refuses it in the shop's own words.
use axum::extract::rejection::{FormRejection, JsonRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// A JSON body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Json<T>(pub(crate) T);

/// The body of an HTML form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form<T>(pub(crate) T);

/// The last part of a path, as UTF-8.
#[derive(Clone, Debug)]
pub(crate) struct Slug(pub(crate) String);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let read = axum::Json::from_request(request, state).await;
        read.map(|axum::Json(value)| Self(value))
            .map_err(|rejection: JsonRejection| refusal(rejection.status()))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let read = axum::Form::from_request(request, state).await;
        read.map(|axum::Form(value)| Self(value))
            .map_err(|rejection: FormRejection| refusal(rejection.status()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Slug {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = Path::<String>::from_request_parts(parts, state).await;
        read.map(|Path(slug)| Self(slug)).map_err(|_| Problem::NOT_FOUND)
    }
}

/// What was wrong, by status alone: the parser's words quote the input and stay here.
fn refusal(status: StatusCode) -> Problem {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::BODY_TOO_LARGE,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::MEDIA_TYPE,
        StatusCode::UNPROCESSABLE_ENTITY => Problem::FIELDS,
        _ => Problem::MALFORMED,
    }
}
