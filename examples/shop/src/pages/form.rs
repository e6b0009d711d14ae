//! Form fields, and what is wrong with them.
use maud::{Markup, html};

/// A field of a form with its label above it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'a> {
    /// Its name in the form, and its id in the page.
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) kind: Kind<'a>,
    pub(super) hint: Option<&'static str>,
}

/// What is typed into a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind<'a> {
    /// An address, shown again as it was typed.
    Email(&'a str),
    /// A password, which is never sent back; `new-password` or `current-password` for password managers.
    Password(&'static str),
}

/// What is wrong with a form: the field, and a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) field: &'static str,
    pub(super) text: &'static str,
}

impl Field<'_> {
    pub(super) fn render(self, fault: Option<Fault>) -> Markup {
        let fault = fault.filter(|fault| fault.field == self.name);
        let (hint, error) = (format!("{}-hint", self.name), format!("{}-problem", self.name));
        let described = match (self.hint, fault) {
            (Some(_), Some(_)) => Some(format!("{hint} {error}")),
            (Some(_), None) => Some(hint.clone()),
            (None, Some(_)) => Some(error.clone()),
            (None, None) => None,
        };
        html! {
            div.field {
                label for=(self.name) { (self.label) }
                @if let Some(text) = self.hint { p.hint id=(hint) { (text) } }
                @if let Some(fault) = fault { p.problem id=(error) { (fault.text) } }
                (self.input(described.as_deref(), fault.map(|_| "true")))
            }
        }
    }

    fn input(self, described: Option<&str>, invalid: Option<&str>) -> Markup {
        let (kind, complete, value) = match self.kind {
            Kind::Email(typed) => ("email", "username", Some(typed)),
            Kind::Password(complete) => ("password", complete, None),
        };
        html! {
            input id=(self.name) name=(self.name) type=(kind) value=[value] autocomplete=(complete)
                aria-describedby=[described] aria-invalid=[invalid]
                autocapitalize="none" spellcheck="false" required;
        }
    }
}

/// What is wrong, above the form and read out at once.
pub(super) fn summary(fault: Option<Fault>) -> Markup {
    html! {
        @if let Some(fault) = fault {
            div.summary role="alert" {
                h2 { "That did not work" }
                p { a href={ "#" (fault.field) } { (fault.text) } }
            }
        }
    }
}
