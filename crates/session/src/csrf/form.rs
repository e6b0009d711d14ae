//! Finds the token in a form.
use palisade_core::Headers;

use super::CSRF_FIELD;

/// Whether the body is a form as browsers send it.
pub(super) fn is_form<H: Headers + ?Sized>(headers: &H) -> bool {
    let Ok(Some(value)) = headers.sole("content-type") else {
        return false;
    };
    let essence = value.split(|byte| *byte == b';').next().unwrap_or_default();
    essence
        .trim_ascii()
        .eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
}

/// The one field of that name. A token has no character that is encoded, so none is decoded.
pub(crate) fn token(form: &[u8]) -> Option<&[u8]> {
    let mut found = form.split(|byte| *byte == b'&').filter_map(|pair| {
        let value = pair.strip_prefix(CSRF_FIELD.as_bytes())?;
        value.strip_prefix(b"=")
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_field_is_found_and_two_are_none() {
        let cases: [(&[u8], Option<&[u8]>); 7] = [
            (b"csrf_token=abc", Some(b"abc")),
            (b"a=1&csrf_token=abc&b=2", Some(b"abc")),
            (b"csrf_token=abc&csrf_token=abc", None),
            (b"xcsrf_token=abc", None),
            (b"csrf_token", None),
            (b"", None),
            (b"a=csrf_token=abc", None),
        ];
        for (form, want) in cases {
            assert_eq!(token(form), want, "{}", String::from_utf8_lossy(form));
        }
    }

    #[test]
    fn only_a_form_is_a_form() {
        let says = |value: &str| is_form::<[(&str, &str)]>(&[("content-type", value)]);
        assert!(says("application/x-www-form-urlencoded"));
        assert!(says("Application/X-WWW-Form-URLencoded ; charset=utf-8"));
        assert!(!says("application/json") && !says("multipart/form-data; boundary=x") && !says(""));
        let twice: &[(&str, &str)] = &[("content-type", "application/x-www-form-urlencoded"); 2];
        assert!(!is_form(twice));
    }
}
