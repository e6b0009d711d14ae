//! A decision beside a bare call of the same script, over the same kind of connection.
use std::sync::Arc;
use std::time::{Duration, Instant};

use palisade_ratelimit::store::{RedisStore, Store};
use palisade_ratelimit::{Quota, RateKey};
use palisade_redis::Redis;
use palisade_testkit::RedisServer;
use redis::aio::MultiplexedConnection;

use super::{key, n};
use crate::sample::median;
use crate::{Bar, Row};

const ROUNDS: usize = 7;
const CALLS: u64 = 20_000;
const TASKS: u64 = 64;
const KEYS: u64 = 10_000;

/// The text of the script, as the store sends it.
const TAKE: &str = concat!(
    include_str!("../../../crates/ratelimit/src/store/redis/lua/time.lua"),
    include_str!("../../../crates/ratelimit/src/store/redis/lua/get.lua"),
    include_str!("../../../crates/ratelimit/src/store/redis/lua/pace.lua"),
    include_str!("../../../crates/ratelimit/src/store/redis/lua/record.lua"),
    include_str!("../../../crates/ratelimit/src/store/redis/lua/take.lua"),
);

pub(super) fn rows() -> Vec<Row> {
    let server = RedisServer::start();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    [1, TASKS]
        .map(|tasks| runtime.block_on(measured(&server, tasks)))
        .into()
}

async fn measured(server: &RedisServer, tasks: u64) -> Row {
    let quota = Quota::per_second(n(1_000_000)).burst(n(1_000_000));
    let store = RedisStore::new(Redis::standalone(&server.url()).unwrap(), quota).unwrap();
    let store = Arc::new(store.with_deadline(Duration::from_secs(5)).unwrap());
    let connection = redis::Client::open(server.url()).unwrap();
    let connection = connection.get_multiplexed_async_connection().await.unwrap();
    let hash = server.command(&["SCRIPT", "LOAD", TAKE]);
    // What makes a key is measured with the limits in memory.
    let keys: Arc<[RateKey]> = (0..KEYS).map(key).collect();
    let (mut ours, mut peer) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let ours_of = |number| decide(Arc::clone(&store), quota, keys[(number % KEYS) as usize]);
        ours.push(all(tasks, ours_of).await);
        peer.push(all(tasks, |number| bare(connection.clone(), hash.clone(), number)).await);
    }
    let ratios = ours
        .iter()
        .zip(&peer)
        .map(|(ours, peer)| ours / peer)
        .collect::<Vec<_>>();
    Row {
        what: format!("redis strict, {tasks} at once: a decision / bare EVALSHA of the same script"),
        ours: median(ours.into_iter()),
        peer: median(peer.into_iter()),
        floor: None,
        ratio: median(ratios.into_iter()),
        bar: Some(Bar::Ratio(1.0 / 0.9)),
        unit: "ns",
        allocations: None,
    }
}

/// Nanoseconds a call, so many at once.
async fn all<F: Future<Output = ()> + Send + 'static>(tasks: u64, call: impl Fn(u64) -> F) -> f64 {
    let begin = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for number in 0..CALLS {
        if number >= tasks {
            running.join_next().await.unwrap().unwrap();
        }
        running.spawn(call(number));
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
    begin.elapsed().as_nanos() as f64 / CALLS as f64
}

async fn decide(store: Arc<RedisStore>, quota: Quota, key: RateKey) {
    let _ = store.take(key, &quota.into(), 1).await.unwrap();
}

async fn bare(mut connection: MultiplexedConnection, hash: String, number: u64) {
    let key = format!("palisade:rl:{{{:022}}}", number % KEYS);
    let mut command = redis::cmd("EVALSHA");
    command
        .arg(hash)
        .arg(1)
        .arg(key)
        .arg(1)
        .arg(1)
        .arg(1_000_000)
        .arg(1)
        .arg(1)
        .arg("take");
    drop::<Vec<i64>>(command.query_async(&mut connection).await.unwrap());
}
