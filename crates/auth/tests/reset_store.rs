//! The contract of the stores of reset tokens.
#[cfg(test)]
mod reset_store {
    use palisade_auth::{MemoryResets, assert_reset_store};
    use palisade_core::FakeClock;

    #[tokio::test]
    async fn memory_keeps_the_contract() {
        let clock = FakeClock::new();
        let store = MemoryResets::with_clock(clock.clone());
        let pass = |span| {
            clock.advance(span);
            std::future::ready(())
        };
        assert_reset_store(store, pass).await;
    }
}

#[cfg(feature = "redis")]
#[cfg(test)]
mod reset_redis {
    use std::time::Duration;

    use palisade_auth::{Either, MemoryResets, RedisResets, ResetStore, assert_reset_store};
    use palisade_core::{Purpose, Token};
    use palisade_redis::Redis;
    use palisade_testkit::RedisServer;

    /// Takes the time from what every key has left, so that no test waits.
    const PASS: &str = "for _, key in ipairs(redis.call('KEYS', '*')) do
        local left = redis.call('PTTL', key)
        if left > 0 then redis.call('PEXPIRE', key, left - ARGV[1]) end
    end return 'OK'";

    fn pass(server: &RedisServer, span: Duration) {
        server.expect_ok(&["EVAL", PASS, "0", &span.as_millis().to_string()]);
    }

    fn store(server: &RedisServer) -> RedisResets {
        let redis = Redis::standalone(&server.url()).unwrap();
        RedisResets::new(redis.with_deadline(Duration::from_secs(5)).unwrap())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn redis_keeps_the_contract() {
        let server = RedisServer::start();
        let by = |span| {
            pass(&server, span);
            std::future::ready(())
        };
        assert_reset_store(store(&server), by).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn either_of_two_stores_keeps_the_contract() {
        let clock = palisade_core::FakeClock::new();
        let left: Either<_, RedisResets> = Either::Left(MemoryResets::with_clock(clock.clone()));
        let pass_here = |span| {
            clock.advance(span);
            std::future::ready(())
        };
        assert_reset_store(left, pass_here).await;
        let server = RedisServer::start();
        let by = |span| {
            pass(&server, span);
            std::future::ready(())
        };
        let right: Either<MemoryResets, _> = Either::Right(store(&server));
        assert_reset_store(right, by).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_no_record_is_an_error_and_not_an_absence() {
        let server = RedisServer::start();
        let token = Token::generate().unwrap().hash(Purpose::new("test"));
        let redis = Redis::standalone(&server.url()).unwrap();
        let key = redis.key("reset", token.as_bytes());
        server.expect_ok(&["SET", key.as_str(), "x"]);
        assert!(store(&server).find(token).await.is_err());
        assert!(store(&server).take(token).await.is_err());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_server_that_is_gone_is_an_error() {
        let server = RedisServer::start();
        let store = store(&server);
        let token = Token::generate().unwrap().hash(Purpose::new("test"));
        assert!(store.find(token).await.unwrap().is_none());
        drop(server);
        assert!(store.find(token).await.is_err());
        assert!(store.take(token).await.is_err());
    }
}
