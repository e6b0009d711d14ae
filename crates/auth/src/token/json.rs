//! JSON that means one thing: no member twice, at no depth.
//!
//! RFC 7519 section 4 lets a parser take the last of two members of one name, and parsers differ. A token on which two
//! parsers disagree is refused.
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The most members of one object, and the most items of one array.
const MAX_ITEMS: usize = 64;
/// The deepest nesting.
const MAX_DEPTH: u8 = 8;

/// A string, borrowed from the input where it has no escapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl Text<'_> {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads;
        impl<'de> Visitor<'de> for Reads {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Reads)
    }
}

/// The names of an object's members so far. Members that are read by [`once`] need not be among them.
pub(crate) struct Names<'a>(Vec<Text<'a>>);

impl<'a> Names<'a> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// The next name, which must be a new one; `None` at the end.
    pub(crate) fn next<M: MapAccess<'a>>(&mut self, map: &mut M) -> Result<Option<&str>, M::Error> {
        let Some(name) = map.next_key::<Text<'a>>()? else {
            return Ok(None);
        };
        self.add(name)?;
        Ok(self.0.last().map(Text::as_str))
    }

    /// Notes a name, which must be a new one.
    pub(crate) fn add<E: Error>(&mut self, name: Text<'a>) -> Result<(), E> {
        if self.0.len() >= MAX_ITEMS || self.0.contains(&name) {
            return Err(twice());
        }
        if self.0.is_empty() {
            self.0.reserve(16);
        }
        self.0.push(name);
        Ok(())
    }
}

/// Reads a member that has a place of its own. That the place is taken tells that the member came before.
pub(crate) fn once<'a, T, M>(place: &mut Option<T>, map: &mut M) -> Result<(), M::Error>
where
    T: Deserialize<'a>,
    M: MapAccess<'a>,
{
    once_with(place, PhantomData::<T>, map)
}

/// The same for a member that `seed` reads.
pub(crate) fn once_with<'a, S, M>(place: &mut Option<S::Value>, seed: S, map: &mut M) -> Result<(), M::Error>
where
    S: DeserializeSeed<'a>,
    M: MapAccess<'a>,
{
    if place.is_some() {
        return Err(twice());
    }
    *place = Some(map.next_value_seed(seed)?);
    Ok(())
}

fn twice<E: Error>() -> E {
    E::custom("a member twice, or too many")
}

/// Any value, which is looked through and dropped.
pub(crate) struct Any(u8);

impl Any {
    pub(crate) const fn value() -> Self {
        Self(MAX_DEPTH)
    }

    fn below<E: Error>(&self) -> Result<Self, E> {
        self.0
            .checked_sub(1)
            .map(Self)
            .ok_or_else(|| E::custom("nested too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Any {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Any {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<(), S::Error> {
        let mut items = 0_usize;
        while seq.next_element_seed(self.below()?)?.is_some() {
            items = items.saturating_add(1);
            if items > MAX_ITEMS {
                return Err(S::Error::custom("too many items"));
            }
        }
        Ok(())
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let mut names = Names::new();
        while names.next(&mut map)?.is_some() {
            map.next_value_seed(self.below()?)?;
        }
        Ok(())
    }
}

/// Up to 64 strings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Texts<'a>(pub(crate) Vec<Text<'a>>);

impl Texts<'_> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(Text::as_str)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Texts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads;
        impl<'de> Visitor<'de> for Reads {
            type Value = Texts<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of strings")
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Self::Value, S::Error> {
                let mut texts = Vec::new();
                while let Some(text) = seq.next_element()? {
                    if texts.len() >= MAX_ITEMS {
                        return Err(S::Error::custom("too many items"));
                    }
                    texts.push(text);
                }
                Ok(Texts(texts))
            }
        }
        deserializer.deserialize_seq(Reads)
    }
}

/// A string, or an array of strings: the form of `aud` (RFC 7519 section 4.1.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OneOrMany<'a> {
    One(Text<'a>),
    Many(Texts<'a>),
}

impl OneOrMany<'_> {
    pub(crate) fn contains(&self, wanted: &str) -> bool {
        match self {
            Self::One(text) => text.as_str() == wanted,
            Self::Many(texts) => texts.iter().any(|text| text == wanted),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for OneOrMany<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reads;
        impl<'de> Visitor<'de> for Reads {
            type Value = OneOrMany<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an array of strings")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(OneOrMany::One(Text(Cow::Borrowed(text))))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(OneOrMany::One(Text(Cow::Owned(text.to_owned()))))
            }

            fn visit_seq<S: SeqAccess<'de>>(self, seq: S) -> Result<Self::Value, S::Error> {
                let seq = serde::de::value::SeqAccessDeserializer::new(seq);
                Texts::deserialize(seq).map(OneOrMany::Many)
            }
        }
        deserializer.deserialize_any(Reads)
    }
}

/// Reads one JSON value from the whole input; `None` for anything else.
pub(crate) fn read<'de, S: DeserializeSeed<'de>>(seed: S, input: &'de [u8]) -> Option<S::Value> {
    // Looked through once as a whole, not once for each string.
    let text = std::str::from_utf8(input).ok()?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = seed.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    Some(value)
}

/// Passes over a value that says nothing about the token. Still, nothing in it may occur twice.
pub(crate) fn skip<'a, M: MapAccess<'a>>(map: &mut M) -> Result<(), M::Error> {
    map.next_value_seed(Any::value())
}

/// Refuses a member by refusing its whole object.
pub(crate) fn refuse<'a, M: MapAccess<'a>>(map: &mut M) -> Result<(), M::Error> {
    map.next_value::<IgnoredAny>()?;
    Err(M::Error::custom("a member that is not allowed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_strict(json: &str) -> bool {
        read(Any::value(), json.as_bytes()).is_some()
    }

    #[test]
    fn what_two_parsers_could_read_differently_is_not_read() {
        let deep = format!("{}1{}", "[".repeat(9), "]".repeat(9));
        let wide = format!("[{}1]", "1,".repeat(64));
        let many: Vec<_> = (0..65).map(|n| format!("\"{n}\":1")).collect();
        let many = format!("{{{}}}", many.join(","));
        for (name, json) in [
            ("twice", r#"{"a":1,"a":1}"#),
            ("twice, once escaped", r#"{"a":1,"\u0061":1}"#),
            ("twice, within", r#"{"b":[{"a":1,"a":2}]}"#),
            ("two values", "{} {}"),
            ("a comment", "{} //"),
            ("nothing", ""),
            ("too deep", &deep),
            ("too wide", &wide),
            ("too many members", &many),
            ("a lone surrogate", r#""\ud800""#),
            ("a trailing comma", r#"{"a":1,}"#),
            ("NaN", "NaN"),
        ] {
            assert!(!is_strict(json), "{name}");
        }
        for json in [
            r#"{"a":{"a":1},"b":[{"a":1},{"a":1.5e3,"A":-1}]}"#,
            "null",
            "[true, \"\\n\"]",
        ] {
            assert!(is_strict(json), "{json}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_not_read() {
        assert!(read(Any::value(), b"\"\xff\"").is_none());
        assert!(read(Any::value(), b"{\"\xff\":1}").is_none());
    }
}
