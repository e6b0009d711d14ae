use std::time::Duration;

use palisade_core::{Collected, FakeClock, Recorder, RootSecret, Secret, SecurityEvent, Timestamp};
use proptest::prelude::*;

use super::super::lab::{Lab, plain};
use super::*;
use crate::password::{
    Argon2Cost, Argon2Params, PasswordErrorKind, PasswordSettings, Passwords, Upgrade, normalised,
};

const SECRET: &str = "correct horse battery staple";

fn id(text: &str) -> KeyId {
    KeyId::parse(text).unwrap()
}

fn ring(purpose: Purpose, key: &str) -> KeyRing {
    KeyRing::new(purpose, id(key), &RootSecret::generate().unwrap())
}

/// A ring in which `new` takes over from `old` an hour after the clock's time.
fn rotating(purpose: Purpose, clock: &FakeClock) -> KeyRing {
    use palisade_core::Clock;
    let mut ring = ring(purpose, "old");
    let at = clock.now().saturating_add(Duration::from_secs(3_600));
    ring.rotate(id("new"), &RootSecret::generate().unwrap(), at)
        .unwrap();
    ring
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

fn settings() -> PasswordSettings {
    PasswordSettings::default().with_clock(FakeClock::new())
}

async fn is_right(passwords: &Passwords, hash: &PasswordHash, text: &str) -> bool {
    match passwords.verify(hash, secret(text)).await {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(error.kind(), PasswordErrorKind::Mismatch);
            false
        }
    }
}

