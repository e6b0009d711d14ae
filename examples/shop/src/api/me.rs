//! `/api/v1/me`: who calls, and where else they are signed in.
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use palisade::auth::{ListedFamily, VerifiedToken};
use palisade::core::TokenRef;
use palisade::session::Listed;
use serde::Serialize;

use crate::input::Slug;
use crate::problem::{Problem, Refused};
use crate::shop::Shop;

#[derive(Serialize)]
pub(super) struct Me {
    id: String,
    email: String,
    role: &'static str,
    tenant: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Sessions {
    sessions: Vec<Session>,
}

/// One place where the account is signed in. Times are seconds since the Unix epoch.
#[derive(Serialize)]
struct Session {
    id: String,
    kind: &'static str,
    device: String,
    network: Option<String>,
    created: u64,
    last_seen: u64,
    current: bool,
}

/// Who the token names, as the account is now.
pub(super) async fn show(
    State(shop): State<Shop>,
    Extension(token): Extension<VerifiedToken>,
) -> Result<Json<Me>, Refused> {
    let subject = token.principal().subject();
    let profile = shop.db.profile(subject).await?.ok_or(Problem::SIGN_IN)?;
    Ok(Json(Me {
        id: subject.as_str().to_owned(),
        email: profile.email,
        role: profile.role.as_str(),
        tenant: profile.tenant.map(|tenant| tenant.as_str().to_owned()),
    }))
}

/// Browsers and programs, each kind with the last used first.
pub(super) async fn sessions(
    State(shop): State<Shop>,
    Extension(token): Extension<VerifiedToken>,
) -> Result<Json<Sessions>, Refused> {
    let (subject, this) = (token.principal().subject(), family(&token));
    let browsers = shop.sessions.list(subject).await?;
    let programs = shop.tokens.list(subject).await?;
    let programs = programs.iter().map(|program| Session {
        current: this == Some(program.reference()),
        ..program.into()
    });
    let sessions = browsers.iter().map(Session::from).chain(programs).collect();
    Ok(Json(Sessions { sessions }))
}

/// Ends one of them. One that is over already, or of somebody else, is not there to be ended.
pub(super) async fn end(
    State(shop): State<Shop>,
    Extension(token): Extension<VerifiedToken>,
    Slug(id): Slug,
) -> Result<StatusCode, Refused> {
    let (subject, id) = (
        token.principal().subject(),
        TokenRef::parse(id.as_bytes()).map_err(|_| Problem::NOT_FOUND)?,
    );
    if shop.tokens.end(subject, id).await? || shop.sessions.end(subject, id).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::NOT_FOUND.into())
}

/// The family that an access token comes from.
pub(super) fn family(token: &VerifiedToken) -> Option<TokenRef> {
    TokenRef::parse(token.session()?.as_bytes()).ok()
}

impl From<&Listed> for Session {
    fn from(browser: &Listed) -> Self {
        Self {
            id: browser.reference().to_string(),
            kind: "browser",
            device: browser.device().unwrap_or("Unknown device").to_owned(),
            network: browser.network().map(|network| network.to_string()),
            created: browser.created().as_secs(),
            last_seen: browser.last_seen().as_secs(),
            current: false,
        }
    }
}

impl From<&ListedFamily> for Session {
    fn from(program: &ListedFamily) -> Self {
        Self {
            id: program.reference().to_string(),
            kind: "program",
            device: program.device().as_str().to_owned(),
            network: None,
            created: program.created().as_secs(),
            last_seen: program.last_used().as_secs(),
            current: false,
        }
    }
}
