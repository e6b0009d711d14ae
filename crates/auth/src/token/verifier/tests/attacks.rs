//! What attackers send, and why it is refused.
use crate::TokenRefusedKind as Kind;

/// Members that are replaced (`Some`) or left out (`None`).
pub(super) type Changes = &'static [(&'static str, Option<&'static str>)];

pub(super) const FORGED_HEADERS: &[(&str, &str, Kind)] = &[
    (
        "none",
        r#"{"alg":"none","kid":"k1","typ":"at+jwt"}"#,
        Kind::Algorithm,
    ),
    (
        "nOnE",
        r#"{"alg":"nOnE","kid":"k1","typ":"at+jwt"}"#,
        Kind::Algorithm,
    ),
    (
        "another algorithm",
        r#"{"alg":"ES256","kid":"k1","typ":"at+jwt"}"#,
        Kind::Algorithm,
    ),
    (
        "HS256 for a public key",
        r#"{"alg":"HS256","kid":"k1","typ":"at+jwt"}"#,
        Kind::Algorithm,
    ),
    ("no key", r#"{"alg":"EdDSA","typ":"at+jwt"}"#, Kind::Malformed),
    (
        "an empty key",
        r#"{"alg":"EdDSA","kid":"","typ":"at+jwt"}"#,
        Kind::UnknownKey,
    ),
    (
        "another key",
        r#"{"alg":"EdDSA","kid":"k2","typ":"at+jwt"}"#,
        Kind::UnknownKey,
    ),
    (
        "a path",
        r#"{"alg":"EdDSA","kid":"../../k1","typ":"at+jwt"}"#,
        Kind::UnknownKey,
    ),
    (
        "a query",
        r#"{"alg":"EdDSA","kid":"k1' OR '1'='1","typ":"at+jwt"}"#,
        Kind::UnknownKey,
    ),
    (
        "an embedded key",
        r#"{"alg":"EdDSA","kid":"k1","typ":"at+jwt","jwk":{}}"#,
        Kind::Malformed,
    ),
    (
        "a key elsewhere",
        r#"{"alg":"EdDSA","kid":"k1","typ":"at+jwt","jku":"a"}"#,
        Kind::Malformed,
    ),
    (
        "a certificate",
        r#"{"alg":"EdDSA","kid":"k1","typ":"at+jwt","x5u":"a"}"#,
        Kind::Malformed,
    ),
    (
        "a condition",
        r#"{"alg":"EdDSA","kid":"k1","typ":"at+jwt","crit":["a"],"a":1}"#,
        Kind::Malformed,
    ),
    (
        "twice",
        r#"{"alg":"EdDSA","alg":"EdDSA","kid":"k1","typ":"at+jwt"}"#,
        Kind::Malformed,
    ),
    (
        "an ID token",
        r#"{"alg":"EdDSA","kid":"k1","typ":"JWT"}"#,
        Kind::Type,
    ),
    ("no type", r#"{"alg":"EdDSA","kid":"k1"}"#, Kind::Type),
    (
        "a proof",
        r#"{"alg":"EdDSA","kid":"k1","typ":"dpop+jwt"}"#,
        Kind::Type,
    ),
];

/// The clock shows 1767225600.
pub(super) const FORGED_CLAIMS: &[(&str, Changes, Kind)] = &[
    ("no issuer", &[("iss", None)], Kind::Claims),
    (
        "another issuer",
        &[("iss", Some("\"https://evil.example\""))],
        Kind::Issuer,
    ),
    (
        "an issuer with a slash",
        &[("iss", Some("\"https://shop.example/\""))],
        Kind::Issuer,
    ),
    (
        "issuers",
        &[("iss", Some("[\"https://shop.example\"]"))],
        Kind::Malformed,
    ),
    ("no audience", &[("aud", None)], Kind::Claims),
    ("another audience", &[("aud", Some("\"other\""))], Kind::Audience),
    ("no audiences", &[("aud", Some("[]"))], Kind::Audience),
    (
        "nested audiences",
        &[("aud", Some("[[\"shop-api\"]]"))],
        Kind::Malformed,
    ),
    (
        "an audience among numbers",
        &[("aud", Some("[\"shop-api\",1]"))],
        Kind::Malformed,
    ),
    (
        "an audience object",
        &[("aud", Some("{\"shop-api\":1}"))],
        Kind::Malformed,
    ),
    ("an audience null", &[("aud", Some("null"))], Kind::Malformed),
    ("no subject", &[("sub", None)], Kind::Claims),
    ("an empty subject", &[("sub", Some("\"\""))], Kind::Claims),
    ("a number as subject", &[("sub", Some("42"))], Kind::Malformed),
    ("no id", &[("jti", None)], Kind::Claims),
    ("an empty id", &[("jti", Some("\"\""))], Kind::Claims),
    ("no kind", &[("kind", None)], Kind::Claims),
    ("an unknown kind", &[("kind", Some("\"admin\""))], Kind::Claims),
    ("no end", &[("exp", None)], Kind::Claims),
    (
        "a string as end",
        &[("exp", Some("\"9999999999\""))],
        Kind::Malformed,
    ),
    ("null as end", &[("exp", Some("null"))], Kind::Malformed),
    ("a negative end", &[("exp", Some("-1"))], Kind::Malformed),
    (
        "a fraction as end",
        &[("exp", Some("1767226500.5"))],
        Kind::Malformed,
    ),
    ("an infinite end", &[("exp", Some("1e400"))], Kind::Malformed),
    (
        "beyond 64 bits",
        &[("exp", Some("18446744073709551616"))],
        Kind::Malformed,
    ),
    (
        "the last second",
        &[("exp", Some("18446744073709551615"))],
        Kind::Lifetime,
    ),
    ("i64 max", &[("exp", Some("9223372036854775807"))], Kind::Lifetime),
    ("too long a life", &[("exp", Some("1767229201"))], Kind::Lifetime),
    (
        "issued after its end",
        &[("iat", Some("18446744073709551615"))],
        Kind::Lifetime,
    ),
    (
        "expired",
        &[("exp", Some("1767225570")), ("iat", Some("1767225000"))],
        Kind::Expired,
    ),
    ("no issue", &[("iat", None)], Kind::Claims),
    (
        "issued in the future",
        &[("iat", Some("1767225631"))],
        Kind::NotYetValid,
    ),
    ("a string as issue", &[("iat", Some("\"1\""))], Kind::Malformed),
    ("not yet", &[("nbf", Some("1767225631"))], Kind::NotYetValid),
    (
        "never",
        &[("nbf", Some("18446744073709551615"))],
        Kind::NotYetValid,
    ),
    (
        "CVE-2026-25537: nbf of another type",
        &[("nbf", Some("\"9999999999\""))],
        Kind::Malformed,
    ),
    (
        "an array as nbf",
        &[("nbf", Some("[9999999999]"))],
        Kind::Malformed,
    ),
    ("twice", &[("a", Some("1")), ("a", Some("1"))], Kind::Malformed),
    (
        "twice, escaped",
        &[("\\u0061ud", Some("\"other\""))],
        Kind::Malformed,
    ),
    (
        "twice, deep",
        &[("a", Some(r#"{"b":[{"c":1,"c":2}]}"#))],
        Kind::Malformed,
    ),
    (
        "bound to a key",
        &[("cnf", Some(r#"{"jkt":"abc"}"#))],
        Kind::Unproven,
    ),
    (
        "bound to a certificate",
        &[("cnf", Some(r#"{"x5t#S256":"abc"}"#))],
        Kind::Malformed,
    ),
    (
        "bound to two",
        &[("cnf", Some(r#"{"jkt":"abc","x5t#S256":"abc"}"#))],
        Kind::Malformed,
    ),
    (
        "roles of another type",
        &[("roles", Some("\"admin\""))],
        Kind::Malformed,
    ),
    (
        "an unknown factor",
        &[("factors", Some(r#"{"face":1}"#))],
        Kind::Malformed,
    ),
    (
        "a factor twice",
        &[("factors", Some(r#"{"pwd":1,"pwd":2}"#))],
        Kind::Malformed,
    ),
    (
        "an actor of another type",
        &[("act", Some("\"root\""))],
        Kind::Malformed,
    ),
    (
        "microseconds beyond a second",
        &[("iat_us", Some("1000000"))],
        Kind::Malformed,
    ),
];
