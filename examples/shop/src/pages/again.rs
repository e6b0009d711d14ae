//! `/login/again`: somebody who is signed in proves once more that it is them.
use axum::Extension;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use palisade::core::{ClientAddr, Secret};
use serde::Deserialize;

use super::form::{Fault, summary};
use super::layout::page;
use super::login;
use super::next::Next;
use super::viewer::{SignedIn, Viewer};
use crate::device;
use crate::input::Form;
use crate::problem::{Problem, Refused};
use crate::shop::Shop;

/// The password, and where somebody goes on.
#[derive(Debug, Deserialize)]
pub(super) struct Attempt {
    password: Secret<String>,
    #[serde(default)]
    next: String,
}

/// The empty form.
pub(super) async fn form(
    State(shop): State<Shop>,
    who: SignedIn,
    RawQuery(query): RawQuery,
) -> Result<Markup, Refused> {
    let email = email(&shop, &who).await?;
    let next = Next::of_query(query.as_deref());
    Ok(filled(&who.viewer(), &email, next, None))
}

/// Signs the same account in anew, with a new id, through the same funnel and under the same limits as any other attempt: who
/// found a screen that was left cannot guess more often here than elsewhere.
pub(super) async fn submit(
    State(shop): State<Shop>,
    who: SignedIn,
    (Extension(client), headers): (Extension<ClientAddr>, HeaderMap),
    Form(form): Form<Attempt>,
) -> Result<Response, Refused> {
    let (email, next) = (email(&shop, &who).await?, Next::parse(&form.next));
    match shop.logins.authenticate(&email, form.password, client).await {
        Ok(authenticated) if authenticated.subject() == who.principal.subject() => {
            let login = login::login(authenticated).with_device(&device::name(&headers));
            shop.sessions.login(&who.session, login).await?;
            Ok(Redirect::to(next.path()).into_response())
        }
        // The address has gone to another account meanwhile.
        Ok(_) => Err(Problem::NOT_FOUND.into()),
        Err(refusal) => {
            let viewer = who.viewer();
            login::refused(&viewer, refusal, |problem| {
                filled(&viewer, &email, next, Some(problem))
            })
        }
    }
}

/// The address of whoever is signed in. Nobody is asked for it, so nobody signs in as somebody else here.
async fn email(shop: &Shop, who: &SignedIn) -> Result<String, Refused> {
    let profile = shop.db.profile(who.principal.subject()).await?;
    Ok(profile.ok_or(Problem::NOT_FOUND)?.email)
}

fn filled(viewer: &Viewer, email: &str, next: Next, problem: Option<&'static str>) -> Markup {
    page(
        "Sign in again",
        viewer,
        &html! {
            div.narrow {
                h1 { "Is it still you?" }
                p.lede { "What you are about to do asks for your password once more. You are signed in as " strong { (email) } "." }
                (summary(problem.map(|text| Fault { field: "password", text })))
                form.panel method="post" action="/login/again" novalidate {
                    (viewer.token) (next)
                    (login::PASSWORD.render(None))
                    button type="submit" { "Go on" }
                }
            }
        },
    )
}
