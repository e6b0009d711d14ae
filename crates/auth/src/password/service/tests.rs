use super::super::lab::{Lab, plain};
use super::super::{PasswordErrorKind, PasswordPolicy, PasswordRefused};
use super::*;

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn lab() -> (Lab, Passwords) {
    Lab::start(&PasswordSettings::default())
}

fn live() -> Argon2Cost {
    Argon2Params::default().cost()
}

fn costs(lab: &Lab) -> Vec<Argon2Cost> {
    lab.take().into_iter().map(|(cost, _)| cost).collect()
}

async fn kind_of(passwords: &Passwords, hash: &PasswordHash, password: Secret<String>) -> PasswordErrorKind {
    passwords.verify(hash, password).await.unwrap_err().kind()
}

#[tokio::test]
async fn asvs_v11_4_2_a_hash_is_salted_and_verifies_one_password() {
    let passwords = Passwords::start(&PasswordSettings::default()).unwrap();
    let hash = passwords.hash_normalised(secret("a password")).await.unwrap();
    let again = passwords.hash_normalised(secret("a password")).await.unwrap();
    assert_ne!(hash.as_str(), again.as_str(), "two salts");
    let phc = Argon2Hash::parse(hash.as_str()).unwrap();
    assert_eq!((phc.salt().len(), phc.output().len()), (16, 32));
    assert!(!passwords.needs_rehash(&hash));
    let stored = PasswordHash::parse(hash.as_str()).unwrap();
    assert!(passwords.verify(&stored, secret("a password")).await.is_ok());
    assert_eq!(
        kind_of(&passwords, &stored, secret("a passwore")).await,
        PasswordErrorKind::Mismatch
    );
}

#[tokio::test]
async fn asvs_v6_2_8_every_character_counts() {
    let (_, passwords) = lab();
    let hash = passwords.hash_normalised(secret("Pass word")).await.unwrap();
    assert!(passwords.verify(&hash, secret("Pass word")).await.is_ok());
    for wrong in [
        "pass word",
        "Pass word ",
        " Pass word",
        "Password",
        "Pass wor",
        "",
    ] {
        assert_eq!(
            kind_of(&passwords, &hash, secret(wrong)).await,
            PasswordErrorKind::Mismatch,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn the_last_byte_of_a_long_password_counts() {
    // bcrypt stops reading at 72 bytes.
    let passwords = Passwords::start(&PasswordSettings::default()).unwrap();
    let long = "x".repeat(1023);
    let hash = passwords
        .hash_normalised(secret(&format!("{long}a")))
        .await
        .unwrap();
    assert!(passwords.verify(&hash, secret(&format!("{long}a"))).await.is_ok());
    assert!(
        passwords
            .verify(&hash, secret(&format!("{long}b")))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn two_spellings_of_one_password_verify() {
    let (_, passwords) = lab();
    let policy = PasswordPolicy::customer();
    let context = PasswordContext::new("shop");
    let hash = passwords
        .accept(&policy, &context, secret("un caf\u{e9} au lait noir"))
        .await
        .unwrap();
    let decomposed = secret("un cafe\u{301} au lait noir");
    assert!(passwords.verify(&hash, decomposed).await.is_ok());
}

#[tokio::test]
async fn what_cannot_be_verified_costs_one_live_computation_and_fails() {
    let (lab, passwords) = lab();
    let hash = passwords.hash_normalised(secret("a password")).await.unwrap();
    let too_costly = Argon2Cost {
        memory_kib: 1 << 20,
        ..live()
    };
    let too_costly = plain(too_costly, &[1; 16], &[2; 32]);
    lab.take();

    let overlong = secret(&"x".repeat(1025));
    assert_eq!(
        kind_of(&passwords, &hash, overlong).await,
        PasswordErrorKind::Mismatch
    );
    assert_eq!(costs(&lab), [live()]);
    let costly = kind_of(&passwords, &too_costly, secret("a password")).await;
    assert_eq!(costly, PasswordErrorKind::Mismatch);
    assert_eq!(costs(&lab), [live()], "not a gigabyte");
}

#[tokio::test]
async fn the_stored_ceiling_decides_what_is_computed() {
    let stored = Argon2Cost {
        memory_kib: 65_536,
        passes: 3,
        lanes: 4,
    };
    let hash = plain(stored, &[1; 16], &[2; 32]);
    for (ceiling, computed) in [
        (stored, stored),
        (
            Argon2Cost {
                memory_kib: 65_535,
                ..stored
            },
            live(),
        ),
    ] {
        let (lab, passwords) = Lab::start(&PasswordSettings::default().with_stored_ceiling(ceiling));
        assert!(passwords.verify(&hash, secret("a password")).await.is_err());
        assert_eq!(costs(&lab), [computed]);
    }
}

#[tokio::test]
async fn nothing_matches_the_dummy() {
    let (lab, passwords) = lab();
    // Even where the computation gives just what the dummy holds.
    lab.always_the_same();
    let constant = lab.passwords(&PasswordSettings::default());
    let pretended = constant.check(None, Some(secret("anything"))).await;
    assert_eq!(pretended.unwrap_err().kind(), PasswordErrorKind::Mismatch);
    let pretended = constant.check(None, None).await;
    assert_eq!(pretended.unwrap_err().kind(), PasswordErrorKind::Mismatch);
    let hash = constant.hash_normalised(secret("one")).await.unwrap();
    assert!(
        constant.verify(&hash, secret("another")).await.is_ok(),
        "the engine is as constant as the test says"
    );
    drop(passwords);
}

#[tokio::test]
async fn what_the_policy_refuses_is_not_computed() {
    let (lab, passwords) = lab();
    let (policy, context) = (PasswordPolicy::customer(), PasswordContext::new("shop"));
    let refused = passwords
        .accept(&policy, &context, secret("short"))
        .await
        .unwrap_err();
    let reason = PasswordRefused::TooShort { min: 15, given: 5 };
    assert_eq!(refused.kind(), PasswordErrorKind::Refused(reason));
    assert!(lab.take().is_empty());
    passwords
        .accept(&policy, &context, secret("correct horse battery staple"))
        .await
        .unwrap();
    assert_eq!(
        costs(&lab),
        [live()],
        "and what it accepts costs one, whoever asks"
    );
}

#[test]
fn older_forms_of_hashes_need_a_rehash() {
    let (_, passwords) = lab();
    let of = |cost, salt: &[u8], output: &[u8]| passwords.needs_rehash(&plain(cost, salt, output));
    let weaker = Argon2Cost { passes: 1, ..live() };
    let stronger = Argon2Cost { passes: 3, ..live() };
    assert!(!of(live(), &[1; 16], &[1; 32]));
    for (name, old) in [
        ("weaker", of(weaker, &[1; 16], &[1; 32])),
        (
            "stronger: the operator turned it down",
            of(stronger, &[1; 16], &[1; 32]),
        ),
        ("a short salt", of(live(), &[1; 8], &[1; 32])),
        ("a short output", of(live(), &[1; 16], &[1; 16])),
    ] {
        assert!(old, "{name}");
    }
}

#[test]
fn a_start_without_memory_is_refused() {
    let none = Passwords::start_with(&PasswordSettings::default(), || None::<Argon2Engine>);
    assert!(none.unwrap_err().to_string().contains("memory"));
}
