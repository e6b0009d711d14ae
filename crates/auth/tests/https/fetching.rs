//! What is fetched, and what is refused.
use std::time::Duration;

use palisade_auth::{
    AcceptPassword, AccessTokens, BreachScreen, Grant, HttpsClient, HttpsJwks, HttpsRanges, Issuer,
    JwksDocument, JwksSource, PasswordContext, PasswordErrorKind, PasswordPolicy, PasswordRefused,
    RemoteKeys, SigningKey, SigningKeys, TokenProfile, TokenRefusedKind,
};
use palisade_core::{KeyId, Principal, PrincipalKind, RootSecret, Secret, Subject};

use crate::server::Server;

const CA: &str = include_str!("../vectors/tls/ca.pem");
const OTHER: &str = include_str!("../vectors/tls/other.pem");

fn client(roots: &str) -> HttpsClient {
    HttpsClient::with_roots_pem(roots).unwrap()
}

fn keys() -> SigningKeys {
    let key = SigningKey::ed25519(&RootSecret::generate().unwrap()).unwrap();
    SigningKeys::new(KeyId::parse("k1").unwrap(), key).unwrap()
}

fn ok(fields: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: {length}\r\n\r\n{body}")
}

fn at(server: &Server) -> String {
    format!("https://localhost:{}/.well-known/jwks.json", server.port)
}

async fn fetched(client: HttpsClient, server: &Server) -> Option<JwksDocument> {
    HttpsJwks::new(client, &at(server)).unwrap().fetch().await.ok()
}

#[tokio::test]
async fn keys_over_tls_verify_their_issuers_tokens() {
    let keys = keys();
    let server = Server::tls(ok("Content-Type: application/jwk-set+json\r\n", &keys.jwk_set())).await;
    let remote = RemoteKeys::new(HttpsJwks::new(client(CA), &at(&server)).unwrap());
    remote.ready().await.unwrap();
    let profile = TokenProfile::third_party("https://id.example", "api", PrincipalKind::Customer).unwrap();
    let tokens = AccessTokens::new(profile, remote);
    let ada = Principal::new(Subject::new("42").unwrap(), PrincipalKind::Customer);
    let elsewhere = Issuer::new("https://id.example", "api", keys).unwrap();
    let issued = elsewhere.issue(&Grant::new(&ada)).unwrap();
    let verified = tokens.verify(issued.token().expose().as_bytes()).await.unwrap();
    assert_eq!(verified.principal().subject(), ada.subject());
    let [asked] = &*server.asked() else {
        panic!("one fetch")
    };
    assert!(
        asked.starts_with("GET /.well-known/jwks.json HTTP/1.1\r\n"),
        "{asked}"
    );
}

#[tokio::test]
async fn a_server_that_cannot_prove_its_name_is_not_believed() {
    let server = Server::tls(ok("", &keys().jwk_set())).await;
    assert!(fetched(client(CA), &server).await.is_some());
    assert!(
        fetched(client(OTHER), &server).await.is_none(),
        "another authority"
    );
    assert!(
        fetched(HttpsClient::new().unwrap(), &server).await.is_none(),
        "the system's authorities"
    );
    let address = at(&server).replace("localhost", "127.0.0.2");
    let elsewhere = HttpsJwks::new(client(CA), &address).unwrap();
    assert!(elsewhere.fetch().await.is_err(), "another name");
    assert_eq!(server.asked().len(), 1, "nothing is said before the proof");
}

#[tokio::test]
async fn a_plain_server_behind_an_https_address_gets_no_request() {
    let server = Server::plain(ok("", &keys().jwk_set())).await;
    assert!(fetched(client(CA), &server).await.is_none());
    assert!(!server.asked().iter().any(|asked| asked.starts_with("GET")));
    let address = at(&server).replace("https://localhost", "http://127.0.0.1");
    let plain = HttpsJwks::dangerously_plain(client(CA), &address).unwrap();
    assert!(plain.fetch().await.is_ok(), "where that was chosen");
}

#[tokio::test]
async fn other_answers_than_200_are_none_and_no_redirect_is_followed() {
    let good = Server::tls(ok("", &keys().jwk_set())).await;
    let there = at(&good);
    for status in [
        "301 Moved",
        "302 Found",
        "307 Temporary",
        "204 None",
        "304 Same",
        "404 None",
        "500 Broken",
    ] {
        let answer = format!("HTTP/1.1 {status}\r\nLocation: {there}\r\nContent-Length: 0\r\n\r\n");
        let server = Server::tls(answer).await;
        assert!(fetched(client(CA), &server).await.is_none(), "{status}");
        assert_eq!(server.asked().len(), 1, "{status}");
    }
    assert!(good.asked().is_empty());
}

