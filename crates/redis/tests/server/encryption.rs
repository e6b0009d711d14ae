//! Connections through TLS.
use std::path::PathBuf;

use palisade_core::StoreErrorKind;
use palisade_redis::Redis;
use palisade_testkit::{RedisServer, free_port};

use crate::support::{count, kind, patiently, told};

const AUTHORITY: &[u8] = include_bytes!("tls/authority.pem");
const STRANGER: &[u8] = include_bytes!("tls/stranger.pem");

fn file(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/server/tls")
        .join(name);
    path.to_str().unwrap().to_owned()
}

fn start(port: &str) -> RedisServer {
    let (certificate, key, authority) = (file("server.pem"), file("server.key"), file("authority.pem"));
    RedisServer::start_with(&[
        "--tls-port",
        port,
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-ca-cert-file",
        &authority,
        "--tls-auth-clients",
        "no",
    ])
}

fn connect(host: &str, port: &str) -> Redis {
    patiently(&Redis::standalone(&format!("rediss://{host}:{port}")).unwrap())
}

#[tokio::test]
async fn a_server_is_known_by_the_authority_that_signed_its_certificate() {
    let port = free_port().to_string();
    let _server = start(&port);
    for host in ["127.0.0.1", "localhost"] {
        let redis = connect(host, &port).with_root_certificates(AUTHORITY).unwrap();
        redis.ready().await.unwrap();
        count(&redis).await.unwrap();
    }
}

#[tokio::test]
async fn a_certificate_of_somebody_else_is_refused() {
    let port = free_port().to_string();
    let server = start(&port);
    let strange = connect("127.0.0.1", &port)
        .with_root_certificates(STRANGER)
        .unwrap();
    for redis in [connect("127.0.0.1", &port), strange] {
        let error = redis.ready().await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Failed, "{}", told(&error));
        assert_eq!(kind(count(&redis).await), StoreErrorKind::Failed);
    }
    assert_eq!((server.calls("hello"), server.calls("evalsha")), (0, 0));
}

#[test]
fn what_is_no_certificate_is_refused() {
    let redis = || connect("127.0.0.1", "1");
    for pem in [
        b"".as_slice(),
        b"certificate",
        b"\xff",
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        assert!(redis().with_root_certificates(pem).is_err());
    }
    let plain = Redis::standalone("redis://127.0.0.1").unwrap();
    assert!(plain.with_root_certificates(AUTHORITY).is_err());
}
