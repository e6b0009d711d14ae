//! A stored password hash: a PHC string that was looked at closely.
use std::fmt;

use argon2::password_hash::phc;
use subtle::ConstantTimeEq;

use super::params::Argon2Cost;

/// The longest PHC string, in bytes. The longest that the other rules allow has 186.
const MAX_LEN: usize = 256;
/// The algorithm's only version that counts (RFC 9106 section 3.1: 0x13).
const VERSION: u32 = 19;
/// Bytes of salt: from what RFC 9106 allows to what the PHC string format allows.
const SALT: std::ops::RangeInclusive<usize> = 8..=48;
/// Bytes of output: 128 bits at least; at most what the PHC string format allows.
const OUTPUT: std::ops::RangeInclusive<usize> = 16..=64;

/// The hash of a password as it is stored: a PHC string of Argon2id, such as
/// `$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$...`.
///
/// It is made by [`Passwords::hash`](crate::Passwords::hash) or read back with [`parse`](Self::parse). It does not let anyone in, yet who holds it can
/// guess at leisure, so it is not printed: `Debug` shows the cost only.
///
/// ```
/// use palisade_auth::PasswordHash;
/// let stored = "$argon2id$v=19$m=19456,t=2,p=1$YWFhYWFhYWFhYWFhYWFhYQ$YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE";
/// let hash = PasswordHash::parse(stored)?;
/// assert_eq!(hash.as_str(), stored);
/// assert_eq!(hash.cost().memory_kib, 19_456);
/// assert!(PasswordHash::parse("$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW").is_err());
/// # Ok::<(), palisade_auth::MalformedHash>(())
/// ```
#[derive(Clone)]
pub struct PasswordHash {
    text: Box<str>,
    cost: Argon2Cost,
    salt: phc::Salt,
    output: phc::Output,
}

impl PasswordHash {
    /// Reads a stored hash.
    ///
    /// It must be in the one canonical spelling: `argon2id`, `v=19`, the parameters `m`, `t`, `p` in this order and no other,
    /// 8 to 48 bytes of salt, 16 to 64 bytes of output, unpadded base64, at most 256 bytes in all. A cost that the algorithm is
    /// not defined for, or beyond 1 GiB, 64 passes or 16 lanes, is refused here; what a verification may really cost is
    /// bounded more closely by [`PasswordSettings::with_stored_ceiling`](crate::PasswordSettings::with_stored_ceiling).
    ///
    /// # Errors
    /// [`MalformedHash`] for anything else.
    pub fn parse(text: &str) -> Result<Self, MalformedHash> {
        if text.len() > MAX_LEN {
            return Err(MalformedHash);
        }
        let parsed = phc::PasswordHash::new(text).map_err(|_| MalformedHash)?;
        let decimal = |name| parsed.params.get_decimal(name).ok_or(MalformedHash);
        let cost = Argon2Cost {
            memory_kib: decimal("m")?,
            passes: decimal("t")?,
            lanes: decimal("p")?,
        };
        let hash = Self::new(
            cost,
            parsed.salt.ok_or(MalformedHash)?,
            parsed.hash.ok_or(MalformedHash)?,
        )?;
        // Writing it anew also settles the algorithm, the version, and that no parameter is repeated or added.
        if *hash.text == *text {
            Ok(hash)
        } else {
            Err(MalformedHash)
        }
    }

    /// The hash of that cost, salt and output.
    pub(crate) fn from_parts(cost: Argon2Cost, salt: &[u8], output: &[u8]) -> Result<Self, MalformedHash> {
        let salt = phc::Salt::new(salt).map_err(|_| MalformedHash)?;
        let output = phc::Output::new(output).map_err(|_| MalformedHash)?;
        Self::new(cost, salt, output)
    }

    fn new(cost: Argon2Cost, salt: phc::Salt, output: phc::Output) -> Result<Self, MalformedHash> {
        if !(cost.is_sane() && SALT.contains(&salt.len()) && OUTPUT.contains(&output.len())) {
            return Err(MalformedHash);
        }
        let text = write(cost, salt, output).map_err(|_| MalformedHash)?;
        Ok(Self {
            text: text.into(),
            cost,
            salt,
            output,
        })
    }

    /// The PHC string, for the database and nowhere else.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What the hash was made with, and what verifying it costs.
    #[must_use]
    pub const fn cost(&self) -> Argon2Cost {
        self.cost
    }

    pub(crate) fn salt(&self) -> &[u8] {
        &self.salt
    }

    pub(crate) fn output_len(&self) -> usize {
        self.output.len()
    }

    /// Whether `output` is this hash's, in a time that depends on the lengths only.
    pub(crate) fn matches(&self, output: &[u8]) -> bool {
        self.output.as_bytes().ct_eq(output).into()
    }
}

