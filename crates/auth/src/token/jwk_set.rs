//! Public keys as JWK Sets, RFC 7517.
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Serialize;

use super::VerifyingKey;
use super::signature::Public;

#[derive(Serialize)]
struct Set<'a> {
    keys: Vec<Jwk<'a>>,
}

/// One key, members in the order of RFC 7517 appendix A.
#[derive(Serialize)]
struct Jwk<'a> {
    #[serde(flatten)]
    numbers: Numbers,
    #[serde(rename = "use")]
    usage: &'static str,
    alg: &'static str,
    kid: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "kty")]
enum Numbers {
    #[serde(rename = "OKP")]
    Ed { crv: &'static str, x: String },
    #[serde(rename = "EC")]
    Ec { crv: &'static str, x: String, y: String },
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
}

impl From<&Public> for Numbers {
    fn from(public: &Public) -> Self {
        let text = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
        match public {
            Public::Ed { x } => Self::Ed {
                crv: "Ed25519",
                x: text(x),
            },
            Public::Ec { x, y } => Self::Ec {
                crv: "P-256",
                x: text(x),
                y: text(y),
            },
            Public::Rsa { n, e } => Self::Rsa {
                n: text(n),
                e: text(e),
            },
        }
    }
}

/// The set of those keys that have a public half.
pub(super) fn write<'a>(keys: impl Iterator<Item = &'a VerifyingKey>) -> String {
    let jwk = |key: &'a VerifyingKey| {
        Some(Jwk {
            numbers: key.numbers()?.into(),
            usage: "sig",
            alg: key.algorithm().name(),
            kid: key.id(),
        })
    };
    let set = Set {
        keys: keys.filter_map(jwk).collect(),
    };
    // Strings under fixed names always serialise; without that, nothing is published.
    serde_json::to_string(&set).unwrap_or_else(|_| r#"{"keys":[]}"#.to_owned())
}
