//! Stores, rings and people.
use std::time::Duration;

use palisade_auth::{OwnerId, RedisRefreshStore};
use palisade_core::{KeyId, KeyRing, Principal, PrincipalKind, Purpose, RootSecret, Secret, Subject};
use palisade_redis::{Redis, Script};

/// Long enough for a machine that builds and tests at the same time.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn redis(url: &str) -> Redis {
    Redis::standalone(url).unwrap().with_deadline(PATIENCE).unwrap()
}

pub(crate) fn cluster(urls: &[String]) -> Redis {
    let redis = Redis::cluster(urls.iter().map(String::as_str)).unwrap();
    redis.with_deadline(PATIENCE).unwrap()
}

pub(crate) fn store(redis: &Redis) -> RedisRefreshStore {
    RedisRefreshStore::new(redis.clone())
}

/// Lets time go by for an owner's families: whatever was, was so much earlier. The server's clock cannot be moved.
static EARLIER: Script = Script::new(
    "earlier",
    "local rows = redis.call('HGETALL', KEYS[1])
     for i = 1, #rows, 2 do
       local row = cmsgpack.unpack(rows[i + 1])
       for _, time in ipairs({'born', 'seen', 'since', 'rotated'}) do
         row[time] = row[time] - tonumber(ARGV[1])
       end
       redis.call('HSET', KEYS[1], rows[i], cmsgpack.pack(row))
     end
     return 1",
);

pub(crate) async fn pass(redis: &Redis, owner: OwnerId, span: Duration) {
    let key = redis.key("refresh", owner.as_bytes());
    let millis = u64::try_from(span.as_millis()).unwrap();
    redis.call(&EARLIER, &key, &[millis.into()]).await.unwrap();
}

pub(crate) fn ring() -> KeyRing {
    let secret = RootSecret::new(Secret::new((100..164).collect())).unwrap();
    KeyRing::new(Purpose::new("test"), KeyId::parse("k1").unwrap(), &secret)
}

pub(crate) fn principal(subject: &str) -> Principal {
    Principal::new(Subject::new(subject).unwrap(), PrincipalKind::Customer)
}
