use palisade_core::{FakeClock, KeyId, KeyRing, RootSecret, Secret};
use proptest::prelude::*;

use super::*;
use crate::{PasswordErrorKind, PasswordSettings, Passwords, Pepper};

const VECTORS: &str = include_str!("vectors/legacy.txt");

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn passwords() -> Passwords {
    Passwords::start(&PasswordSettings::default()).unwrap()
}

fn vectors() -> Vec<(&'static str, PasswordHash)> {
    let lines = VECTORS.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.split_once('\t').unwrap())
        .map(|(password, text)| (password, PasswordHash::parse_legacy(text).unwrap()))
        .collect()
}

#[tokio::test]
async fn asvs_v11_4_2_every_vector_verifies_and_is_to_be_replaced() {
    let (passwords, vectors) = (passwords(), vectors());
    assert_eq!(vectors.len(), 20);
    for (password, hash) in vectors {
        let text = hash.as_str();
        assert!(passwords.verify(&hash, secret(password)).await.is_ok(), "{text}");
        // Hundreds of thousands of rounds without optimisation: once for each of Spring's is enough.
        if !text.starts_with("{pbkdf2") {
            let wrong = passwords.verify(&hash, secret("lètmein 2027")).await.unwrap_err();
            assert_eq!(wrong.kind(), PasswordErrorKind::Mismatch, "{text}");
        }
        assert!(passwords.needs_rehash(&hash), "{text}");
        assert!(
            PasswordHash::parse(text).is_err(),
            "{text}: only who asks for it gets it"
        );
    }
}

#[tokio::test]
async fn bcrypt_reads_no_more_than_72_bytes_and_what_is_longer_is_refused_after_the_same_work() {
    // Made of 72 and of 71 times x: CVE-2025-22228 let in whoever had the first 72 bytes right.
    let hashes = [
        (72, "$2b$05$3J33xLX0PyX92r9QlCEs/eDtBBzDpfa3h9zWC89/kXdKLIRIYnwzO"),
        (71, "$2b$05$0MS4dEN0pEFyHoqD37zyQecy9rOIn5fCH.AGwhJWlK0SPXZUMUS8C"),
    ];
    let passwords = passwords();
    for (length, text) in hashes {
        for text in [
            text.to_owned(),
            format!("{{bcrypt}}{text}"),
            format!("bcrypt${text}"),
        ] {
            let hash = PasswordHash::parse_legacy(&text).unwrap();
            let right = "x".repeat(length);
            assert!(passwords.verify(&hash, secret(&right)).await.is_ok(), "{text}");
            for wrong in [
                format!("{right}y"),
                format!("{}y", "x".repeat(72)),
                "x".repeat(73),
                "x".repeat(1_024),
                format!("{right}\0"),
                "x".repeat(70),
            ] {
                let before = passwords.load().computed;
                let refused = passwords.verify(&hash, secret(&wrong)).await.unwrap_err();
                assert_eq!(
                    refused.kind(),
                    PasswordErrorKind::Mismatch,
                    "{text}, {} bytes",
                    wrong.len()
                );
                assert_eq!(
                    passwords.load().computed,
                    before + 1,
                    "{text}, {} bytes",
                    wrong.len()
                );
            }
        }
    }
}

#[tokio::test]
async fn a_zero_byte_ends_no_password() {
    // crypt(3) would take it for "U*U".
    let hash =
        PasswordHash::parse_legacy("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW").unwrap();
    assert!(passwords().verify(&hash, secret("U*U\0V")).await.is_err());
    assert!(passwords().verify(&hash, secret("")).await.is_err());
}

#[tokio::test]
async fn a_table_that_has_taken_a_pepper_on_can_refuse_them() {
    let ring = KeyRing::new(
        Pepper::SEAL,
        KeyId::parse("a").unwrap(),
        &RootSecret::generate().unwrap(),
    );
    let pepper = Pepper::seal(ring).unwrap();
    let (password, hash) = vectors().swap_remove(7);
    let start = |pepper| {
        let settings = PasswordSettings::default().with_clock(FakeClock::new());
        Passwords::start(&settings.with_pepper(pepper)).unwrap()
    };
    let passwords = start(pepper.clone());
    assert!(passwords.verify(&hash, secret(password)).await.is_ok());
    assert!(
        passwords.rewrap(&hash).unwrap().is_none(),
        "that takes the password"
    );
    assert!(
        start(pepper.refusing_unpeppered())
            .verify(&hash, secret(password))
            .await
            .is_err()
    );
}

const BCRYPT: &str = "$2b$05$3J33xLX0PyX92r9QlCEs/eDtBBzDpfa3h9zWC89/kXdKLIRIYnwzO";
const DJANGO: &str = "pbkdf2_sha256$10000$seasalt$wuCS6k8xKQsEPngXZbWExXASsjQUCswxl0uN5MJAzBo=";
const SCRYPT: &str =
    "$scrypt$ln=10,r=8,p=1$NmZMCeHcm1NqrTUm5DyndA$B9MDy2qJxDzOPToyCYEXferQkclElwy8pc/fTnsMs7c";
const PBKDF2: &str =
    "$pbkdf2-sha256$i=1000,l=32$yzkn5HzP2ZvzPqcUIoTQWg$j2yIBo/Xv7k2x1tRjZxdiXMFwYeLZzDBAOrkLyp9ZpI";
