//! `/register`.
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::form::{Fault, Field, Kind, summary};
use super::layout::page;
use super::viewer::{Guest, Viewer};
use crate::input::Form;
use crate::problem::Refused;
use crate::register::Credentials;
use crate::shop::Shop;

/// The empty form.
pub(super) async fn form(guest: Guest) -> Markup {
    filled(&guest.viewer(), "", None)
}

/// Registers somebody and sends them to sign in; the same way for an address that is taken.
pub(super) async fn submit(
    State(shop): State<Shop>,
    guest: Guest,
    Form(form): Form<Credentials>,
) -> Result<Response, Refused> {
    let (viewer, email) = (guest.viewer(), form.email.clone());
    match shop.register(form, Some(guest.client)).await {
        Ok(()) => Ok(Redirect::to("/login?registered").into_response()),
        Err(refused) => {
            let (field, text) = refused.fault().ok_or(refused)?;
            let page = filled(&viewer, &email, Some(Fault { field, text }));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

/// What makes a good password.
pub(super) const PASSWORD_HINT: &str =
    "At least 15 characters. A few words that only you would put together do well.";

fn filled(viewer: &Viewer, email: &str, fault: Option<Fault>) -> Markup {
    let email = Field {
        name: "email",
        label: "E-mail address",
        kind: Kind::Email(email),
        hint: None,
    };
    let password = Field {
        name: "password",
        label: "Password",
        kind: Kind::Password("new-password"),
        hint: Some(PASSWORD_HINT),
    };
    page(
        "Register",
        viewer,
        &html! {
            div.narrow {
                h1 { "Register" }
                (summary(fault))
                form.panel method="post" action="/register" novalidate {
                    (viewer.token)
                    (email.render(fault))
                    (password.render(fault))
                    button type="submit" { "Create account" }
                }
                p.after { "Registered before? " a href="/login" { "Sign in" } }
            }
        },
    )
}
