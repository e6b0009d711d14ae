//! Whom a page is shown to.
use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use palisade::core::{ClientAddr, Principal};
use palisade::session::Session;

use super::next::Next;
use super::token::Token;
use crate::cart::Cart;
use crate::problem::Problem;

/// Whom a page is shown to.
#[derive(Clone, Debug)]
pub(super) struct Viewer {
    pub(super) standing: Standing,
    /// What forms of the page carry.
    pub(super) token: Token,
    /// How many pieces are in the cart.
    pub(super) pieces: u32,
}

/// What the shop knows of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nobody can sign in: there are no sessions here.
    Anyone,
    /// Somebody who is not signed in.
    Guest,
    /// Somebody who is.
    SignedIn,
}

impl Viewer {
    /// Nobody in particular.
    pub(super) const ANYONE: Self = Self {
        standing: Standing::Anyone,
        token: Token::NONE,
        pieces: 0,
    };

    /// Whoever has this session.
    pub(super) fn of(session: &Session) -> Self {
        let standing = if session.principal().is_some() {
            Standing::SignedIn
        } else {
            Standing::Guest
        };
        Self {
            standing,
            token: Token::of(session),
            pieces: Cart::of(session).map_or(0, |cart| cart.pieces()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Viewer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let session = parts.extensions.get::<Session>();
        Ok(session.map_or(Self::ANYONE, Self::of))
    }
}

/// Somebody with a session, be it one of nobody.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    pub(super) session: Session,
}

impl Visitor {
    /// Them, as a page sees them.
    pub(super) fn viewer(&self) -> Viewer {
        Viewer::of(&self.session)
    }
}

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let session = parts.extensions.get::<Session>().cloned();
        session.map(|session| Self { session }).ok_or(Problem::INTERNAL)
    }
}

/// Somebody who is signed in. Others are sent to sign in first.
#[derive(Clone, Debug)]
pub(super) struct SignedIn {
    pub(super) session: Session,
    pub(super) principal: Principal,
}

impl SignedIn {
    /// Them, as a page sees them.
    pub(super) fn viewer(&self) -> Viewer {
        Viewer::of(&self.session)
    }
}

impl<S: Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Redirect;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Redirect> {
        let session = parts.extensions.get::<Session>().cloned();
        let found = session.and_then(|session| {
            Some(Self {
                principal: session.principal()?,
                session,
            })
        });
        found.ok_or_else(|| Redirect::to(&Next::sign_in(&parts.uri)))
    }
}

/// Somebody who is not. Others are sent on.
#[derive(Clone, Debug)]
pub(super) struct Guest {
    pub(super) session: Session,
    pub(super) client: ClientAddr,
}

impl Guest {
    /// Them, as a page sees them.
    pub(super) fn viewer(&self) -> Viewer {
        Viewer::of(&self.session)
    }
}

impl<S: Sync> FromRequestParts<S> for Guest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let found = (
            parts.extensions.get::<Session>(),
            parts.extensions.get::<ClientAddr>(),
        );
        match found {
            (Some(session), _) if session.principal().is_some() => {
                let next = Next::of_query(parts.uri.query());
                Err(Redirect::to(next.path()).into_response())
            }
            (Some(session), Some(client)) => Ok(Self {
                session: session.clone(),
                client: *client,
            }),
            // Without the layers nobody is let near a password.
            _ => Err(Problem::INTERNAL.into_response()),
        }
    }
}
