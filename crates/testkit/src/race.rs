//! Races: many tasks let loose at one moment.

use std::future::Future;
use std::sync::Arc;

use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};
use tokio::sync::Barrier;
use tokio::task::{self, JoinHandle};

const WORKERS: usize = 4;

/// Runs `contender(0)` to `contender(tasks - 1)` as tasks of a multi-thread runtime that all wait at one
/// barrier before they begin, and returns their results in that order.
///
/// Inside a multi-thread runtime the tasks run on it, so that they can use its connections. In a plain
/// `#[test]` a runtime is made for the race.
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use std::sync::Arc;
///
/// let token = Arc::new(AtomicBool::new(true));
/// let won = palisade_testkit::race(100, |_| {
///     let token = Arc::clone(&token);
///     async move { token.swap(false, Ordering::AcqRel) }
/// });
/// assert_eq!(won.into_iter().filter(|won| *won).count(), 1);
/// ```
///
/// # Panics
/// Where a contender panics, and inside a single-thread runtime, where nothing would race.
pub fn race<T, F>(tasks: usize, contender: impl Fn(usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    if let Ok(handle) = Handle::try_current() {
        assert!(
            matches!(handle.runtime_flavor(), RuntimeFlavor::MultiThread),
            "a race needs several threads: use #[tokio::test(flavor = \"multi_thread\")] or a plain #[test]"
        );
        let contenders = spawn(&handle, tasks, contender);
        task::block_in_place(|| handle.block_on(gather(contenders)))
    } else {
        let runtime = runtime();
        let contenders = spawn(runtime.handle(), tasks, contender);
        runtime.block_on(gather(contenders))
    }
}

fn spawn<T, F>(handle: &Handle, tasks: usize, contender: impl Fn(usize) -> F) -> Vec<JoinHandle<T>>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let barrier = Arc::new(Barrier::new(tasks));
    let start = |index| {
        let barrier = Arc::clone(&barrier);
        let running = contender(index);
        handle.spawn(async move {
            barrier.wait().await;
            running.await
        })
    };
    (0..tasks).map(start).collect()
}

async fn gather<T>(contenders: Vec<JoinHandle<T>>) -> Vec<T> {
    let mut results = Vec::with_capacity(contenders.len());
    for contender in contenders {
        results.push(
            contender
                .await
                .unwrap_or_else(|error| panic!("a contender failed: {error}")),
        );
    }
    results
}

fn runtime() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .unwrap_or_else(|error| panic!("cannot start a runtime for the race: {error}"))
}
