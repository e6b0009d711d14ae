//! What one call sends and what comes back.
use palisade_core::StoreErrorKind;
use palisade_redis::{Arg, Redis, Reply, Script};
use palisade_testkit::{RedisServer, race};

use crate::support::{COUNT, ECHO, at_once, count, counted, key, kind, patient, told};

#[tokio::test]
async fn a_call_is_one_command() {
    let server = RedisServer::start();
    let redis = patient(&server.url());
    assert_eq!(count(&redis).await.unwrap(), 1);
    server.expect_ok(&["CONFIG", "RESETSTAT"]);
    for number in 2..=6 {
        assert_eq!(count(&redis).await.unwrap(), number);
    }
    let stats = server.command(&["INFO", "commandstats"]);
    let commands: Vec<_> = stats
        .lines()
        .filter_map(|line| line.split_once(":calls="))
        .collect();
    let sent = |(name, _): &&(&str, &str)| !matches!(*name, "cmdstat_info" | "cmdstat_config|resetstat");
    let sent: Vec<_> = commands.iter().filter(sent).map(|(name, _)| *name).collect();
    assert_eq!(server.calls("evalsha"), 5);
    assert_eq!(server.calls("incr"), 5);
    assert_eq!(sent.len(), 2, "{sent:?}");
}

#[tokio::test]
async fn a_script_that_the_server_has_forgotten_is_sent_once() {
    let server = RedisServer::start();
    let redis = patient(&server.url());
    count(&redis).await.unwrap();
    server.expect_ok(&["SCRIPT", "FLUSH"]);
    server.expect_ok(&["CONFIG", "RESETSTAT"]);
    assert_eq!(count(&redis).await.unwrap(), 2);
    assert_eq!((server.calls("evalsha"), server.calls("eval")), (1, 1));
    assert_eq!(count(&redis).await.unwrap(), 3);
    assert_eq!((server.calls("evalsha"), server.calls("eval")), (2, 1));
}

#[tokio::test]
async fn a_forgotten_script_leaves_what_it_kept() {
    let server = RedisServer::start();
    let redis = patient(&server.url());
    count(&redis).await.unwrap();
    server.expect_ok(&["FLUSHALL"]);
    assert_eq!(
        count(&redis).await.unwrap(),
        1,
        "the keys are gone, and nothing remembers them"
    );
}

