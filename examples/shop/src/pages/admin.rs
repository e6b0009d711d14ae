//! `/admin`: the accounts, and the end of all that one of them is signed in with.
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Redirect;
use maud::{Markup, html};
use palisade::core::Subject;
use palisade::rbac::Allowed;
use serde::Deserialize;

use super::layout::page;
use super::token::Token;
use super::viewer::Viewer;
use crate::access::{ListUsers, RevokeUser};
use crate::db::User;
use crate::input::Form;
use crate::limits;
use crate::problem::{Problem, Refused};
use crate::shop::Shop;

/// Where the page begins, and a word about what was done before.
#[derive(Debug, Deserialize)]
pub(super) struct Place {
    after: Option<String>,
    ended: Option<String>,
}

/// A page of accounts, by their ids.
pub(super) async fn show(
    State(shop): State<Shop>,
    allowed: Allowed<ListUsers>,
    viewer: Viewer,
    place: Result<Query<Place>, QueryRejection>,
) -> Result<Markup, Refused> {
    let Query(Place { after, ended }) = place.map_err(|_| Problem::FIELDS)?;
    let after = after.map(Subject::new).transpose().map_err(|_| Problem::FIELDS)?;
    let users = shop.db.users(&allowed, after).await?;
    let last = users.last().filter(|_| users.len() >= limits::PAGE.into());
    Ok(page(
        "Accounts",
        &viewer,
        &html! {
            div.medium {
                h1 { "Accounts" }
                @if ended.is_some() {
                    div.notice role="status" { p { "The account is signed out everywhere." } }
                }
                ul.list { @for user in &users { li { (entry(user, &viewer.token)) } } }
                @if let Some(last) = last { p.after { a href={ "/admin?after=" (last.id.as_str()) } { "More accounts" } } }
            }
        },
    ))
}

/// The account that is to be signed out.
#[derive(Debug, Deserialize)]
pub(super) struct Chosen {
    account: String,
}

/// Ends every session and every token of an account. Whoever knows its password can sign in again.
pub(super) async fn revoke(
    State(shop): State<Shop>,
    allowed: Allowed<RevokeUser>,
    Form(chosen): Form<Chosen>,
) -> Result<Redirect, Refused> {
    let account = Subject::new(chosen.account).map_err(|_| Problem::NOT_FOUND)?;
    shop.revoke(&allowed, &account).await?;
    Ok(Redirect::to("/admin?ended"))
}

fn entry(user: &User, token: &Token) -> Markup {
    html! {
        div.about {
            strong { (user.email) }
            span.badge { (user.role.as_str()) }
            @if let Some(tenant) = &user.tenant { p { "Sells for " (tenant.as_str()) } }
        }
        form method="post" action="/admin/revoke" {
            (token)
            input type="hidden" name="account" value=(user.id.as_str());
            button.quiet.small type="submit" aria-label={ "Sign out " (user.email) " everywhere" } { "Sign out everywhere" }
        }
    }
}
