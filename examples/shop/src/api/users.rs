//! `GET /api/v1/admin/users`: all accounts, a page at a time. `POST /api/v1/admin/users/{id}/revoke`: the end of all that one of them
//! is signed in with.
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use palisade::core::Subject;
use palisade::rbac::Allowed;
use serde::{Deserialize, Serialize};

use crate::access::{ListUsers, RevokeUser};
use crate::db;
use crate::input::Slug;
use crate::limits;
use crate::problem::{Problem, Refused};
use crate::shop::Shop;

/// A page of accounts; `next` is what `after` has to be for the next one.
#[derive(Serialize)]
pub(super) struct Users {
    users: Vec<User>,
    next: Option<String>,
}

#[derive(Serialize)]
struct User {
    id: String,
    email: String,
    role: &'static str,
    tenant: Option<String>,
}

/// Where the page begins: behind the account of this id.
#[derive(Deserialize)]
pub(super) struct Place {
    after: Option<String>,
}

pub(super) async fn list(
    State(shop): State<Shop>,
    allowed: Allowed<ListUsers>,
    place: Result<Query<Place>, QueryRejection>,
) -> Result<Json<Users>, Refused> {
    let Query(Place { after }) = place.map_err(|_| Problem::FIELDS)?;
    let after = after.map(Subject::new).transpose().map_err(|_| Problem::FIELDS)?;
    let users = shop.db.users(&allowed, after).await?;
    let last = users.last().filter(|_| users.len() >= limits::PAGE.into());
    Ok(Json(Users {
        next: last.map(|last| last.id.as_str().to_owned()),
        users: users.into_iter().map(User::from).collect(),
    }))
}

pub(super) async fn revoke(
    State(shop): State<Shop>,
    allowed: Allowed<RevokeUser>,
    Slug(id): Slug,
) -> Result<StatusCode, Refused> {
    let account = Subject::new(id).map_err(|_| Problem::NOT_FOUND)?;
    shop.revoke(&allowed, &account).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<db::User> for User {
    fn from(user: db::User) -> Self {
        Self {
            id: user.id.as_str().to_owned(),
            email: user.email,
            role: user.role.as_str(),
            tenant: user.tenant.map(|tenant| tenant.as_str().to_owned()),
        }
    }
}
