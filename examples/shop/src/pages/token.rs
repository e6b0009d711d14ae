//! The field by which the shop knows its own forms.
use maud::{Markup, Render, html};
use palisade::core::Secret;
use palisade::session::{CSRF_FIELD, Session};

/// The hidden field that every form of a page carries. It is bound to the session, and another text in every page.
///
/// Browsers tell where a form comes from, and that decides; the token decides where one tells nothing. Whoever has no session
/// has no token, and nothing yet that somebody else could act with.
#[derive(Clone, Debug)]
pub(super) struct Token(Option<Secret<String>>);

impl Token {
    /// The field of no session.
    pub(super) const NONE: Self = Self(None);

    /// The field of this session. Without random bytes it is left out, and browsers that tell nothing are refused.
    pub(super) fn of(session: &Session) -> Self {
        Self(session.csrf_token().ok().flatten())
    }
}

impl Render for Token {
    fn render(&self) -> Markup {
        html! { @if let Some(token) = &self.0 { input type="hidden" name=(CSRF_FIELD) value=(token.expose()); } }
    }
}