#[tokio::test]
async fn an_answer_is_bounded_whatever_it_announces() {
    let long = " ".repeat(RemoteKeys::MAX_BYTES + 1);
    let chunk = format!("{:x}\r\n{long}\r\n0\r\n\r\n", long.len());
    for (name, answer) in [
        ("announced", ok("", &long)),
        (
            "in chunks",
            format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunk}"),
        ),
        (
            "until the end",
            format!("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{long}"),
        ),
        ("a head without end", format!("HTTP/1.1 200 OK\r\nA: {long}")),
        (
            "cut short",
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}".to_owned(),
        ),
        ("no HTTP", "hello\r\n\r\n".to_owned()),
        ("a page", ok("Content-Type: text/html\r\n", "<html>")),
    ] {
        let server = Server::tls(answer).await;
        assert!(fetched(client(CA), &server).await.is_none(), "{name}");
    }
    let full = " ".repeat(RemoteKeys::MAX_BYTES);
    let server = Server::tls(ok("", &full)).await;
    assert!(
        fetched(client(CA), &server).await.is_some(),
        "just as much as may be"
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_is_waited_for_5_seconds() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let source = HttpsJwks::dangerously_plain(client(CA), &address).unwrap();
    let begun = tokio::time::Instant::now();
    assert!(source.fetch().await.is_err());
    assert_eq!(begun.elapsed().as_secs(), 5);
}

#[tokio::test]
async fn what_the_issuer_says_about_age_is_told() {
    let server = Server::tls(ok("Cache-Control: public, max-age=300\r\n", "{}")).await;
    let want = JwksDocument::from(b"{}".to_vec()).with_max_age(Duration::from_secs(300));
    assert_eq!(fetched(client(CA), &server).await, Some(want));
}

#[tokio::test]
async fn leaked_passwords_are_asked_for_with_padding_and_by_five_digits() {
    let (password, first, rest) = (
        "three green bottles on a wall",
        "A046D",
        "8B2C69039DBAF7CDB094E56FE2F31E71E56",
    );
    let server = Server::tls(ok("Content-Type: text/plain\r\n", &format!("{rest}:2\r\n"))).await;
    let mirror = format!("https://localhost:{}/range/", server.port);
    let source = HttpsRanges::new(client(CA)).with_mirror(&mirror).unwrap();
    let screen = BreachScreen::new(PasswordPolicy::customer(), source);
    let accept = |password: &str| {
        let (screen, password) = (screen.clone(), Secret::new(password.to_owned()));
        async move {
            screen
                .accept(&PasswordContext::new("shop"), password)
                .await
                .err()
                .map(|error| error.kind())
        }
    };
    let breached = Some(PasswordErrorKind::Refused(PasswordRefused::Breached));
    assert_eq!(accept(password).await, breached);
    assert_eq!(accept("four green bottles on a wall").await, None);
    let asked = server.asked();
    let line = format!("GET /range/{first} HTTP/1.1\r\n");
    assert!(asked[0].starts_with(&line), "{asked:?}");
    assert!(
        asked
            .iter()
            .all(|asked| asked.to_lowercase().contains("\r\nadd-padding: true\r\n"))
    );
    drop(server);
    assert_eq!(
        accept(password).await,
        Some(PasswordErrorKind::Unavailable),
        "down is an error"
    );
}

#[tokio::test]
async fn an_invented_key_id_costs_one_request() {
    let keys = keys();
    let server = Server::tls(ok("", &keys.jwk_set())).await;
    let remote = RemoteKeys::new(HttpsJwks::new(client(CA), &at(&server)).unwrap());
    let profile = TokenProfile::third_party("https://id.example", "api", PrincipalKind::Customer).unwrap();
    let tokens = AccessTokens::new(profile, remote);
    for _ in 0..50 {
        // {"alg":"EdDSA","kid":"nobody","typ":"at+jwt"}
        let invented = b"eyJhbGciOiJFZERTQSIsImtpZCI6Im5vYm9keSIsInR5cCI6ImF0K2p3dCJ9.e30.AAAA";
        let refused = tokens.verify(invented).await.unwrap_err();
        assert_eq!(refused.kind(), TokenRefusedKind::UnknownKey);
    }
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn authorities_that_cannot_be_read_are_refused_at_start() {
    for pem in [
        "",
        "hello",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        assert!(HttpsClient::with_roots_pem(pem).is_err(), "{pem}");
    }
}