fn both() -> [(&'static str, Pepper); 2] {
    [
        (
            "$xchacha20poly1305$k=old$",
            Pepper::seal(ring(Pepper::SEAL, "old")).unwrap(),
        ),
        (
            "$hmac-sha256$k=old$argon2id$",
            Pepper::hmac(ring(Pepper::HMAC, "old")).unwrap(),
        ),
    ]
}

#[tokio::test]
async fn a_peppered_hash_names_its_key_and_verifies_one_password() {
    for (prefix, pepper) in both() {
        let passwords = Passwords::start(&settings().with_pepper(pepper)).unwrap();
        let hash = passwords.hash_normalised(secret(SECRET)).await.unwrap();
        assert!(hash.as_str().starts_with(prefix), "{}", hash.as_str());
        assert!(!passwords.needs_rehash(&hash), "{prefix}");
        let stored = PasswordHash::parse(hash.as_str()).unwrap();
        assert_eq!(stored.as_str(), hash.as_str());
        assert!(is_right(&passwords, &stored, SECRET).await, "{prefix}");
        assert!(
            !is_right(&passwords, &stored, "correct horse battery stapla").await,
            "{prefix}"
        );
    }
}

#[tokio::test]
async fn without_the_key_a_stolen_table_verifies_nothing() {
    for (prefix, pepper) in both() {
        let owner = Passwords::start(&settings().with_pepper(pepper)).unwrap();
        let hash = owner.hash_normalised(secret(SECRET)).await.unwrap();
        let thieves = both().map(|(_, pepper)| settings().with_pepper(pepper));
        for thief in thieves.iter().chain([&settings()]) {
            let (lab, _) = Lab::start(thief);
            let thief = lab.passwords(thief);
            assert!(!is_right(&thief, &hash, SECRET).await, "{prefix}");
            assert_eq!(lab.take().len(), 1, "the same work all the same");
        }
        // A tag is not the output: the PHC string within does not verify by itself.
        if let Some(inner) = hash.as_str().strip_prefix("$hmac-sha256$k=old") {
            let inner = PasswordHash::parse(inner).unwrap();
            assert!(!is_right(&Passwords::start(&settings()).unwrap(), &inner, SECRET).await);
        }
    }
}

#[tokio::test]
async fn every_path_costs_one_computation_and_the_missing_key_is_told_to_the_operator() {
    for (prefix, pepper) in both() {
        let sink = Collected::new();
        let recorder = Recorder::default().add_sink(sink.clone());
        let (lab, passwords) = Lab::start(&settings().with_pepper(pepper.clone()).with_recorder(recorder));
        let hash = passwords.hash_normalised(secret(SECRET)).await.unwrap();
        let other = hash.as_str().replace("k=old", "k=unknown");
        let other = PasswordHash::parse(&other).unwrap();
        lab.take();
        for hash in [Some(&hash), Some(&other), None] {
            let checked = passwords.check(hash, normalised(secret("wrong"))).await;
            assert_eq!(
                checked.unwrap_err().kind(),
                PasswordErrorKind::Mismatch,
                "{prefix}"
            );
            assert_eq!(lab.take().len(), 1, "{prefix}");
        }
        assert_eq!(
            sink.entries(),
            [(SecurityEvent::ControlFailed, Some("key_missing"))]
        );
        assert!(is_right(&passwords, &hash, SECRET).await);
        assert_eq!(
            sink.kinds(),
            [SecurityEvent::ControlFailed, SecurityEvent::ControlRecovered]
        );
    }
}

#[tokio::test]
async fn a_rotated_key_takes_over_at_the_next_login_without_another_computation() {
    for purpose in [Pepper::SEAL, Pepper::HMAC] {
        let clock = FakeClock::new();
        let ring = rotating(purpose, &clock);
        let pepper = if purpose == Pepper::SEAL {
            Pepper::seal(ring)
        } else {
            Pepper::hmac(ring)
        };
        let settings = settings().with_clock(clock.clone()).with_pepper(pepper.unwrap());
        let (lab, passwords) = Lab::start(&settings);
        let old = passwords.hash_normalised(secret(SECRET)).await.unwrap();
        assert!(old.as_str().contains("k=old$"));
        clock.advance(Duration::from_secs(3_600));
        assert!(passwords.needs_rehash(&old));
        lab.take();
        let checked = passwords
            .check(Some(&old), normalised(secret(SECRET)))
            .await
            .unwrap();
        let Upgrade::Wrapped(new) = checked.upgrade else {
            panic!("it is wrapped anew, not {:?}", checked.upgrade);
        };
        assert_eq!(lab.take().len(), 1);
        assert!(new.as_str().contains("k=new$") && !passwords.needs_rehash(&new));
        assert!(is_right(&passwords, &new, SECRET).await && !is_right(&passwords, &new, "wrong").await);
    }
}

#[tokio::test]
async fn a_table_is_wrapped_anew_offline_and_then_the_old_key_may_go() {
    let clock = FakeClock::new();
    let mut ring = rotating(Pepper::SEAL, &clock);
    let start = |ring: &KeyRing| {
        let settings = settings().with_clock(clock.clone());
        Passwords::start(&settings.with_pepper(Pepper::seal(ring.clone()).unwrap())).unwrap()
    };
    let passwords = start(&ring);
    let old = passwords.hash_normalised(secret(SECRET)).await.unwrap();
    assert!(passwords.rewrap(&old).unwrap().is_none(), "nothing to do yet");
    clock.advance(Duration::from_secs(3_600));
    let new = passwords.rewrap(&old).unwrap().unwrap();
    assert!(passwords.rewrap(&new).unwrap().is_none(), "done once");

    ring.compromise(&id("old")).unwrap();
    let passwords = start(&ring);
    assert!(is_right(&passwords, &new, SECRET).await);
    assert!(
        !is_right(&passwords, &old, SECRET).await,
        "a compromised key opens nothing"
    );
    assert_eq!(
        passwords.rewrap(&old).unwrap_err().kind(),
        PasswordErrorKind::Internal
    );
}

#[tokio::test]
async fn an_existing_table_takes_a_pepper_on_and_then_refuses_what_has_none() {
    let bare = Passwords::start(&settings()).unwrap();
    let hash = bare.hash_normalised(secret(SECRET)).await.unwrap();
    for (prefix, pepper) in both() {
        let passwords = Passwords::start(&settings().with_pepper(pepper.clone())).unwrap();
        assert!(
            is_right(&passwords, &hash, SECRET).await,
            "{prefix}: until then it still lets in"
        );
        let wrapped = passwords.rewrap(&hash).unwrap().unwrap();
        assert!(wrapped.as_str().starts_with(prefix));
        let strict = Passwords::start(&settings().with_pepper(pepper.refusing_unpeppered())).unwrap();
        assert!(is_right(&strict, &wrapped, SECRET).await, "{prefix}");
        assert!(
            !is_right(&strict, &hash, SECRET).await,
            "{prefix}: one that somebody put in"
        );
    }
}

#[tokio::test]
async fn one_kind_of_pepper_follows_another() {
    let (seal, hmac) = (ring(Pepper::SEAL, "s"), ring(Pepper::HMAC, "h"));
    let tagging = Passwords::start(&settings().with_pepper(Pepper::hmac(hmac.clone()).unwrap())).unwrap();
    let tagged = tagging.hash_normalised(secret(SECRET)).await.unwrap();
    let pepper = Pepper::seal(seal).unwrap().with_former_hmac(hmac).unwrap();
    let sealing = Passwords::start(&settings().with_pepper(pepper)).unwrap();
    assert!(
        sealing.rewrap(&tagged).unwrap().is_none(),
        "that takes the password"
    );
    let checked = sealing
        .check(Some(&tagged), normalised(secret(SECRET)))
        .await
        .unwrap();
    let Upgrade::Wrapped(sealed) = checked.upgrade else {
        panic!("it is sealed, not {:?}", checked.upgrade);
    };
    assert!(is_right(&sealing, &sealed, SECRET).await);
    assert!(!is_right(&tagging, &sealed, SECRET).await);
}

#[test]
fn a_short_output_is_tagged_at_a_login_only() {
    let passwords = |pepper| Passwords::start(&settings().with_pepper(pepper)).unwrap();
    let short = plain(Argon2Params::default().cost(), &[1; 16], &[2; 16]);
    let [(_, seal), (_, hmac)] = both();
    assert!(passwords(hmac).rewrap(&short).unwrap().is_none());
    assert!(passwords(seal).rewrap(&short).unwrap().is_some());
}

#[test]
fn what_cannot_work_is_refused_at_start() {
    assert!(Pepper::seal(ring(Pepper::HMAC, "a")).is_err(), "another purpose");
    assert!(Pepper::hmac(ring(Pepper::SEAL, "a")).is_err(), "another purpose");
    let twice = Pepper::seal(ring(Pepper::SEAL, "a"))
        .unwrap()
        .with_former_seal(ring(Pepper::SEAL, "b"));
    assert!(twice.unwrap_err().to_string().contains("already"));
    let mut revoked = ring(Pepper::SEAL, "a");
    revoked.compromise(&id("a")).unwrap();
    let none = Passwords::start(&settings().with_pepper(Pepper::seal(revoked).unwrap()));
    assert!(none.unwrap_err().to_string().contains("no key"));
}

#[test]
fn a_seal_binds_every_byte_and_its_key() {
    let pepper = Pepper::seal(ring(Pepper::SEAL, "old")).unwrap();
    let now = Timestamp::from_secs(1);
    let hash = Argon2Hash::from_parts(Argon2Params::default().cost(), &[1; 16], &[2; 32]).unwrap();
    let sealed = pepper.wrap(hash.clone(), now).unwrap();
    let again = pepper.wrap(hash, now).unwrap();
    assert_ne!(sealed.as_str(), again.as_str(), "two nonces");
    let opened = |text: &str| {
        PasswordHash::parse(text)
            .ok()
            .and_then(|hash| pepper.open(&hash, now))
            .is_some()
    };
    assert!(opened(sealed.as_str()));
    let start = "$xchacha20poly1305$k=old$".len();
    for at in start..sealed.as_str().len() {
        let mut bytes = sealed.as_str().as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert!(!opened(std::str::from_utf8(&bytes).unwrap()), "byte {at}");
    }
    // The same key under another name.
    let secret = RootSecret::generate().unwrap();
    let named = |name: &str| Pepper::seal(KeyRing::new(Pepper::SEAL, id(name), &secret)).unwrap();
    let hash = Argon2Hash::from_parts(Argon2Params::default().cost(), &[1; 16], &[2; 32]).unwrap();
    let moved = named("a")
        .wrap(hash, now)
        .unwrap()
        .as_str()
        .replace("k=a$", "k=b$");
    assert!(
        named("b")
            .open(&PasswordHash::parse(&moved).unwrap(), now)
            .is_none()
    );
}

#[test]
fn only_the_one_spelling_is_read() {
    let phc =
        "argon2id$v=19$m=19456,t=2,p=1$YWFhYWFhYWFhYWFhYWFhYQ$YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE";
    let nonce = "A".repeat(32);
    let good = [
        format!("$hmac-sha256$k=a${phc}"),
        format!("$xchacha20poly1305$k=a${nonce}$AAAA"),
    ];
    for text in &good {
        assert!(PasswordHash::parse(text).is_ok(), "{text}");
    }
    let long = "A".repeat(1_000_000);
    for text in [
        "$hmac-sha256$",
        "$hmac-sha256$k=a",
        "$hmac-sha256$k=a$",
        "$xchacha20poly1305$",
        "$xchacha20poly1305$k=a$",
        "$xchacha20poly1305$k=a$$",
        &good[0].replace("k=a", "k="),
        &good[0].replace("k=a", "k=a b"),
        &good[0].replace("k=a", "a"),
        &good[0].replace(
            "$YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE",
            "$YWFhYWFhYWFhYWFhYWFhYQ",
        ),
        &good[0].replace("v=19", "v=16"),
        &format!("{} ", good[0]),
        &good[1].replace("k=a", &format!("k={}", "a".repeat(33))),
        &good[1].replace(&nonce, "AAAA"),
        &good[1].replace("AAAA", "AAAB$AAAA"),
        &format!("{}=", good[1]),
        &format!("{}{long}", good[1]),
        &format!("{}\n", good[1]),
    ] {
        let start: String = text.chars().take(80).collect();
        assert!(PasswordHash::parse(text).is_err(), "{start}");
    }
}

#[test]
fn the_cost_within_a_seal_is_held_against_the_ceiling() {
    let now = Timestamp::from_secs(1);
    let cost = Argon2Cost {
        memory_kib: 1 << 20,
        passes: 64,
        lanes: 16,
    };
    let hash = Argon2Hash::from_parts(cost, &[1; 16], &[2; 32]).unwrap();
    for (_, pepper) in both() {
        let hash = pepper.wrap(hash.clone(), now).unwrap();
        let (lab, passwords) = Lab::start(&settings().with_pepper(pepper));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        assert!(!runtime.block_on(is_right(&passwords, &hash, SECRET)));
        let costs: Vec<_> = lab.take().into_iter().map(|(cost, _)| cost).collect();
        assert_eq!(costs, [Argon2Params::default().cost()]);
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(tail in "[$=,a-zA-Z0-9+/ ]{0,400}") {
        for prefix in ["$hmac-sha256$", "$hmac-sha256$k=a$", "$xchacha20poly1305$", "$xchacha20poly1305$k=a$"] {
            drop(PasswordHash::parse(&format!("{prefix}{tail}")));
        }
    }
}
