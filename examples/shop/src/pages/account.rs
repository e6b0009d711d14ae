//! `/account`, and the ends of sessions.
use axum::extract::{RawQuery, State};
use axum::response::Redirect;
use maud::{Markup, html};
use palisade::core::{Clock, SystemClock, Timestamp, TokenRef};
use palisade::session::Listed;
use serde::Deserialize;

use super::layout::page;
use super::token::Token;
use super::viewer::SignedIn;
use super::when;
use crate::db::{Profile, Role};
use crate::input::Form;
use crate::problem::{Problem, Refused};
use crate::shop::Shop;

/// Who is signed in, and where else.
pub(super) async fn show(
    State(shop): State<Shop>,
    who: SignedIn,
    RawQuery(query): RawQuery,
) -> Result<Markup, Refused> {
    let profile = shop.db.profile(who.principal.subject()).await?;
    let sessions = shop.sessions.list(who.principal.subject()).await?;
    let profile = profile.ok_or(Problem::NOT_FOUND)?;
    Ok(account(&who, &profile, &sessions, notice(query.as_deref())))
}

/// Signs out: the session is over in the store, and the browser is told to forget its cookie.
pub(super) async fn logout(State(shop): State<Shop>, who: SignedIn) -> Result<Redirect, Refused> {
    shop.sessions.logout(&who.session).await?;
    Ok(Redirect::to("/login?signed-out"))
}

/// The session to end, by its name in the list.
#[derive(Debug, Deserialize)]
pub(super) struct Chosen {
    session: String,
}

/// Ends one session of the account. One that is over already, or of somebody else, is not there to be ended.
pub(super) async fn end(
    State(shop): State<Shop>,
    who: SignedIn,
    Form(chosen): Form<Chosen>,
) -> Result<Redirect, Refused> {
    let session = TokenRef::parse(chosen.session.as_bytes()).map_err(|_| Problem::FIELDS)?;
    if who.session.reference() == Some(session) {
        return logout(State(shop), who).await;
    }
    shop.sessions.end(who.principal.subject(), session).await?;
    Ok(Redirect::to("/account"))
}

/// Ends every session of the account but this one.
pub(super) async fn end_others(State(shop): State<Shop>, who: SignedIn) -> Result<Redirect, Refused> {
    shop.sessions.end_others(&who.session).await?;
    Ok(Redirect::to("/account"))
}

/// A word about what was done before.
fn notice(query: Option<&str>) -> Option<&'static str> {
    match query? {
        "password-changed" => Some("Your password is changed, and you are signed out everywhere else."),
        "others-remain" => Some(
            "Your password is changed. Not everybody else could be signed out: please end all others below.",
        ),
        _ => None,
    }
}

fn account(who: &SignedIn, profile: &Profile, sessions: &[Listed], notice: Option<&str>) -> Markup {
    let (viewer, now) = (who.viewer(), SystemClock::new().now());
    let list = List {
        token: &viewer.token,
        this: who.session.reference(),
        now,
    };
    page(
        "Account",
        &viewer,
        &html! {
            div.medium {
                h1 { "Your account" }
                @if let Some(notice) = notice { div.notice role="status" { p { (notice) } } }
                dl.facts {
                    dt { "Signed in as" } dd id="email" { (profile.email) }
                    dt { "Account" } dd { (kind(profile)) }
                    dt { "Password" } dd { a href="/account/password" { "Change it" } }
                }
                p.after { (own(profile)) }
                section.section aria-labelledby="sessions" {
                    div.row {
                        h2 id="sessions" { "Where you are signed in" }
                        @if sessions.len() > 1 {
                            form method="post" action="/account/sessions/end-others" {
                                (viewer.token)
                                button.quiet.small type="submit" { "End all others" }
                            }
                        }
                    }
                    ul.sessions { @for session in sessions { li { (list.entry(session)) } } }
                }
            }
        },
    )
}

/// What all entries of the list have in common.
struct List<'a> {
    token: &'a Token,
    this: Option<TokenRef>,
    now: Timestamp,
}

impl List<'_> {
    fn entry(&self, session: &Listed) -> Markup {
        let (device, present) = (
            session.device().unwrap_or("Unknown device"),
            self.this == Some(session.reference()),
        );
        let ago = |time| when::ago(self.now.since(time));
        html! {
            div.device {
                strong { (device) }
                @if present { span.badge { "This session" } }
                p {
                    "Signed in " (ago(session.created()))
                    " · last seen " (ago(session.last_seen()))
                    @if let Some(network) = session.network() { " · from " (network.to_string().trim_end_matches("/32")) }
                }
            }
            @if !present {
                form method="post" action="/account/sessions/end" {
                    (self.token)
                    input type="hidden" name="session" value=(session.reference());
                    button.quiet.small type="submit" aria-label={ "End the session of " (device) } { "End" }
                }
            }
        }
    }
}

/// The page that is there for this kind of account. The link is a courtesy; the page's rule decides.
fn own(profile: &Profile) -> Markup {
    match profile.role {
        Role::Administrator => html! { a href="/admin" { "All accounts" } },
        Role::Customer => html! { a href="/orders" { "Your orders" } },
        Role::Merchant => html! { a href="/merchant" { "Orders to your workshop" } },
    }
}

fn kind(profile: &Profile) -> String {
    match (profile.role, &profile.tenant) {
        (Role::Administrator, _) => "Administrator".into(),
        (Role::Customer, _) => "Customer".into(),
        (Role::Merchant, Some(tenant)) => format!("Merchant of {}", tenant.as_str()),
        (Role::Merchant, None) => "Merchant".into(),
    }
}
