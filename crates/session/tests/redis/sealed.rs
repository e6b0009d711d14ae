//! What somebody finds who reads the server's memory.
use palisade_core::{KeyId, KeyRing, Purpose, RootSecret};
use palisade_session::{CookiePolicy, Lifetimes, Login, RedisStore, Sessions};
use palisade_testkit::RedisServer;

use crate::site::{Jar, principal, sessions, standalone};

fn ring(id: &str) -> KeyRing {
    let root = RootSecret::generate().unwrap();
    KeyRing::new(Purpose::new("sessions"), KeyId::parse(id).unwrap(), &root)
}

fn sealed(server: &RedisServer, ring: &KeyRing) -> Sessions<RedisStore> {
    let store = RedisStore::new(standalone(&server.url())).with_keys(ring.clone());
    Sessions::new(store, CookiePolicy::default(), Lifetimes::account())
}

/// Everything that the server holds, keys and values.
fn everything(server: &RedisServer) -> String {
    let keys = server.command(&["KEYS", "*"]);
    let dump = |key: &str| format!("{key}\n{}\n", server.command(&["HGETALL", key]));
    keys.lines().map(dump).collect()
}

#[tokio::test]
async fn no_id_is_stored_and_sealed_values_tell_nothing() {
    let server = RedisServer::start();
    let (keys, mut ada) = (ring("1"), Jar::default());
    let sessions = sealed(&server, &keys);
    let session = ada.load(&sessions).await.unwrap();
    let login = Login::new(principal("ada@shop.example")).with_device("Firefox on Linux");
    sessions.login(&session, login).await.unwrap();
    session.insert("cart", "teapot").unwrap();
    sessions.save(&session).await.unwrap();
    ada.take(&sessions, &session);
    let stored = everything(&server);
    let cookie = format!("{ada:?}");
    let id = cookie
        .split("__Host-id=")
        .nth(1)
        .unwrap()
        .chars()
        .take(55)
        .collect::<String>();
    assert_eq!(id.len(), 55);
    let secret: String = id.chars().skip(12).collect();
    for hidden in [secret.as_str(), "ada@shop", "Firefox", "teapot"] {
        assert!(!stored.contains(hidden), "{hidden} is readable");
    }
    assert!(stored.contains("=cart"), "the dump is one");
    assert_eq!(
        ada.look(&sessions).await,
        (Some("ada@shop.example".to_owned()), Some("teapot".to_owned()))
    );
}

#[tokio::test]
async fn without_keys_the_id_is_a_hash_all_the_same() {
    let server = RedisServer::start();
    let sessions = sessions(standalone(&server.url()));
    let mut ada = Jar::default();
    ada.login(&sessions, "ada").await;
    let cookie = format!("{ada:?}");
    let id = cookie
        .split("__Host-id=")
        .nth(1)
        .unwrap()
        .chars()
        .take(55)
        .collect::<String>();
    let secret: String = id.chars().skip(12).collect();
    assert!(!everything(&server).contains(&secret));
}

#[tokio::test]
async fn a_compromised_key_ends_its_sessions_and_a_missing_one_is_an_error() {
    let server = RedisServer::start();
    let (mut keys, mut ada) = (ring("1"), Jar::default());
    ada.login(&sealed(&server, &keys), "ada").await;
    let other = sealed(&server, &ring("2"));
    assert!(
        ada.load(&other).await.is_err(),
        "a key that another node may have"
    );
    keys.compromise(&KeyId::parse("1").unwrap()).unwrap();
    let session = ada.load(&sealed(&server, &keys)).await.unwrap();
    assert!(session.principal().is_none(), "void");
}

#[tokio::test]
async fn a_value_that_was_moved_to_another_session_is_an_error() {
    let server = RedisServer::start();
    let keys = ring("1");
    let sessions = sealed(&server, &keys);
    let (mut ada, mut eve) = (Jar::default(), Jar::default());
    ada.login(&sessions, "ada").await;
    eve.login(&sessions, "eve").await;
    let name = |session: &palisade_session::Session| session.reference().unwrap();
    let (of_ada, of_eve) = (
        name(&ada.load(&sessions).await.unwrap()),
        name(&eve.load(&sessions).await.unwrap()),
    );
    // Whoever can write to the server puts ada's sealed holder into eve's session.
    let keys = server.command(&["KEYS", "palisade:sess:*"]);
    let key_of = |reference: palisade_core::TokenRef| {
        let tag = format!("{{{reference}}}");
        keys.lines().find(|key| key.ends_with(&tag)).unwrap().to_owned()
    };
    let copy = "redis.call('HSET', KEYS[2], 'w', redis.call('HGET', KEYS[1], 'w')) return 1";
    let copied = server.command(&["EVAL", copy, "2", &key_of(of_ada), &key_of(of_eve)]);
    assert_eq!(copied, "1");
    assert!(eve.load(&sessions).await.is_err(), "and is not ada by that");
    assert!(ada.load(&sessions).await.is_ok());
}
