//! `/admin`: the accounts.
use axum::extract::State;
use maud::{Markup, html};
use palisade::rbac::Allowed;

use super::layout::page;
use super::viewer::Viewer;
use crate::access::ListUsers;
use crate::db::User;
use crate::limits;
use crate::problem::Refused;
use crate::shop::Shop;

/// The first accounts, by their ids; the API has the rest.
pub(super) async fn show(
    State(shop): State<Shop>,
    allowed: Allowed<ListUsers>,
    viewer: Viewer,
) -> Result<Markup, Refused> {
    let users = shop.db.users(&allowed, None).await?;
    Ok(page(
        "Accounts",
        &viewer,
        &html! {
            div.medium {
                h1 { "Accounts" }
                @if users.len() >= limits::PAGE.into() {
                    p.lede { "The first " (limits::PAGE) ". Programs get all of them, page by page, from the API." }
                }
                ul.list { @for user in &users { li { (entry(user)) } } }
            }
        },
    ))
}

fn entry(user: &User) -> Markup {
    html! {
        div.about {
            strong { (user.email) }
            span.badge { (user.role.as_str()) }
            @if let Some(tenant) = &user.tenant { p { "Sells for " (tenant.as_str()) } }
        }
    }
}
