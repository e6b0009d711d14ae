//! `/account/password`.
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use palisade::auth::{ChangeRequest, RenewalRefused, RenewalRefusedKind};
use palisade::core::{ClientAddr, Refusal, Secret};
use serde::Deserialize;

use super::form::{Fault, Field, Kind, summary};
use super::layout::page;
use super::login::limited;
use super::viewer::{SignedIn, Viewer};
use crate::input::Form;
use crate::problem::Refused;
use crate::shop::Shop;

/// The two passwords.
#[derive(Debug, Deserialize)]
pub(super) struct Passwords {
    current: Secret<String>,
    new: Secret<String>,
}

/// The empty form. Whoever has not shown lately who they are does that first, and need not fill it in twice.
pub(super) async fn form(State(shop): State<Shop>, who: SignedIn) -> Result<Response, Refused> {
    match shop.changes.admit(&who.principal) {
        Ok(()) => Ok(filled(&who.viewer(), None).into_response()),
        Err(refused) => again(&who.viewer(), refused),
    }
}

/// Changes the password and ends whatever else the account is signed in with.
pub(super) async fn submit(
    State(shop): State<Shop>,
    who: SignedIn,
    Extension(client): Extension<ClientAddr>,
    Form(Passwords { current, new }): Form<Passwords>,
) -> Result<Response, Refused> {
    let request = ChangeRequest { current, new };
    match shop.changes.change(&who.principal, request, client).await {
        Ok(_changed) => {
            // The password is changed, whatever comes of the rest: whoever could not be signed out is still on the list.
            let ended = shop.end_everything_else(&who.session).await;
            let word = ended.map_or("others-remain", |()| "password-changed");
            Ok(Redirect::to(&format!("/account?{word}")).into_response())
        }
        Err(refused) => again(&who.viewer(), refused),
    }
}

/// The form again, with what is wrong; or what is to be done first.
fn again(viewer: &Viewer, refused: RenewalRefused) -> Result<Response, Refused> {
    let fault = |field| {
        filled(
            viewer,
            Some(Fault {
                field,
                text: refused.title(),
            }),
        )
    };
    let page = match refused.kind() {
        RenewalRefusedKind::Stale => return Ok(Redirect::to(AGAIN).into_response()),
        RenewalRefusedKind::Limited => limited(viewer, refused.retry_after()),
        RenewalRefusedKind::Refused(_) => fault("new"),
        RenewalRefusedKind::WrongPassword => fault("current"),
        RenewalRefusedKind::Conflict
        | RenewalRefusedKind::InvalidToken
        | RenewalRefusedKind::Internal
        | RenewalRefusedKind::OnBehalf
        | RenewalRefusedKind::Overloaded
        | RenewalRefusedKind::Unavailable
        | _ => return Err(refused.into()),
    };
    let mut response = (refused.status(), page).into_response();
    refused.extend_headers(response.headers_mut());
    Ok(response)
}

fn filled(viewer: &Viewer, fault: Option<Fault>) -> Markup {
    page(
        "Change your password",
        viewer,
        &html! {
            div.narrow {
                h1 { "Change your password" }
                p.lede { "Wherever else you are signed in, you will be signed out." }
                (summary(fault))
                form.panel method="post" action="/account/password" novalidate {
                    (viewer.token)
                    (CURRENT.render(fault))
                    (NEW.render(fault))
                    button type="submit" { "Change it" }
                }
                p.after { a href="/account" { "Back to your account" } }
            }
        },
    )
}

/// The form that asks once more who somebody is, and leads back here.
const AGAIN: &str = "/login/again?next=/account/password";

const CURRENT: Field<'static> = Field {
    name: "current",
    label: "Your password now",
    kind: Kind::Password("current-password"),
    hint: None,
};

const NEW: Field<'static> = Field {
    name: "new",
    label: "Your new password",
    kind: Kind::Password("new-password"),
    hint: Some(super::register::PASSWORD_HINT),
};
