//! Where somebody goes on after signing in.
use axum::http::Uri;
use maud::{Markup, Render, html};

/// The pages that somebody can be sent back to. Whatever else a link asks for is not followed, so no link to the shop leads
/// out of it.
const PAGES: [&str; 6] = [
    "/account/password",
    "/admin",
    "/cart",
    "/checkout",
    "/merchant",
    "/orders",
];

/// A page of the shop to go on with, or the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Next(Option<&'static str>);

impl Next {
    /// The account.
    pub(super) const ACCOUNT: Self = Self(None);

    /// The page of that path, byte for byte, if it is one to go back to.
    pub(super) fn parse(path: &str) -> Self {
        Self(PAGES.into_iter().find(|page| *page == path))
    }

    /// What the query of a link asks for: `next=/cart`.
    pub(super) fn of_query(query: Option<&str>) -> Self {
        let mut asked = query.unwrap_or_default().split('&');
        asked
            .find_map(|pair| pair.strip_prefix("next="))
            .map_or(Self::ACCOUNT, Self::parse)
    }

    /// The page itself.
    pub(super) fn path(self) -> &'static str {
        self.0.unwrap_or("/account")
    }

    /// The way to it for somebody who has to sign in first.
    pub(crate) fn sign_in(uri: &Uri) -> String {
        Self::parse(uri.path()).after("/login")
    }

    /// The way to the page around that address for somebody who has to sign in again: what a form sent is not sent once more.
    pub(crate) fn sign_in_again(uri: &Uri) -> String {
        let inside = |page: &&str| {
            let rest = uri.path().strip_prefix(*page);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        Self(PAGES.into_iter().find(inside)).after("/login/again")
    }

    fn after(self, form: &str) -> String {
        match self.0 {
            Some(page) => format!("{form}?next={page}"),
            None => form.to_owned(),
        }
    }
}

/// The hidden field that a form carries it in.
impl Render for Next {
    fn render(&self) -> Markup {
        html! { @if let Some(page) = self.0 { input type="hidden" name="next" value=(page); } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_the_shop_are_gone_back_to() {
        assert_eq!(Next::of_query(Some("next=/cart")).path(), "/cart");
        assert_eq!(Next::of_query(Some("registered&next=/orders")).path(), "/orders");
        let elsewhere = [
            "",
            "/",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/cart/",
            "/cart?x",
            "/CART",
            "/logout",
            "%2Fcart",
            "/cart\r\nset-cookie: x",
        ];
        for path in elsewhere {
            assert_eq!(Next::parse(path), Next::ACCOUNT, "{path:?}");
            assert_eq!(Next::of_query(Some(&format!("next={path}"))).path(), "/account");
        }
        assert_eq!(Next::of_query(None).path(), "/account");
    }

    #[test]
    fn the_way_back_is_in_the_way_there() {
        let at = |path: &str| path.parse::<Uri>().unwrap();
        assert_eq!(Next::sign_in(&at("/checkout?x=y")), "/login?next=/checkout");
        assert_eq!(Next::sign_in(&at("/account")), "/login");
        assert_eq!(Next::sign_in(&at("/logout")), "/login");
        let again = |path: &str| Next::sign_in_again(&at(path));
        assert_eq!(again("/merchant/refund?x"), "/login/again?next=/merchant");
        assert_eq!(again("/merchant"), "/login/again?next=/merchant");
        assert_eq!(again("/merchants"), "/login/again");
    }
}
