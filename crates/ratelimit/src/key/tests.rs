//! Keys: what is one, and what are two.
use std::collections::HashSet;
use std::hash::Hasher;

use palisade_core::{ClientAddr, RootSecret, Secret, Subject, Tenant};
use siphasher::sip128::{Hasher128, SipHasher13};

use super::parts::halves;
use super::*;

fn keys() -> KeyHasher {
    let secret = RootSecret::new(Secret::new((0..32).collect())).unwrap();
    let mut keys = KeyHasher::shared(&secret, "");
    keys.hash = Secret::new(halves(u128::from_le_bytes(*b"0123456789abcdef")));
    keys
}

fn client(ip: &str) -> ClientAddr {
    ClientAddr::from_peer(ip.parse().unwrap())
}

#[test]
fn parts_keep_their_borders_their_types_and_their_order() {
    let keys = keys();
    let subject = |text: &str| Subject::new(text).unwrap();
    let tenant = |text: &str| Tenant::new(text).unwrap();
    let all = [
        keys.key(),
        keys.key().label(""),
        keys.key().label("").label(""),
        keys.key().label("a|b"),
        keys.key().label("ab|"),
        keys.key().label("a").label("b"),
        keys.key().label("b").label("a"),
        keys.key().label("ab"),
        keys.key().label("a\u{2}b"),
        keys.key().bytes(b"ab"),
        keys.key().subject(&subject("ab")),
        keys.key().tenant(&tenant("ab")),
        keys.key().number(0),
        keys.key().number(1),
        keys.key().bytes(&[0; 8]),
        keys.key().label("192.0.2.1"),
        keys.key().client(&client("192.0.2.1")),
        keys.key().client(&client("192.0.2.2")),
        keys.key().client(&client("2001:db8::1")),
        keys.key().network(&client("::ffff:0:192.0.2.1").network_at(128)),
        keys.key().network(&client("::192.0.2.1").network_at(128)),
        keys.key().network(&client("1::ffff:192.0.2.1").network_at(128)),
        keys.key().network(&client("2001:db8::1").network_at(128)),
        keys.key().network(&client("2001:db8::1").network_at(56)),
        keys.key().client(&client("192.0.2.1")).label("x"),
        // What a part writes, written by hand as one.
        keys.key().bytes(&[2, 1, 0, 0, 0, 0, 0, 0, 0, b'a']),
    ];
    let distinct: HashSet<RateKey> = all.iter().cloned().map(KeyParts::finish).collect();
    assert_eq!(distinct.len(), all.len());
}

#[test]
fn addresses_of_one_64_are_one_client() {
    let keys = keys();
    let key = |ip| keys.key().client(&client(ip)).finish();
    assert_eq!(key("2001:db8::1"), key("2001:db8::ffff:1"));
    assert_ne!(key("2001:db8::1"), key("2001:db8:0:1::1"));
    assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
}

#[test]
fn spellings_of_one_account_are_one_key() {
    let keys = keys();
    let key = |name| keys.key().account(name).finish();
    for spelling in [
        "ada@shop.example",
        " Ada@Shop.Example\n",
        "\u{ff21}DA@shop.example",
        "ADA\u{fe6b}shop.example",
    ] {
        assert_eq!(key(spelling), key("ADA@SHOP.EXAMPLE"), "{spelling:?}");
    }
    // A capital sharp s and an i with a dot fold to the same however they are composed.
    assert_eq!(key("STRA\u{1e9e}E"), key("stra\u{df}e"));
    assert_eq!(key("\u{130}"), key("I\u{307}"));
    assert_ne!(key("ada@shop.example"), key("ada+1@shop.example"));
    assert_ne!(key("ada"), keys.key().label("ada").finish());
    let long = "\u{e9}".repeat(100_000);
    assert_eq!(key(&long), key(&"\u{e9}".repeat(1_000)), "the work is bounded");
}

#[test]
fn nodes_with_one_secret_make_the_same_keys_for_one_limit() {
    let secret = RootSecret::generate().unwrap();
    let key = |name| KeyHasher::shared(&secret, name).key().number(1).finish();
    assert_eq!(key("login"), key("login"));
    assert_ne!(key("login"), key("search"), "limits do not share counters");
    let other = RootSecret::generate().unwrap();
    assert_ne!(
        KeyHasher::shared(&other, "login").key().number(1).finish(),
        key("login")
    );
}

#[test]
fn the_hash_is_siphash_1_3_of_what_is_documented() {
    let mut by_hand = SipHasher13::new_with_key(b"0123456789abcdef");
    by_hand.write(&[
        2, 3, 0, 0, 0, 0, 0, 0, 0, b'a', b'b', b'c', 4, 7, 0, 0, 0, 0, 0, 0, 0,
    ]);
    let hash = by_hand.finish128();
    let key = keys().key().label("abc").number(7).finish();
    assert_eq!((key.low, key.high), (hash.h1, hash.h2));
}

#[test]
fn a_network_is_hashed_as_its_bytes() {
    let by_hand = |bytes: &[u8]| {
        let mut hash = SipHasher13::new_with_key(b"0123456789abcdef");
        hash.write(bytes);
        hash.finish128()
    };
    let v4 = keys().key().client(&client("192.0.2.1")).finish();
    let hash = by_hand(&[7, 192, 0, 2, 1]);
    assert_eq!((v4.low, v4.high), (hash.h1, hash.h2));
    let v6 = keys().key().client(&client("2001:db8::1")).finish();
    let hash = by_hand(&[3, 64, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!((v6.low, v6.high), (hash.h1, hash.h2));
}

#[test]
fn neither_secret_nor_key_is_printed() {
    let printed = format!("{:?} {:?} {:?}", keys(), keys().key(), keys().key().finish());
    assert!(printed.ends_with(" KeyParts(..) RateKey(..)"), "{printed}");
    assert!(
        printed.starts_with("KeyHasher { hash: Secret(..), accounts: "),
        "{printed}"
    );
    assert!(!printed.contains(|c: char| c.is_ascii_digit()), "{printed}");
}
