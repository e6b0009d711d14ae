//! `interop mint DIRECTORY` writes tokens of this library for others to verify, and `interop verify FILE` reads theirs.
//! `cargo xtask interop` runs it between `PyJWT` and `jose`.
//!
//! The keys are those of the tests, so that both sides have them.
use std::error::Error;
use std::fs;
use std::path::Path;

use base64ct::{Base64UrlUnpadded, Encoding};
use palisade_auth::{AccessTokens, Grant, Issuer, SigningKey, SigningKeys, TokenProfile};
use palisade_core::{KeyId, Principal, PrincipalKind, Purpose, RootSecret, Secret, Subject};
use serde::{Deserialize, Serialize};
use serde_json::Value;

const ISSUER: &str = "https://shop.example";
const AUDIENCE: &str = "interop";
const KEYS: &str = "crates/auth/tests/vectors/keys";
/// What this library derives a key of HMAC for.
const HS256: Purpose = Purpose::new("palisade access token hs256");

/// What the other side gets.
#[derive(Serialize)]
struct Minted {
    issuer: &'static str,
    audience: &'static str,
    /// The key of HS256, in base64url.
    secret: String,
    keys: Vec<Value>,
    tokens: Vec<Token>,
}

#[derive(Serialize, Deserialize)]
struct Token {
    alg: String,
    token: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["mint", directory] => mint(Path::new(directory)),
        ["verify", file] => verify(Path::new(file)),
        _ => Err("interop mint DIRECTORY | interop verify FILE".into()),
    }
}

fn mint(directory: &Path) -> Result<(), Box<dyn Error>> {
    let ada = Principal::new(Subject::new("42")?, PrincipalKind::Customer).add_role("buyer");
    let (mut keys, mut tokens) = (Vec::new(), Vec::new());
    for (alg, held) in all()? {
        let mut set: Value = serde_json::from_str(&held.jwk_set())?;
        if let Some(published) = set.get_mut("keys").and_then(Value::as_array_mut) {
            keys.append(published);
        }
        let issued = Issuer::new(ISSUER, AUDIENCE, held)?.issue(&Grant::new(&ada))?;
        tokens.push(Token {
            alg: alg.to_owned(),
            token: issued.token().expose().clone(),
        });
    }
    let minted = Minted {
        issuer: ISSUER,
        audience: AUDIENCE,
        secret: Base64UrlUnpadded::encode_string(root()?.derive(HS256).expose()),
        keys,
        tokens,
    };
    fs::write(directory.join("minted.json"), serde_json::to_vec(&minted)?)?;
    Ok(())
}

/// Verifies one token of each algorithm, and refuses each with another's signature.
fn verify(file: &Path) -> Result<(), Box<dyn Error>> {
    let theirs: Vec<Token> = serde_json::from_slice(&fs::read(file)?)?;
    for (alg, keys) in all()? {
        let profile = TokenProfile::third_party(ISSUER, AUDIENCE, PrincipalKind::Customer)?;
        let access = AccessTokens::new(profile, keys);
        let token = theirs.iter().find(|token| token.alg == alg);
        let token = token.ok_or_else(|| format!("no token of {alg}"))?;
        let verified = access.verify_now(token.token.as_bytes());
        let verified = verified.map_err(|refused| format!("{alg}: {:?}", refused.kind()))?;
        if verified.principal().subject().as_str() != "42" {
            return Err(format!("{alg}: another subject").into());
        }
        for other in theirs.iter().filter(|other| other.alg != alg) {
            if access.verify_now(other.token.as_bytes()).is_ok() {
                return Err(format!("{alg}: took a token of {}", other.alg).into());
            }
        }
    }
    Ok(())
}

/// The keys by algorithm; the id of each is its algorithm's name.
fn all() -> Result<Vec<(&'static str, SigningKeys)>, Box<dyn Error>> {
    let pem = |name: &str| fs::read_to_string(format!("{KEYS}/{name}.pem")).map(Secret::new);
    let all = [
        ("EdDSA", SigningKey::ed25519_pem(&pem("ed")?)?),
        ("ES256", SigningKey::es256_pem(&pem("ec")?)?),
        ("RS256", SigningKey::rs256_pem(&pem("rsa")?)?),
        ("PS256", SigningKey::ps256_pem(&pem("rsa")?)?),
        ("HS256", SigningKey::hs256(&root()?)),
    ];
    let held = |(alg, key)| Ok((alg, SigningKeys::new(KeyId::parse(alg)?, key)?));
    all.into_iter().map(held).collect()
}

fn root() -> Result<RootSecret, Box<dyn Error>> {
    Ok(RootSecret::new(Secret::new((1..=32).collect()))?)
}
