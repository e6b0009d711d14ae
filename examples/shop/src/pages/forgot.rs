//! `/forgot` and `/reset`: a new password for who forgot the old one.
use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use palisade::auth::{RenewalRefused, RenewalRefusedKind};
use palisade::core::{ClientAddr, Refusal, Secret};
use serde::Deserialize;

use super::form::{Fault, Field, Kind, summary};
use super::layout::page;
use super::login::limited;
use super::viewer::{Viewer, Visitor};
use crate::input::{Form, Slug};
use crate::problem::Refused;
use crate::reset::Ended;
use crate::shop::Shop;

/// Whose password is forgotten.
#[derive(Debug, Deserialize)]
pub(super) struct Forgotten {
    email: String,
}

/// The token of the link, and the password that is to come.
#[derive(Debug, Deserialize)]
pub(super) struct Renewal {
    token: Secret<String>,
    new: Secret<String>,
}

/// The form that asks for the address.
pub(super) async fn ask(visitor: Visitor) -> Markup {
    let email = Field {
        name: "email",
        label: "E-mail address",
        kind: Kind::Email(""),
        hint: Some("We will send a link to it."),
    };
    let viewer = visitor.viewer();
    narrow(
        "Forgot your password?",
        &viewer,
        &html! {
            form.panel method="post" action="/forgot" novalidate {
                (viewer.token)
                (email.render(None))
                button type="submit" { "Send the link" }
            }
            p.after { a href="/login" { "Back to sign in" } }
        },
    )
}

/// One answer for every address, with an account or without.
pub(super) async fn send(
    State(shop): State<Shop>,
    visitor: Visitor,
    Extension(client): Extension<ClientAddr>,
    Form(form): Form<Forgotten>,
) -> Result<Response, Refused> {
    let viewer = visitor.viewer();
    match shop.forgot(&form.email, client).await {
        Ok(()) => Ok(sent(&viewer).into_response()),
        Err(refused) => answer(&viewer, refused, None),
    }
}

/// The form behind the link. Opening it uses nothing up: programs that look into mails open links, too.
pub(super) async fn choose(
    State(shop): State<Shop>,
    visitor: Visitor,
    Slug(token): Slug,
) -> Result<Response, Refused> {
    let (viewer, token) = (visitor.viewer(), Secret::new(token));
    match shop.resets.check(token.expose()).await {
        Ok(()) => Ok(filled(&viewer, &token, None).into_response()),
        Err(refused) => answer(&viewer, refused, None),
    }
}

/// Takes the new password. Then everybody signs in with it, on every device.
pub(super) async fn submit(
    State(shop): State<Shop>,
    visitor: Visitor,
    Extension(client): Extension<ClientAddr>,
    Form(Renewal { token, new }): Form<Renewal>,
) -> Result<Response, Refused> {
    let viewer = visitor.viewer();
    match shop.reset(token.expose(), new, client).await {
        Ok(Ended::Everybody) => Ok(Redirect::to("/login?reset").into_response()),
        Ok(Ended::NotAll) => Ok(Redirect::to("/login?reset-not-ended").into_response()),
        Err(refused) => answer(&viewer, refused, Some(&token)),
    }
}

/// What is wrong, and what to do about it.
fn answer(
    viewer: &Viewer,
    refused: RenewalRefused,
    token: Option<&Secret<String>>,
) -> Result<Response, Refused> {
    let page = match (refused.kind(), token) {
        (RenewalRefusedKind::Limited, _) => limited(viewer, refused.retry_after()),
        (RenewalRefusedKind::InvalidToken, _) => void(viewer, refused.title()),
        (RenewalRefusedKind::Refused(_), Some(token)) => {
            let fault = Fault {
                field: "new",
                text: refused.title(),
            };
            filled(viewer, token, Some(fault))
        }
        _ => return Err(refused.into()),
    };
    let mut response = (refused.status(), page).into_response();
    refused.extend_headers(response.headers_mut());
    Ok(response)
}

fn filled(viewer: &Viewer, token: &Secret<String>, fault: Option<Fault>) -> Markup {
    let new = Field {
        name: "new",
        label: "Your new password",
        kind: Kind::Password("new-password"),
        hint: Some(super::register::PASSWORD_HINT),
    };
    narrow(
        "Choose a new password",
        viewer,
        &html! {
            (summary(fault))
            form.panel method="post" action="/reset" novalidate {
                (viewer.token)
                input type="hidden" name="token" value=(token.expose());
                (new.render(fault))
                button type="submit" { "Change it" }
            }
        },
    )
}

fn sent(viewer: &Viewer) -> Markup {
    narrow(
        "Look into your mail",
        viewer,
        &html! {
            p.lede { "If that address has an account, a link to choose a new password is on its way to it. It is good for half an hour." }
            p.after { a href="/login" { "Back to sign in" } }
        },
    )
}

fn void(viewer: &Viewer, word: &str) -> Markup {
    narrow(
        "This link is void",
        viewer,
        &html! {
            p.lede { (word) }
            p.after { a href="/forgot" { "Ask for a new link" } }
        },
    )
}

fn narrow(title: &str, viewer: &Viewer, content: &Markup) -> Markup {
    page(title, viewer, &html! { div.narrow { h1 { (title) } (content) } })
}
