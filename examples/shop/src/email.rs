//! E-mail addresses, as names of accounts.
use palisade::auth::Identifier;

/// An e-mail address that somebody registers with: an [`Identifier`] in ASCII, with one `@` and something on both sides.
///
/// Whether mail arrives there cannot be told from its spelling, so little more is asked. Being an identifier, it is spelled
/// as a login will spell it. ASCII keeps two accounts from having names that look alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Email(Identifier);

/// A text that names no mailbox. It says no more, and holds nothing of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub(crate) struct NoEmail;

impl Email {
    /// Reads what somebody typed.
    pub(crate) fn parse(text: &str) -> Result<Self, NoEmail> {
        let identifier = Identifier::parse(text).map_err(|_| NoEmail)?;
        if is_mailbox(identifier.as_str()) {
            Ok(Self(identifier))
        } else {
            Err(NoEmail)
        }
    }

    /// The address.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

fn is_mailbox(text: &str) -> bool {
    let Some((mailbox, domain)) = text.split_once('@') else {
        return false;
    };
    // A dot with something on both sides also refuses `user@localhost`, which no customer has.
    let dotted = domain.split_once('.').is_some() && domain.split('.').all(|label| !label.is_empty());
    text.bytes().all(|byte| byte.is_ascii_graphic()) && !mailbox.is_empty() && !domain.contains('@') && dotted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling() {
        assert_eq!(
            Email::parse(" Ada@Shop.Example\n").unwrap().as_str(),
            "ada@shop.example"
        );
        assert_eq!(
            Email::parse("a+b@mail.shop.example").unwrap().as_str(),
            "a+b@mail.shop.example"
        );
    }

    #[test]
    fn what_names_no_mailbox_is_refused() {
        let long = format!("{}@shop.example", "a".repeat(242));
        let wrong = [
            "",
            "@",
            "ada",
            "ada@",
            "@shop.example",
            "ada@shop",
            "ada@.example",
            "ada@shop.",
            "ada@shop..example",
            "a b@shop.example",
            "ada@@shop.example",
            "ada@shop@shop.example",
            "ada\0@shop.example",
            "\u{e4}da@shop.example",
            &long,
        ];
        for text in wrong {
            assert_eq!(Email::parse(text), Err(NoEmail), "{text:?}");
        }
        assert!(Email::parse(&format!("{}@shop.example", "a".repeat(241))).is_ok());
    }
}
