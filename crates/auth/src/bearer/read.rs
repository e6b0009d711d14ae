//! Finds the token in a request.
use palisade_core::Headers;

use super::BearerRefusedKind;

/// The token that a request carries in `Authorization` under that scheme; `None` where it has no such field, or one of
/// another scheme.
///
/// Tokens in the query or in a form (RFC 6750 sections 2.2 and 2.3) are not looked for: they end up in logs.
///
/// ```
/// use palisade_auth::{BearerRefusedKind, bearer_token};
/// let one: &[(&str, &str)] = &[("authorization", "bearer abc.def")];
/// assert_eq!(bearer_token(&one, "Bearer"), Ok(Some(&b"abc.def"[..])));
/// let two: &[(&str, &str)] = &[("authorization", "Bearer abc"), ("authorization", "Bearer def")];
/// assert_eq!(bearer_token(&two, "Bearer"), Err(BearerRefusedKind::InvalidRequest));
/// ```
///
/// # Errors
/// [`BearerRefusedKind::InvalidRequest`] where the field is repeated, or what follows the scheme is not one token.
pub fn bearer_token<'a>(
    headers: &'a impl Headers,
    scheme: &str,
) -> Result<Option<&'a [u8]>, BearerRefusedKind> {
    let field = headers
        .sole("authorization")
        .map_err(|_| BearerRefusedKind::InvalidRequest)?;
    let Some((given, rest)) = field.and_then(|field| field.split_at_checked(scheme.len())) else {
        return Ok(None);
    };
    if !given.eq_ignore_ascii_case(scheme.as_bytes()) {
        return Ok(None);
    }
    match rest.split_first() {
        // Another scheme that begins alike.
        Some((byte, _)) if *byte != b' ' => Ok(None),
        Some((_, token)) if is_token(token) => Ok(Some(token)),
        _ => Err(BearerRefusedKind::InvalidRequest),
    }
}

/// RFC 6750 section 2.1, `b64token`, without the padding that none of our tokens has.
fn is_token(token: &[u8]) -> bool {
    let allowed = |b: &u8| b.is_ascii_alphanumeric() || b"-._~+/".contains(b);
    !token.is_empty() && token.iter().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Found<'a> = Result<Option<&'a [u8]>, BearerRefusedKind>;

    #[test]
    fn one_token_behind_its_scheme_is_found() {
        let cases: [(&str, Found<'_>); 12] = [
            ("Bearer abc", Ok(Some(b"abc"))),
            ("bEARER a-._~+/0", Ok(Some(b"a-._~+/0"))),
            ("Basic abc", Ok(None)),
            ("Bearerabc", Ok(None)),
            ("Bear", Ok(None)),
            ("", Ok(None)),
            ("Bearer", Err(BearerRefusedKind::InvalidRequest)),
            ("Bearer ", Err(BearerRefusedKind::InvalidRequest)),
            ("Bearer  abc", Err(BearerRefusedKind::InvalidRequest)),
            ("Bearer abc, Bearer def", Err(BearerRefusedKind::InvalidRequest)),
            ("Bearer abc ", Err(BearerRefusedKind::InvalidRequest)),
            ("Bearer \u{e9}", Err(BearerRefusedKind::InvalidRequest)),
        ];
        for (field, found) in cases {
            let headers: &[(&str, &str)] = &[("Authorization", field)];
            assert_eq!(bearer_token(&headers, "Bearer"), found, "{field}");
        }
        let none: &[(&str, &str)] = &[("x-authorization", "Bearer abc")];
        assert_eq!(bearer_token(&none, "Bearer"), Ok(None));
    }

    #[test]
    fn a_repeated_field_is_refused_also_where_both_say_the_same() {
        let headers: &[(&str, &str)] = &[("authorization", "Bearer abc"), ("AUTHORIZATION", "Bearer abc")];
        assert_eq!(
            bearer_token(&headers, "Bearer"),
            Err(BearerRefusedKind::InvalidRequest)
        );
    }
}
