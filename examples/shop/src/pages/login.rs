//! `/login`.
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use palisade::auth::{Authenticated, LoginRefused, LoginRefusedKind};
use palisade::core::{PrincipalKind, Refusal, Secret};
use palisade::session::Login;
use serde::Deserialize;

use super::form::{Fault, Field, Kind, summary};
use super::layout::page;
use super::next::Next;
use super::viewer::{Guest, Viewer};
use super::when;
use crate::device;
use crate::input::Form;
use crate::limits;
use crate::problem::Refused;
use crate::shop::Shop;

/// What somebody signs in with, and where they go on.
#[derive(Debug, Deserialize)]
pub(super) struct Attempt {
    email: String,
    password: Secret<String>,
    #[serde(default)]
    next: String,
}

/// The empty form, with a word about what was done before.
pub(super) async fn form(guest: Guest, RawQuery(query): RawQuery) -> Markup {
    let form = SignIn {
        viewer: guest.viewer(),
        next: Next::of_query(query.as_deref()),
        email: "",
    };
    form.page(None, notice(query.as_deref()))
}

/// Signs somebody in. The session gets a new id with it, so an id that was planted before is worth nothing.
pub(super) async fn submit(
    State(shop): State<Shop>,
    guest: Guest,
    headers: HeaderMap,
    Form(form): Form<Attempt>,
) -> Result<Response, Refused> {
    let next = Next::parse(&form.next);
    let attempt = shop.logins.authenticate(&form.email, form.password, guest.client);
    match attempt.await {
        Ok(authenticated) => {
            let login = login(authenticated).with_device(&device::name(&headers));
            shop.sessions.login(&guest.session, login).await?;
            Ok(Redirect::to(next.path()).into_response())
        }
        Err(refusal) => {
            let (viewer, email) = (guest.viewer(), form.email.as_str());
            let form = SignIn { viewer, next, email };
            refused(&form.viewer, refusal, |problem| form.page(Some(problem), None))
        }
    }
}

/// The login of somebody who has just proved who they are, and for how long. What is not known to be a customer lives
/// as short as staff.
pub(super) fn login(authenticated: Authenticated) -> Login {
    let lifetimes = match authenticated.kind() {
        PrincipalKind::Customer => limits::CUSTOMER_SESSION,
        PrincipalKind::Staff | PrincipalKind::Service | _ => limits::STAFF_SESSION,
    };
    Login::new(authenticated.into_principal()).with_lifetimes(lifetimes)
}

/// The form again, or the word to come back later. It never says which of address and password was wrong.
pub(super) fn refused(
    viewer: &Viewer,
    refusal: LoginRefused,
    form: impl FnOnce(&'static str) -> Markup,
) -> Result<Response, Refused> {
    let page = match refusal.kind() {
        LoginRefusedKind::Credentials => form(refusal.title()),
        LoginRefusedKind::Limited => limited(viewer, refusal.retry_after()),
        LoginRefusedKind::Overloaded | LoginRefusedKind::StoreDown | LoginRefusedKind::Internal | _ => {
            return Err(refusal.into());
        }
    };
    let mut response = (refusal.status(), page).into_response();
    refusal.extend_headers(response.headers_mut());
    Ok(response)
}

fn notice(query: Option<&str>) -> Option<&'static str> {
    match query?.split('&').next()? {
        "registered" => {
            Some("Thank you. If this address had no account yet, it has one now: sign in with your password.")
        }
        "reset" => {
            Some("Your password is changed, and you are signed out everywhere. Sign in with the new one.")
        }
        "reset-not-ended" => Some(
            "Your password is changed. Not every device could be signed out: sign in and end them in your account.",
        ),
        "signed-out" => Some("You are signed out."),
        _ => None,
    }
}

/// The form, as it is filled in.
struct SignIn<'a> {
    viewer: Viewer,
    next: Next,
    email: &'a str,
}

impl SignIn<'_> {
    fn page(&self, problem: Option<&'static str>, notice: Option<&str>) -> Markup {
        let email = Field {
            name: "email",
            label: "E-mail address",
            kind: Kind::Email(self.email),
            hint: None,
        };
        page(
            "Sign in",
            &self.viewer,
            &html! {
                div.narrow {
                    h1 { "Sign in" }
                    @if let Some(notice) = notice { div.notice role="status" { p { (notice) } } }
                    (summary(problem.map(|text| Fault { field: "email", text })))
                    form.panel method="post" action="/login" novalidate {
                        (self.viewer.token) (self.next)
                        (email.render(None))
                        (PASSWORD.render(None))
                        button type="submit" { "Sign in" }
                    }
                    p.after { a href="/forgot" { "Forgot your password?" } }
                p.after { "New here? " a href="/register" { "Register" } }
                }
            },
        )
    }
}

/// The password that somebody has.
pub(super) const PASSWORD: Field<'static> = Field {
    name: "password",
    label: "Password",
    kind: Kind::Password("current-password"),
    hint: None,
};

/// The word to come back later, to whoever tries too often.
pub(super) fn limited(viewer: &Viewer, retry_after: Option<Duration>) -> Markup {
    page(
        "Too many attempts",
        viewer,
        &html! {
            div.narrow {
                h1 { "Too many attempts" }
                p.lede {
                    "Somebody has tried to sign in too often, to this account or from your connection. "
                    "To keep guessers out, nobody can try for a moment, not even with the right password."
                }
                @if let Some(after) = retry_after {
                    div.notice role="status" { p { "You can try again in " strong { (when::wait(after)) } "." } }
                }
                p.after { a href="/login" { "Back to sign in" } }
            }
        },
    )
}
