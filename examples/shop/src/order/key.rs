//! The key under which an order is asked for.
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::limits;
use crate::problem::Problem;

/// Names one order that a client wants, however often it asks (draft-ietf-httpapi-idempotency-key-header). It is the client's
/// choice, so it means nothing to anybody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OrderKey(String);

impl OrderKey {
    /// Takes 1 to [`limits::KEY`] visible ASCII characters; the quotes of a structured field are left out.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        let key = quoted.unwrap_or(text);
        let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b',');
        if (1..=limits::KEY).contains(&key.len()) && key.bytes().all(plain) {
            Ok(Self(key.to_owned()))
        } else {
            Err(Problem::KEY)
        }
    }

    /// The key.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// From the field `Idempotency-Key`, which must be there once.
impl<S: Sync> FromRequestParts<S> for OrderKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut fields = parts.headers.get_all("idempotency-key").iter();
        match (fields.next(), fields.next()) {
            (None, _) => Err(Problem::KEY_MISSING),
            (Some(key), None) => Self::parse(key.to_str().map_err(|_| Problem::KEY)?),
            (Some(_), Some(_)) => Err(Problem::KEY),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_short_and_visible() {
        let longest = "k".repeat(limits::KEY);
        for (text, key) in [("a", "a"), ("\"a-1\"", "a-1"), (&*longest, &*longest)] {
            assert_eq!(OrderKey::parse(text).unwrap().as_str(), key);
        }
        let wrong = [
            "", "\"\"", "\"", "a b", "a\tb", "a,b", "a\"b", "a\\b", "\u{e9}", "\u{7f}",
        ];
        for text in wrong.into_iter().chain([&*format!("{longest}k")]) {
            assert_eq!(OrderKey::parse(text), Err(Problem::KEY), "{text:?}");
        }
    }
}
