//! What every page has around it.
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::art;
use super::viewer::{Standing, Viewer};
use crate::assets;

/// A whole page. `title` is plain text, without the shop's name.
pub(super) fn page(title: &str, viewer: &Viewer, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Palisade Shop" }
                link rel="stylesheet" href=(assets::STYLE.href());
                link rel="icon" href=(assets::ICON.href()) type="image/svg+xml";
            }
            body {
                a.skip href="#content" { "Skip to content" }
                (header(viewer))
                main id="content" { (content) }
                (footer())
            }
        }
    }
}

fn header(viewer: &Viewer) -> Markup {
    html! {
        header.top {
            div.wrap {
                a.brand href="/" { (PreEscaped(art::MARK)) span { "Palisade Shop" } }
                nav aria-label="Main" {
                    a href="/" { "Products" }
                    @match viewer.standing {
                        Standing::Anyone => {}
                        Standing::Guest => {
                            (cart(viewer.pieces))
                            a href="/login" { "Sign in" }
                            a.button.small href="/register" { "Register" }
                        }
                        Standing::SignedIn => {
                            (cart(viewer.pieces))
                            a href="/account" { "Account" }
                            form method="post" action="/logout" {
                                (viewer.token)
                                button.quiet.small type="submit" { "Sign out" }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn cart(pieces: u32) -> Markup {
    html! { a href="/cart" { "Cart" @if pieces > 0 { " (" (pieces) ")" } } }
}

fn footer() -> Markup {
    html! {
        footer.bottom {
            div.wrap {
                p { "The reference shop of Palisade. Nothing here is for sale, and everything here is tested." }
            }
        }
    }
}
