//! Futures, handles and runtimes that end early.
use std::task::{Context, Waker};

use palisade_redis::{Arg, Redis};
use palisade_testkit::{RedisServer, eventually, free_port};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::support::{ECHO, count, key, patient};

#[tokio::test]
async fn a_dropped_call_does_not_shift_the_answers_of_others() {
    let server = RedisServer::start();
    let redis = patient(&server.url());
    count(&redis).await.unwrap();
    for round in 0..100_u64 {
        let mut dropped = Box::pin(redis.call(&ECHO, &key(&redis), &[Arg::from("dropped")]));
        let _ = dropped
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_ready();
        // Some are dropped before they are written, some after.
        if round % 2 == 0 {
            tokio::task::yield_now().await;
        }
        drop(dropped);
        let reply = redis
            .call(&ECHO, &key(&redis), &[Arg::from(round)])
            .await
            .unwrap();
        assert_eq!(reply.into_bytes().unwrap(), round.to_string().into_bytes());
    }
}

#[tokio::test]
async fn a_call_that_is_dropped_while_connecting_leaves_the_connection_to_others() {
    let server = RedisServer::start();
    let redis = patient(&server.url());
    let mut first = Box::pin(count(&redis));
    let _ = first
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
        .is_ready();
    drop(first);
    assert_eq!(count(&redis).await.unwrap(), 1);
    assert_eq!(server.calls("hello"), 1);
}

#[tokio::test]
async fn with_the_last_handle_the_connection_and_every_task_ends() {
    let server = RedisServer::start();
    let before = Handle::current().metrics().num_alive_tasks();
    let redis = patient(&server.url());
    count(&redis).await.unwrap();
    drop(redis.clone());
    count(&redis).await.unwrap();
    drop(redis);
    let ended = async || Handle::current().metrics().num_alive_tasks() == before;
    eventually("every task has ended", ended).await;
    let clients = async || server.command(&["CLIENT", "LIST"]).lines().count() == 1;
    eventually("the connection has ended", clients).await;
}

#[tokio::test]
async fn nobody_looks_for_a_server_that_nobody_needs() {
    let before = Handle::current().metrics().num_alive_tasks();
    let redis = patient(&format!("redis://127.0.0.1:{}", free_port()));
    assert!(count(&redis).await.is_err());
    assert!(Handle::current().metrics().num_alive_tasks() > before);
    drop(redis);
    let ended = async || Handle::current().metrics().num_alive_tasks() == before;
    eventually("every task has ended", ended).await;
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn a_handle_outlives_the_runtime_that_connected_it() {
    let server = RedisServer::start();
    let redis = patient(&server.url());
    assert_eq!(runtime().block_on(count(&redis)).unwrap(), 1);
    let next = runtime();
    next.block_on(eventually("another runtime connects", async || {
        count(&redis).await.is_ok()
    }));
    assert!(next.block_on(count(&redis)).unwrap() >= 3);
}

#[test]
fn a_runtime_that_ends_while_connecting_leaves_it_to_the_next() {
    let port = free_port();
    let redis: Redis = patient(&format!("redis://127.0.0.1:{port}"));
    assert!(runtime().block_on(count(&redis)).is_err());
    let _server = RedisServer::start_at(port);
    runtime().block_on(eventually("the next one connects", async || {
        count(&redis).await.is_ok()
    }));
}