fn write(cost: Argon2Cost, salt: phc::Salt, output: phc::Output) -> phc::Result<String> {
    let mut params = phc::ParamsString::new();
    params.add_decimal("m", cost.memory_kib)?;
    params.add_decimal("t", cost.passes)?;
    params.add_decimal("p", cost.lanes)?;
    let hash = phc::PasswordHash {
        algorithm: argon2::ARGON2ID_IDENT,
        version: Some(VERSION),
        params,
        salt: Some(salt),
        hash: Some(output),
    };
    Ok(hash.to_string())
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordHash")
            .field("cost", &self.cost)
            .finish_non_exhaustive()
    }
}

/// A text that is no password hash of this crate. It says no more, and holds nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an Argon2id hash")]
#[non_exhaustive]
pub struct MalformedHash;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SALT16: &str = "YWFhYWFhYWFhYWFhYWFhYQ";
    const OUT32: &str = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE";

    #[test]
    fn only_the_canonical_spelling_is_read() {
        let good = format!("$argon2id$v=19$m=19456,t=2,p=1${SALT16}${OUT32}");
        assert!(PasswordHash::parse(&good).is_ok());
        let cases = [
            ("empty", String::new()),
            ("argon2i", good.replace("argon2id", "argon2i")),
            ("argon2d", good.replace("argon2id", "argon2d")),
            (
                "bcrypt",
                "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW".into(),
            ),
            ("no version", good.replace("$v=19", "")),
            ("version 16", good.replace("v=19", "v=16")),
            ("version with zeroes", good.replace("v=19", "v=019")),
            ("no lanes", good.replace(",p=1", "")),
            ("a repeated parameter", good.replace("t=2", "t=2,t=2")),
            ("another parameter", good.replace("p=1", "p=1,keyid=AA")),
            ("other order", good.replace("m=19456,t=2", "t=2,m=19456")),
            ("signed number", good.replace("t=2", "t=+2")),
            ("number too large", good.replace("m=19456", "m=4294967296")),
            ("no passes", good.replace("t=2", "t=0")),
            ("no lanes at all", good.replace("p=1", "p=0")),
            ("less than 8 KiB a lane", good.replace("m=19456", "m=7")),
            ("4 TiB", good.replace("m=19456", "m=4294967295")),
            ("a billion passes", good.replace("t=2", "t=1000000000")),
            ("17 lanes", good.replace("p=1", "p=17")),
            ("short salt", good.replace(SALT16, "YWFhYWFhYQ")),
            ("no salt", good.replace(SALT16, "")),
            ("short output", good.replace(OUT32, "YWFhYWFhYWFhYWFhYWFh")),
            ("no output", good.replace(&format!("${OUT32}"), "")),
            ("padded base64", format!("{good}=")),
            (
                "trailing bits set",
                good.replace(OUT32, &OUT32.replace("WE", "WF")),
            ),
            ("a field more", format!("{good}$x")),
            ("a space", format!("{good} ")),
            ("a newline", format!("{good}\n")),
            ("huge", "$".repeat(1_000_000)),
        ];
        for (name, text) in cases {
            assert_ne!(text, good, "{name}: the case changes something");
            assert_eq!(PasswordHash::parse(&text).err(), Some(MalformedHash), "{name}");
        }
    }

    #[test]
    fn the_longest_hash_that_is_allowed_is_read_back() {
        let cost = Argon2Cost {
            memory_kib: 1 << 20,
            passes: 64,
            lanes: 16,
        };
        let hash = PasswordHash::from_parts(cost, &[7; 48], &[9; 64]).unwrap();
        assert_eq!(hash.as_str().len(), 186);
        assert_eq!(
            PasswordHash::parse(hash.as_str()).unwrap().as_str(),
            hash.as_str()
        );
        assert!(PasswordHash::from_parts(cost, &[7; 49], &[9; 64]).is_err());
        assert!(PasswordHash::from_parts(cost, &[7; 48], &[9; 65]).is_err());
    }

    #[test]
    fn neither_salt_nor_output_is_printed() {
        let hash = PasswordHash::parse(&format!("$argon2id$v=19$m=19456,t=2,p=1${SALT16}${OUT32}")).unwrap();
        let printed = format!("{hash:?}");
        assert!(!printed.contains("YWF") && !printed.contains("97"), "{printed}");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            memory_kib in 128_u32..=1 << 20, passes in 1_u32..=64, lanes in 1_u32..=16,
            salt in proptest::collection::vec(any::<u8>(), 8..=48),
            output in proptest::collection::vec(any::<u8>(), 16..=64),
        ) {
            let cost = Argon2Cost { memory_kib, passes, lanes };
            let hash = PasswordHash::from_parts(cost, &salt, &output).unwrap();
            let read = PasswordHash::parse(hash.as_str()).unwrap();
            prop_assert_eq!(read.cost(), cost);
            prop_assert_eq!(read.salt(), &salt[..]);
            prop_assert!(read.matches(&output));
            prop_assert!(!read.matches(&output[1..]));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,300}", tail in "[$=,a-z0-9+/]{0,200}") {
            drop(PasswordHash::parse(&text));
            drop(PasswordHash::parse(&format!("$argon2id$v=19$m=19456,t=2,p=1${tail}")));
            drop(PasswordHash::parse(&format!("$argon2id{tail}")));
        }
    }
}
