//! The threads that hash, and the queue before them.
mod queue;
#[cfg(test)]
mod tests;
mod worker;

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use futures_channel::oneshot;
use palisade_core::{ControlHealth, Recorder, Secret};

pub use self::queue::HashLoad;
pub(super) use self::queue::Limits;
use self::queue::{Ending, Job, Queue};
use super::engine::Engine;
use super::work::{Output, Work};
use crate::time::AnyClock;

/// What became of a computation; `Ok(None)` where the password cannot be right.
type Answer = Result<Option<Output>, Failure>;

/// Why a computation gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It panicked, had no memory, or the pool is gone.
    Broken,
    /// There is too much to do; come back after about this long.
    Shed(Duration),
}

/// The threads that hash. They end when this is dropped.
///
/// A bounded queue, first come, first served. The threads are the pool's own: hashing is neither on the threads that serve
/// requests nor on those that the runtime lends for file access, of which it may have hundreds.
pub(super) struct Pool(Arc<Shared>);

/// What the pool and its threads share.
struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    limits: Limits,
    clock: AnyClock,
    recorder: Recorder,
    health: ControlHealth,
}

impl Pool {
    /// A pool without threads; `each` is how long one computation took.
    pub(super) fn new(limits: Limits, each: Duration, clock: AnyClock, recorder: Recorder) -> Self {
        Self(Arc::new(Shared {
            queue: Mutex::new(Queue::new(each)),
            wake: Condvar::new(),
            limits,
            clock,
            recorder,
            health: ControlHealth::new("password hashing"),
        }))
    }

    /// Adds a thread. There should be as many as the limits say.
    pub(super) fn start(&self, engine: impl Engine) -> std::io::Result<()> {
        let shared = Arc::clone(&self.0);
        thread::Builder::new()
            .name("palisade-hash".to_owned())
            .spawn(move || worker::work(&shared, engine))
            .map(drop)
    }

    /// Queues a computation and waits for its end.
    ///
    /// A caller that goes away frees nothing early: a computation that runs keeps its thread to its end, one that waits keeps
    /// its place until its turn, when it is passed over.
    pub(super) async fn compute(&self, work: Arc<dyn Work>, password: Secret<String>) -> Answer {
        let answer = self.0.submit(work, password)?;
        answer.await.unwrap_or(Err(Failure::Broken))
    }

    pub(super) fn load(&self) -> HashLoad {
        self.0.queue().load()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.0.queue().close();
        self.0.wake.notify_all();
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("limits", &self.0.limits)
            .field("load", &self.load())
            .finish_non_exhaustive()
    }
}

impl Shared {
    fn submit(
        &self,
        work: Arc<dyn Work>,
        password: Secret<String>,
    ) -> Result<oneshot::Receiver<Answer>, Failure> {
        let (reply, answer) = oneshot::channel();
        let job = Job {
            work,
            password,
            reply,
            since: self.clock.monotonic(),
        };
        let pushed = self.queue().push(job, &self.limits);
        if let Err(wait) = pushed {
            self.health.failed(&self.recorder, "overloaded");
            return Err(Failure::Shed(wait));
        }
        self.wake.notify_one();
        Ok(answer)
    }

    /// The next job, as soon as there is one; `None` when the pool is gone.
    fn next(&self) -> Option<Job> {
        let mut queue = self.queue();
        loop {
            if queue.closed {
                return None;
            }
            if let Some(job) = queue.pop() {
                return Some(job);
            }
            queue = self.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn ended(&self, ending: Ending) {
        let nothing_waits = self.queue().end(ending, &self.limits);
        match ending {
            Ending::Failed => self.health.failed(&self.recorder, "broken"),
            Ending::Late => self.health.failed(&self.recorder, "overloaded"),
            // Only an empty queue is a recovery: a full one is refused from and drained in turns.
            Ending::Abandoned | Ending::Computed { .. } if nothing_waits => self.health.works(&self.recorder),
            Ending::Abandoned | Ending::Computed { .. } => {}
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
