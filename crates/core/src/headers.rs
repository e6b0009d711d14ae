//! A view of header fields that every framework can give.

use http::HeaderName;
use http::header::{AUTHORIZATION, COOKIE, ORIGIN, UPGRADE};

/// Header fields, whoever holds them.
///
/// The deciding halves read requests through this view, because `http::HeaderMap` is not one type: actix-web 4 has the
/// one of `http` 0.2, everyone else the one of 1.x, and tests have slices. Names are given in lower case; values are
/// bytes, since a field value need not be text (RFC 9110 section 5.5).
///
/// ```
/// use palisade_core::Headers;
/// let headers: &[(&str, &str)] = &[("host", "shop.example"), ("x-id", "1"), ("X-Id", "2")];
/// assert_eq!(headers.sole("host").unwrap(), Some(&b"shop.example"[..]));
/// assert!(headers.sole("x-id").is_err());
/// assert_eq!(headers.values("x-id").count(), 2);
/// ```
pub trait Headers {
    /// The values of every field line of that name, in the order received. `name` is in lower case.
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]>;

    /// The one value of a field that must not be repeated.
    ///
    /// # Errors
    /// [`Repeated`] when there is more than one: which of them another hop believed cannot be known.
    fn sole<'a>(&'a self, name: &'a str) -> Result<Option<&'a [u8]>, Repeated> {
        let mut values = self.values(name);
        let first = values.next();
        if values.next().is_some() {
            Err(Repeated)
        } else {
            Ok(first)
        }
    }
}

/// A header field that may occur once occurred more often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a header field that may occur once was repeated")]
#[non_exhaustive]
pub struct Repeated;

impl Headers for http::HeaderMap {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let lines = match known(name) {
            Some(known) => self.get_all(known),
            None => self.get_all(name),
        };
        lines.iter().map(http::HeaderValue::as_bytes)
    }
}

/// What nearly every request is asked for. To read a name from its text takes longer than to find the field.
fn known(name: &str) -> Option<&'static HeaderName> {
    static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
    static X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
    Some(match name {
        "authorization" => &AUTHORIZATION,
        "cookie" => &COOKIE,
        "origin" => &ORIGIN,
        "sec-fetch-site" => &SEC_FETCH_SITE,
        "upgrade" => &UPGRADE,
        "x-forwarded-for" => &X_FORWARDED_FOR,
        _ => return None,
    })
}

#[cfg(feature = "http02")]
impl Headers for http02::HeaderMap {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.get_all(name).iter().map(http02::HeaderValue::as_bytes)
    }
}

/// Pairs of name and value; names may be in any case.
impl<N: AsRef<str>, V: AsRef<[u8]>> Headers for [(N, V)] {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let same = move |pair: &&(N, V)| pair.0.as_ref().eq_ignore_ascii_case(name);
        self.iter().filter(same).map(|pair| pair.1.as_ref())
    }
}

impl<H: Headers + ?Sized> Headers for &H {
    fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        (**self).values(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collect(headers: &impl Headers, name: &str) -> Vec<Vec<u8>> {
        headers.values(name).map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn http_1_and_slices_answer_alike() {
        let mut map = http::HeaderMap::new();
        map.append("x-id", http::HeaderValue::from_static("1"));
        map.append("x-id", http::HeaderValue::from_bytes(b"\xff").unwrap());
        let pairs: &[(&str, &[u8])] = &[("X-ID", b"1"), ("x-other", b"0"), ("x-id", b"\xff")];
        assert_eq!(collect(&map, "x-id"), collect(&pairs, "x-id"));
        assert_eq!(collect(&map, "x-id"), [b"1".to_vec(), b"\xff".to_vec()]);
    }

    #[test]
    fn fields_that_are_looked_up_by_constant_are_found_like_others() {
        let known = [
            "authorization",
            "cookie",
            "origin",
            "sec-fetch-site",
            "upgrade",
            "x-forwarded-for",
        ];
        for name in known.into_iter().chain(["x-id"]) {
            assert_eq!(super::known(name).is_some(), known.contains(&name));
            let mut map = http::HeaderMap::new();
            map.append(name, http::HeaderValue::from_static("1"));
            map.append(name, http::HeaderValue::from_static("2"));
            let pairs: &[(&str, &str)] = &[(name, "1"), (name, "2")];
            assert_eq!(collect(&map, name), collect(&pairs, name));
            assert!(collect(&map, "x-other").is_empty());
        }
    }

    #[cfg(feature = "http02")]
    #[test]
    fn http_0_2_answers_like_http_1() {
        let mut map = http02::HeaderMap::new();
        map.append("x-id", http02::HeaderValue::from_static("1"));
        map.append("x-id", http02::HeaderValue::from_static("2"));
        assert_eq!(collect(&map, "x-id"), [b"1".to_vec(), b"2".to_vec()]);
        assert_eq!(map.sole("x-id"), Err(Repeated));
    }

    #[test]
    fn a_repeated_field_is_not_a_sole_one() {
        let twice: &[(&str, &str)] = &[("a", "1"), ("A", "1")];
        assert_eq!(twice.sole("a"), Err(Repeated), "even with the same value");
        assert_eq!(twice.sole("b"), Ok(None));
    }
}