const DJANGO_SCRYPT: &str = "scrypt$16384$seasalt$8$5$ANqFk4u+sYclWCYaep6zAQ7SVzx1g79iW1ZYoKeVXS1Xi7vdkBc1sCdO3kqZcjh5sZfksew0dRnjo6+X0mYTtg==";

#[test]
fn what_is_weak_or_of_another_form_is_not_read() {
    for good in [BCRYPT, DJANGO, SCRYPT, PBKDF2, DJANGO_SCRYPT] {
        assert!(PasswordHash::parse_legacy(good).is_ok(), "{good}");
    }
    for (name, text) in [
        ("nothing", String::new()),
        ("plain text", "{noop}password".into()),
        ("MD5", "{MD5}5f4dcc3b5aa765d61d8327deb882cf99".into()),
        ("salted MD5", "md5$seasalt$f5531bef9f3687d0ccf0f617f0e25573".into()),
        ("SHA-256 without a cost", "{sha256}97cde38028ad898ebc02e690819fa220e88c62e0699403e94fff291cfffaf8410849f27605abcbc0".into()),
        ("an unknown name", "{ldap}{SSHA}AAAA".into()),
        ("no password", "!".into()),
        ("a PHC string of ours", "$argon2id$v=19$m=19456,t=2,p=1$YWFhYWFhYWFhYWFhYWFhYQ$YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE".into()),
        ("Argon2i", "argon2$argon2i$v=19$m=1024,t=2,p=1$c2Vhc2FsdHNlYXNhbHQ$0x1EITRJlhr5zLCTAh7EbHuXoUjg+CqGWEYA2E+yP78".into()),
        ("the bcrypt with the sign bug", BCRYPT.replace("$2b$", "$2x$")),
        ("bcrypt, 2^15", BCRYPT.replace("$05$", "$15$")),
        ("bcrypt, 2^3", BCRYPT.replace("$05$", "$03$")),
        ("bcrypt, 2^5 with a sign", BCRYPT.replace("$05$", "$+5$")),
        ("bcrypt, cut", BCRYPT.trim_end_matches('O').into()),
        ("bcrypt, longer", format!("{BCRYPT}A")),
        ("bcrypt, another alphabet", BCRYPT.replace('/', "+")),
    ] {
        assert_eq!(PasswordHash::parse_legacy(&text).err(), Some(MalformedHash), "{name}");
    }
}

#[test]
fn what_is_broken_or_costly_is_not_read() {
    let long = "A".repeat(1_000_000);
    for (name, text) in [
        ("4 000 001 rounds", DJANGO.replace("$10000$", "$4000001$")),
        ("no rounds", DJANGO.replace("$10000$", "$0$")),
        ("fewer than no rounds", DJANGO.replace("$10000$", "$-1$")),
        (
            "too many rounds for a number",
            DJANGO.replace("$10000$", "$99999999999$"),
        ),
        (
            "short output",
            DJANGO.replace("wuCS6k8xKQsEPngXZbWExXASsjQUCswxl0uN5MJAzBo=", "AAAA"),
        ),
        (
            "no output",
            DJANGO.replace("wuCS6k8xKQsEPngXZbWExXASsjQUCswxl0uN5MJAzBo=", ""),
        ),
        ("a field more", format!("{DJANGO}$")),
        ("256 MiB", SCRYPT.replace("ln=10", "ln=18")),
        ("2^63 blocks", SCRYPT.replace("ln=10", "ln=63")),
        ("2^255 blocks", SCRYPT.replace("ln=10", "ln=255")),
        ("N = 1", SCRYPT.replace("ln=10", "ln=0")),
        ("r = 0", SCRYPT.replace("r=8", "r=0")),
        ("p = 0", SCRYPT.replace("p=1", "p=0")),
        ("17 lanes", SCRYPT.replace("p=1", "p=17")),
        ("r that overflows", SCRYPT.replace("r=8", "r=4294967295")),
        ("another length than said", PBKDF2.replace("l=32", "l=31")),
        (
            "N that is no power of two",
            DJANGO_SCRYPT.replace("16384", "16383"),
        ),
        ("128 MiB five times", DJANGO_SCRYPT.replace("16384", "131072")),
        (
            "half a byte",
            "{pbkdf2}5d923b44a6d129f3ddf3e3c8d29412723dcbde72445e8ef6bf3b508fbf17fa4ed4d6b99ca763d8d".into(),
        ),
        (
            "hexadecimal in capitals",
            "{pbkdf2}5D923B44A6D129F3ddf3e3c8d29412723dcbde72445e8ef6bf3b508fbf17fa4ed4d6b99ca763d8dc".into(),
        ),
        ("huge", format!("{DJANGO}{long}")),
    ] {
        assert_eq!(
            PasswordHash::parse_legacy(&text).err(),
            Some(MalformedHash),
            "{name}"
        );
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_parsers_panic(
        prefix in prop::sample::select(vec![
            "$2b$05$", "$scrypt$", "$pbkdf2-sha256$", "pbkdf2_sha1$", "scrypt$", "bcrypt_sha256$", "argon2$",
            "{bcrypt}", "{pbkdf2}", "{scrypt}$", "{pbkdf2@SpringSecurity_v5_8}", "",
        ]),
        tail in "[$={},a-zA-Z0-9+/.é -]{0,120}",
    ) {
        drop(PasswordHash::parse_legacy(&format!("{prefix}{tail}")));
    }
}
