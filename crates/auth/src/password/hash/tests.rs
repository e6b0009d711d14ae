use proptest::prelude::*;

use super::*;

fn from_parts(cost: Argon2Cost, salt: &[u8], output: &[u8]) -> Result<PasswordHash, MalformedHash> {
    PasswordHash::plain(Argon2Hash::from_parts(cost, salt, output)?)
}

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
    let hash = from_parts(cost, &[7; 48], &[9; 64]).unwrap();
    assert_eq!(hash.as_str().len(), 186);
    assert_eq!(
        PasswordHash::parse(hash.as_str()).unwrap().as_str(),
        hash.as_str()
    );
    assert!(from_parts(cost, &[7; 49], &[9; 64]).is_err());
    assert!(from_parts(cost, &[7; 48], &[9; 65]).is_err());
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
        let hash = from_parts(cost, &salt, &output).unwrap();
        let read = Argon2Hash::parse(hash.as_str()).unwrap();
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
