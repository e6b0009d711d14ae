//! Scripts and handles that the tests share.
use std::error::Error;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use palisade_core::{StoreError, StoreErrorKind};
use palisade_redis::{Key, Redis, Script};
use palisade_testkit::RedisServer;

/// Counts up, and answers with the count.
pub(crate) static COUNT: Script = Script::new("count", "return redis.call('INCR', KEYS[1])");
/// Answers with what it was given.
pub(crate) static ECHO: Script = Script::new("echo", "return ARGV[1]");

/// A handle that waits longer than a busy machine needs: what it reports as failed has failed.
pub(crate) fn patient(url: &str) -> Redis {
    patiently(&Redis::standalone(url).unwrap())
}

/// The same servers, with that patience.
pub(crate) fn patiently(redis: &Redis) -> Redis {
    redis.clone().with_deadline(Duration::from_secs(10)).unwrap()
}

/// The same servers, with none to speak of.
pub(crate) fn hastily(redis: &Redis) -> Redis {
    redis.clone().with_deadline(Duration::from_millis(20)).unwrap()
}

/// The key that most tests count under.
pub(crate) fn key(redis: &Redis) -> Key {
    redis.key("test", b"ada")
}

/// Counts up under [`key`].
pub(crate) async fn count(redis: &Redis) -> Result<i64, StoreError> {
    redis.call(&COUNT, &key(redis), &[]).await?.into_int()
}

/// The count as the server has it.
pub(crate) fn counted(server: &RedisServer, redis: &Redis) -> i64 {
    server.command(&["GET", key(redis).as_str()]).parse().unwrap_or(0)
}

/// Everything that an error says, its causes included.
pub(crate) fn told(error: &StoreError) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    let told: Vec<_> = causes.map(|cause| format!("{cause} {cause:?}")).collect();
    format!("{error} {error:?} {}", told.join(" "))
}

/// What a future answers when it is asked once: `None` where it would wait.
pub(crate) fn at_once<F: Future>(future: F) -> Option<F::Output> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// The kind of a failure.
pub(crate) fn kind<T: std::fmt::Debug>(result: Result<T, StoreError>) -> StoreErrorKind {
    result.unwrap_err().kind()
}
