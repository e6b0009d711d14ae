//! One password hash: through the pool, and as the crate's documentation shows.
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use palisade_auth::{PasswordContext, PasswordPolicy, PasswordSettings, Passwords};
use palisade_core::Secret;

use crate::sample::timed;
use crate::{Bar, Pair};

const PASSWORD: &str = "correct horse battery staple";

pub(super) fn pairs() -> Vec<Pair> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let passwords = Passwords::start(&PasswordSettings::default()).unwrap();
    let secret = || Secret::new(PASSWORD.to_owned());
    let context = PasswordContext::new("shop");
    let hash = runtime
        .block_on(passwords.accept(&PasswordPolicy::customer(), &context, secret()))
        .unwrap();
    let plain = Argon2::default().hash_password(PASSWORD.as_bytes()).unwrap();
    vec![Pair {
        what: "verify a password, m=19456 t=2 p=1: pool / argon2 crate inline".to_owned(),
        ours: Box::new(move |iterations| {
            timed(|| {
                for _ in 0..iterations {
                    let verified = runtime.block_on(passwords.verify(&hash, secret()));
                    assert!(verified.is_ok());
                }
            })
        }),
        peer: Box::new(move |iterations| {
            timed(|| {
                for _ in 0..iterations {
                    assert!(
                        Argon2::default()
                            .verify_password(PASSWORD.as_bytes(), &plain)
                            .is_ok()
                    );
                }
            })
        }),
        floor: None,
        bar: Some(Bar::Ratio(0.75)),
    }]
}
