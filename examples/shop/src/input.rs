//! Reads what clients send, and refuses it in the shop's own words.
use axum::body::HttpBody;
use axum::extract::rejection::{FormRejection, JsonRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use palisade::core::Principal;
use serde::de::DeserializeOwned;

use crate::limits;
use crate::object::Object;
use crate::problem::Problem;

/// A JSON body, which is an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Json<T>(pub(crate) T);

/// The body of an HTML form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form<T>(pub(crate) T);

/// Whoever calls: the rule of the route has let them in.
#[derive(Clone, Debug)]
pub(crate) struct Caller(pub(crate) Principal);

/// One part of a path, as UTF-8.
#[derive(Clone, Debug)]
pub(crate) struct Slug(pub(crate) String);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        announced(&request)?;
        let read = axum::Json::<Object<T>>::from_request(request, state).await;
        read.map(|axum::Json(Object(value))| Self(value))
            .map_err(|rejection: JsonRejection| refusal(rejection.status()))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        announced(&request)?;
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

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let principal = parts.extensions.get::<Principal>().cloned();
        // A route of somebody is never without them; if it were, nobody would be let in.
        principal.map(Self).ok_or(Problem::INTERNAL)
    }
}

/// Refuses a body whose announced length is too much, before any of it has come. Those that announce nothing are counted
/// while they are read.
fn announced(request: &Request) -> Result<(), Problem> {
    let length = usize::try_from(request.body().size_hint().lower());
    if length.is_ok_and(|length| length <= limits::BODY) {
        Ok(())
    } else {
        Err(Problem::BODY_TOO_LARGE)
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
