//! `/api/v1/auth`: signing in and out, for programs that keep tokens.
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json as Answer};
use palisade::auth::VerifiedToken;
use palisade::core::{ClientAddr, Principal, Secret, TokenRef};
use serde::{Deserialize, Serialize};

use crate::device;
use crate::input::Json;
use crate::problem::{Problem, Refused};
use crate::register::Credentials;
use crate::shop::Shop;

/// An access token and what renews it, RFC 6749 section 5.1. No cache keeps it: the shop's answers are not stored unless they say so.
#[derive(Serialize)]
pub(super) struct Pair {
    access_token: String,
    refresh_token: String,
    token_type: &'static str,
    expires_in: u64,
}

/// What a program was given before.
#[derive(Deserialize)]
pub(super) struct Renewal {
    refresh_token: Secret<String>,
}

/// Signs in. One answer for every wrong pair of address and password, after the same work.
pub(super) async fn login(
    State(shop): State<Shop>,
    client: Option<Extension<ClientAddr>>,
    headers: HeaderMap,
    Json(credentials): Json<Credentials>,
) -> Result<Answer<Pair>, Refused> {
    // Without the layers nobody is let near a password.
    let Extension(client) = client.ok_or(Problem::INTERNAL)?;
    let attempt = shop
        .logins
        .authenticate(&credentials.email, credentials.password, client);
    let principal = attempt.await?.into_principal();
    let (refresh, family) = shop.tokens.begin(&principal, &device::name(&headers)).await?;
    pair(&shop, &principal, (refresh, family))
}

/// Gives a new pair for the last refresh token. The account is read anew: what it may do now counts, not what it might do when
/// somebody signed in.
pub(super) async fn refresh(
    State(shop): State<Shop>,
    Json(renewal): Json<Renewal>,
) -> Result<Answer<Pair>, Refused> {
    let refreshed = shop.tokens.refresh(&renewal.refresh_token).await?;
    let then = refreshed.principal();
    let profile = shop.db.profile(then.subject()).await?;
    let now = profile.ok_or(Problem::SIGN_IN)?.principal(then);
    pair(&shop, &now, (refreshed.token().clone(), refreshed.family()))
}

/// Ends the family that the access token comes from.
pub(super) async fn logout(
    State(shop): State<Shop>,
    Extension(token): Extension<VerifiedToken>,
) -> Result<StatusCode, Refused> {
    let family = super::me::family(&token).ok_or(Problem::SIGN_IN)?;
    shop.tokens.end(token.principal().subject(), family).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends everything that the account is signed in with, in browsers too.
pub(super) async fn logout_all(
    State(shop): State<Shop>,
    Extension(token): Extension<VerifiedToken>,
) -> Result<StatusCode, Refused> {
    shop.end_everything(token.principal().subject()).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn pair(
    shop: &Shop,
    principal: &Principal,
    (refresh, family): (Secret<String>, TokenRef),
) -> Result<Answer<Pair>, Refused> {
    let (access, lifetime) = shop.tokens.issue(principal, family)?;
    Ok(Answer(Pair {
        access_token: access.expose().clone(),
        refresh_token: refresh.expose().clone(),
        token_type: "Bearer",
        expires_in: lifetime.as_secs(),
    }))
}
