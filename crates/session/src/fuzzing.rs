//! Entry points for the fuzz targets; no part of the API.
use palisade_core::{KeyId, KeyRing, Purpose, RootSecret, Secret, Timestamp};

use crate::flow::signed::{Payload, sign, verify};
use crate::{CookiePolicy, Csrf, CsrfPassedBy, Submission};

/// Reads the lines of `data` as the `Cookie` fields of one request.
pub fn cookie_fields(data: &[u8]) {
    let lines: Vec<_> = data
        .split(|byte| *byte == b'\n')
        .map(|line| ("cookie", line))
        .collect();
    if let Ok(Some(value)) = CookiePolicy::default().find(&lines.as_slice()) {
        assert!(!value.contains(&b';'), "a value ends at the semicolon");
    }
}

/// Reads `data` as the `Origin` field of a form that comes with a cookie. What passes is the shop's own origin, in one of its
/// few spellings.
pub fn csrf_origin(data: &[u8]) {
    let Ok(csrf) = Csrf::new(["https://shop.example"]) else {
        return;
    };
    let fields: &[(&str, &[u8])] = &[("cookie", b"__Host-id=x"), ("origin", data)];
    let Ok(passed) = csrf.check(&Submission::new("POST", fields)) else {
        return;
    };
    assert_eq!(passed.by(), CsrfPassedBy::Origin);
    let lower = data.to_ascii_lowercase();
    let own = lower.strip_prefix(b"https://shop.example");
    let port = own.and_then(|rest| rest.strip_prefix(b":"));
    let number = port.map(|digits| {
        std::str::from_utf8(digits)
            .ok()
            .and_then(|digits| digits.parse().ok())
    });
    assert!(
        own == Some(b"") || number == Some(Some(443_u16)),
        "another origin"
    );
}

/// Reads `data` as a form. The token that is found is the value of the one field of its name.
#[cfg(feature = "tower")]
pub fn csrf_form(data: &[u8]) {
    let name = crate::CSRF_FIELD.as_bytes();
    let is_it = |pair: &&[u8]| pair.strip_prefix(name).is_some_and(|rest| rest.starts_with(b"="));
    let fields: Vec<_> = data.split(|byte| *byte == b'&').filter(is_it).collect();
    match (crate::csrf::form::token(data), fields.as_slice()) {
        (Some(token), [only]) => assert_eq!([name, b"=", token].concat(), *only),
        (None, fields) => assert_ne!(fields.len(), 1, "one is found"),
        (Some(_), _) => assert!(fields.is_empty(), "one of several"),
    }
}

/// Reads `data` as the value of a signed flow, and as a change of one that is good: only the good one counts.
pub fn flow_value(data: &[u8]) {
    let Some((ring, good)) = signed() else { return };
    let now = Timestamp::from_secs(1_000);
    assert!(
        verify(&ring, "fuzz", data, now).is_err() || data == good,
        "not signed by us"
    );
    let mut changed = good.clone();
    for (byte, change) in changed.iter_mut().zip(data) {
        *byte ^= *change;
    }
    let counts = verify(&ring, "fuzz", &changed, now).is_ok();
    assert_eq!(counts, changed == good, "one spelling only");
    assert!(verify(&ring, "another purpose", &good, now).is_err());
}

fn signed() -> Option<(KeyRing, Vec<u8>)> {
    let root = RootSecret::new(Secret::new((0..32).collect())).ok()?;
    let ring = KeyRing::new(Purpose::new("fuzz"), KeyId::parse("1").ok()?, &root);
    let payload = Payload {
        step: 1,
        expires: 2_000_000_000,
        nonce: [7; 32],
        session: None,
        state: "{}".to_owned(),
    };
    let text = sign(&ring, "fuzz", &payload, Timestamp::from_secs(1_000)).ok()?;
    Some((ring, text.expose().clone().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_good_is_good_for_the_targets_as_well() {
        for origin in [
            "https://shop.example",
            "HTTPS://Shop.Example:443",
            "https://evil.example",
            "null",
            "",
        ] {
            csrf_origin(origin.as_bytes());
        }
        let (_, good) = signed().expect("a value");
        for data in [good.as_slice(), b"", b"\x01", &[0; 400]] {
            flow_value(data);
        }
    }
}
