//! The login's two limits: independent, atomic, and not to be passed by other spellings.
#![cfg(all(feature = "auth", feature = "ratelimit"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::num::NonZeroU32;

use palisade::LoginLimits;
use palisade::auth::{Identifier, LoginBucket, LoginCharge, LoginLimiter};
use palisade::core::{ClientAddr, Collected, Recorder, SecurityEvent};
use palisade::ratelimit::Quota;
use palisade_testkit::race;

fn five_an_hour() -> Quota {
    Quota::per_hour(NonZeroU32::new(5).unwrap())
}

fn limits() -> LoginLimits {
    LoginLimits::new(five_an_hour(), five_an_hour()).unwrap()
}

fn name(text: &str) -> Identifier {
    Identifier::parse(text).unwrap()
}

fn somebody() -> ClientAddr {
    ClientAddr::from_peer([192, 0, 2, 7].into())
}

async fn allowed(limits: &LoginLimits, bucket: LoginBucket<'_>) -> bool {
    limits.charge(bucket, somebody()).await.unwrap() == LoginCharge::Allowed
}

#[tokio::test]
async fn one_account_used_up_leaves_other_accounts_and_clients_alone() {
    let limits = limits();
    let (ada, bob) = (name("ada@shop.example"), name("bob@shop.example"));
    for _ in 0..5 {
        assert!(allowed(&limits, LoginBucket::Account(&ada)).await);
    }
    assert!(!allowed(&limits, LoginBucket::Account(&ada)).await);
    assert!(allowed(&limits, LoginBucket::Account(&bob)).await);
    assert!(allowed(&limits, LoginBucket::Client(somebody().network())).await);
}

#[tokio::test]
async fn other_spellings_of_a_name_and_other_addresses_of_a_64_have_no_limit_of_their_own() {
    let limits = limits();
    for spelling in [
        "ada@shop.example",
        "ADA@shop.example",
        " ada@SHOP.example",
        "Ada@Shop.Example",
        "aDA@shop.example ",
    ] {
        assert!(allowed(&limits, LoginBucket::Account(&name(spelling))).await);
    }
    assert!(!allowed(&limits, LoginBucket::Account(&name("adA@shop.example"))).await);

    let client = |n: u16| ClientAddr::from_peer([0x2001, 0xdb8, 0, 0, 0, 0, 0, n].into());
    for n in 0..5 {
        assert!(allowed(&limits, LoginBucket::Client(client(n).network())).await);
    }
    assert!(!allowed(&limits, LoginBucket::Client(client(6).network())).await);
}

#[test]
fn of_a_hundred_guesses_at_once_five_get_through() {
    let limits = std::sync::Arc::new(limits());
    let charged = race(100, |_| {
        let limits = std::sync::Arc::clone(&limits);
        async move { allowed(&limits, LoginBucket::Account(&name("ada@shop.example"))).await }
    });
    assert_eq!(charged.into_iter().filter(|allowed| *allowed).count(), 5);
}

#[tokio::test]
async fn a_refusal_says_when_to_come_back_and_is_recorded() {
    let sink = Collected::new();
    let limits = limits().with_recorder(&Recorder::default().add_sink(sink.clone()));
    let ada = name("ada@shop.example");
    let mut last = LoginCharge::Allowed;
    for _ in 0..6 {
        last = limits
            .charge(LoginBucket::Account(&ada), somebody())
            .await
            .unwrap();
    }
    let LoginCharge::Refused { retry_after } = last else {
        panic!("the sixth is refused")
    };
    assert!(
        retry_after.as_secs() > 600 && retry_after.as_secs() <= 720,
        "{retry_after:?}"
    );
    assert_eq!(sink.kinds(), [SecurityEvent::ExcessRateLimitExceeded]);
}
