//! What a token says about itself before anything about it is known.
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};

use super::json::{self, Names, Text};

/// The header of a token: JSON Web Signature, RFC 7515 section 4.
///
/// `alg` and `kid` are required. `crit`, `b64` and `zip` change how the rest is read, and `jku`, `jwk`, `x5u` and `x5c` offer
/// a key of the sender's own choosing: whoever sends one of them is refused, whatever it says.
#[derive(Debug)]
pub(crate) struct Header<'a> {
    pub(crate) algorithm: Text<'a>,
    pub(crate) key: Text<'a>,
    pub(crate) kind: Option<Text<'a>>,
}

impl<'a> Header<'a> {
    /// Reads a header; `None` for anything else.
    pub(crate) fn read(json: &'a [u8]) -> Option<Self> {
        json::read(Reads, json)?
    }

    /// Whether `typ` says `wanted`: a media type, whose `application/` may be left out (RFC 7515 section 4.1.9), and whose
    /// case says nothing.
    pub(crate) fn is_kind(&self, wanted: &str) -> bool {
        let Some(kind) = &self.kind else { return false };
        let prefix = "application/";
        let kind = match kind.as_str().split_at_checked(prefix.len()) {
            Some((first, rest)) if first.eq_ignore_ascii_case(prefix) => rest,
            _ => kind.as_str(),
        };
        kind.eq_ignore_ascii_case(wanted)
    }
}

struct Reads;

impl<'de> DeserializeSeed<'de> for Reads {
    type Value = Option<Header<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Reads {
    type Value = Option<Header<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a header")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let (mut algorithm, mut key, mut kind) = (None, None, None);
        let mut names = Names::new();
        while let Some(name) = names.next(&mut map)? {
            match name {
                "alg" => algorithm = Some(map.next_value()?),
                "kid" => key = Some(map.next_value()?),
                "typ" => kind = Some(map.next_value()?),
                "crit" | "b64" | "zip" | "enc" | "jku" | "jwk" | "x5u" | "x5c" => json::refuse(&mut map)?,
                _ => json::skip(&mut map)?,
            }
        }
        let required = algorithm.zip(key);
        Ok(required.map(|(algorithm, key)| Header { algorithm, key, kind }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_headers_that_choose_a_known_key_and_nothing_else_are_read() {
        for (name, json, read) in [
            ("plain", r#"{"alg":"EdDSA","kid":"1","typ":"at+jwt"}"#, true),
            (
                "unknown members",
                r#"{"alg":"EdDSA","kid":"1","x5t":"a","cty":{"b":1}}"#,
                true,
            ),
            ("no kid", r#"{"alg":"EdDSA"}"#, false),
            ("no alg", r#"{"kid":"1"}"#, false),
            ("kid is a number", r#"{"alg":"EdDSA","kid":1}"#, false),
            ("alg is null", r#"{"alg":null,"kid":"1"}"#, false),
            ("alg twice", r#"{"alg":"EdDSA","kid":"1","alg":"none"}"#, false),
            (
                "typ is an array",
                r#"{"alg":"EdDSA","kid":"1","typ":["at+jwt"]}"#,
                false,
            ),
            ("crit", r#"{"alg":"EdDSA","kid":"1","crit":["exp"]}"#, false),
            ("an empty crit", r#"{"alg":"EdDSA","kid":"1","crit":[]}"#, false),
            (
                "jku",
                r#"{"alg":"EdDSA","kid":"1","jku":"https://evil.example"}"#,
                false,
            ),
            ("jwk", r#"{"alg":"EdDSA","kid":"1","jwk":{}}"#, false),
            ("x5u", r#"{"alg":"EdDSA","kid":"1","x5u":""}"#, false),
            ("x5c", r#"{"alg":"EdDSA","kid":"1","x5c":[]}"#, false),
            ("b64", r#"{"alg":"EdDSA","kid":"1","b64":false}"#, false),
            ("escaped jwk", r#"{"alg":"EdDSA","kid":"1","\u006awk":{}}"#, false),
            ("an array", "[]", false),
            ("nothing", "", false),
        ] {
            assert_eq!(Header::read(json.as_bytes()).is_some(), read, "{name}");
        }
    }

    #[test]
    fn a_type_is_a_media_type() {
        for (typ, is) in [
            ("at+jwt", true),
            ("AT+JWT", true),
            ("application/at+jwt", true),
            ("Application/At+Jwt", true),
            ("JWT", false),
            ("at+jwt ", false),
            ("application/application/at+jwt", false),
            ("", false),
        ] {
            let json = format!(r#"{{"alg":"EdDSA","kid":"1","typ":"{typ}"}}"#);
            assert_eq!(
                Header::read(json.as_bytes()).unwrap().is_kind("at+jwt"),
                is,
                "{typ}"
            );
        }
        assert!(
            !Header::read(br#"{"alg":"EdDSA","kid":"1"}"#)
                .unwrap()
                .is_kind("at+jwt")
        );
    }
}