#[tokio::test]
async fn arguments_arrive_as_they_are() {
    let server = RedisServer::start();
    let redis = patient(&server.url());
    let all: Vec<u8> = (0..=255).collect();
    let cases: [(Arg<'_>, &[u8]); 6] = [
        (Arg::from(&all[..]), &all),
        (Arg::from(""), b""),
        (Arg::from("\r\n$3\r\n"), b"\r\n$3\r\n"),
        (Arg::from(i64::MIN), b"-9223372036854775808"),
        (Arg::from(u64::MAX), b"18446744073709551615"),
        (Arg::from(7_u32), b"7"),
    ];
    for (arg, expected) in cases {
        let reply = redis.call(&ECHO, &key(&redis), &[arg]).await.unwrap();
        assert_eq!(reply.into_bytes().unwrap(), expected);
    }
}

#[tokio::test]
async fn replies_arrive_by_shape() {
    static SHAPES: Script = Script::new(
        "shapes",
        "return {1, 'a', false, {2}, true, redis.status_reply('OK'), 7.9}",
    );
    let server = RedisServer::start();
    let redis = patient(&server.url());
    let reply = redis.call(&SHAPES, &key(&redis), &[]).await.unwrap();
    let expected = vec![
        Reply::Int(1),
        Reply::Bytes(b"a".to_vec()),
        Reply::Nil,
        Reply::List(vec![Reply::Int(2)]),
        Reply::Int(1),
        Reply::Bytes(b"OK".to_vec()),
        Reply::Int(7),
    ];
    assert_eq!(reply, Reply::List(expected));
}

#[tokio::test]
async fn a_failing_script_is_named_and_what_it_was_given_is_not() {
    static BROKEN: Script = Script::new("broken", "local x = nil\nreturn x[ARGV[1]] .. KEYS[1]");
    static RAISES: Script = Script::new("raises", "return redis.error_reply('HUNTER2 ' .. ARGV[1])");
    static TYPED: Script = Script::new(
        "typed",
        "redis.call('SET', KEYS[1], '')\nreturn redis.call('LPUSH', KEYS[1], ARGV[1])",
    );
    let server = RedisServer::start();
    let redis = patient(&server.url());
    for (script, expected) in [(&BROKEN, "line 2"), (&RAISES, "ERR"), (&TYPED, "WRONGTYPE")] {
        let error = redis
            .call(script, &key(&redis), &[Arg::from("hunter2")])
            .await
            .unwrap_err();
        let told = told(&error);
        assert_eq!(error.kind(), StoreErrorKind::Failed);
        assert!(told.contains(script.name()) && told.contains(expected), "{told}");
        for secret in ["hunter2", "HUNTER2", key(&redis).as_str(), "YWRh", "127.0.0.1"] {
            assert!(!told.contains(secret), "{told}");
        }
    }
    assert!(!redis.is_open(), "a wrong script is no outage");
}

#[tokio::test]
async fn keys_of_several_subjects_are_refused_before_anything_is_sent() {
    let server = RedisServer::start();
    let redis = patient(&server.url());
    count(&redis).await.unwrap();
    server.expect_ok(&["CONFIG", "RESETSTAT"]);
    let (one, other) = (redis.key("a", b"1"), redis.key("a", b"2"));
    assert_eq!(
        kind(redis.call_keys(&COUNT, &[one.clone(), other], &[]).await),
        StoreErrorKind::Failed
    );
    assert_eq!(
        kind(redis.call_keys(&COUNT, &[], &[]).await),
        StoreErrorKind::Failed
    );
    assert_eq!(server.calls("evalsha"), 0);
    let together = [one, redis.key("b", b"1")];
    assert_eq!(
        redis.call_keys(&COUNT, &together, &[]).await.unwrap(),
        Reply::Int(1)
    );
}

#[tokio::test]
async fn a_server_without_room_is_full() {
    let server = RedisServer::start();
    let redis = patient(&server.url());
    count(&redis).await.unwrap();
    server.expect_ok(&["CONFIG", "SET", "maxmemory", "1"]);
    assert_eq!(kind(count(&redis).await), StoreErrorKind::Full);
    server.expect_ok(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(count(&redis).await.unwrap(), 2);
}

#[test]
fn many_calls_share_one_connection_and_each_gets_its_own_answer() {
    let server = RedisServer::start();
    let redis = patient(&server.url());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut counts = runtime.block_on(async {
        tokio::spawn({
            let redis = redis.clone();
            async move {
                let counting = |_| {
                    let redis = redis.clone();
                    async move { count(&redis).await.unwrap() }
                };
                race(100, counting)
            }
        })
        .await
        .unwrap()
    });
    counts.sort_unstable();
    assert!(counts.into_iter().eq(1..=100));
    assert_eq!(counted(&server, &redis), 100);
    assert_eq!(
        server.command(&["CLIENT", "LIST"]).lines().count(),
        2,
        "ours, and the one that asks"
    );
}

#[tokio::test]
async fn prefixes_keep_applications_apart() {
    let server = RedisServer::start();
    let redis = patient(&server.url());
    let other = redis.clone().with_prefix("other").unwrap();
    assert_eq!(
        (count(&redis).await.unwrap(), count(&other).await.unwrap()),
        (1, 1)
    );
    let mut keys: Vec<_> = server
        .command(&["KEYS", "*"])
        .lines()
        .map(str::to_owned)
        .collect();
    keys.sort_unstable();
    assert_eq!(keys, ["other:test:{YWRh}", "palisade:test:{YWRh}"]);
}

#[test]
fn outside_a_runtime_a_call_fails_and_does_not_panic() {
    let redis = Redis::standalone("redis://127.0.0.1:1").unwrap();
    let failed = at_once(count(&redis)).expect("no runtime to wait in");
    assert_eq!(kind(failed), StoreErrorKind::Failed);
}
