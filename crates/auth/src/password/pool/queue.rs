//! What waits, and whether more may.
use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use futures_channel::oneshot;
use palisade_core::Secret;

use super::super::params::Argon2Cost;
use super::super::work::Work;
use super::Answer;

/// A computation that a caller waits for. The worker that runs it owns it: nothing that the caller does ends it.
pub(super) struct Job {
    pub(super) work: Arc<dyn Work>,
    pub(super) password: Secret<String>,
    /// Where the answer goes. It tells also whether the caller still waits.
    pub(super) reply: oneshot::Sender<Answer>,
    /// When it was queued, on the monotonic clock.
    pub(super) since: Duration,
}

/// How much may wait, and for how long.
#[derive(Clone, Copy, Debug)]
pub(in crate::password) struct Limits {
    pub(in crate::password) threads: NonZeroUsize,
    pub(in crate::password) queue: NonZeroUsize,
    pub(in crate::password) max_wait: Duration,
    /// The cost whose duration predicts the wait.
    pub(in crate::password) cost: Argon2Cost,
}

/// How busy the hashing is, and what it has done since it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HashLoad {
    /// Computations that wait, including those whose caller is gone and which were not passed over yet.
    pub queued: usize,
    /// Computations that run.
    pub running: usize,
    /// Computations that were completed.
    pub computed: u64,
    /// Computations that were refused: the queue was full, or the wait too long.
    pub shed: u64,
    /// Computations that were passed over, because their caller had gone before their turn.
    pub abandoned: u64,
    /// Computations that broke: a panic, or no memory.
    pub failed: u64,
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Abandoned,
    Computed {
        cost: Option<Argon2Cost>,
        took: Duration,
    },
    Failed,
    Late,
}

/// The queue. It is behind a lock that is held for a few instructions only.
pub(super) struct Queue {
    jobs: VecDeque<Job>,
    load: HashLoad,
    /// What one computation at the live cost takes, as a moving average.
    each: Duration,
    pub(super) closed: bool,
}

impl Queue {
    /// An empty queue; `each` is the first guess of how long a computation takes.
    pub(super) fn new(each: Duration) -> Self {
        Self {
            jobs: VecDeque::new(),
            load: HashLoad::default(),
            each,
            closed: false,
        }
    }

    /// Adds a job at the end, or says after which time it is worth trying again.
    pub(super) fn push(&mut self, job: Job, limits: &Limits) -> Result<(), Duration> {
        let wait = self.wait(limits);
        if self.jobs.len() >= limits.queue.get() || wait > limits.max_wait {
            self.load.shed = self.load.shed.saturating_add(1);
            return Err(wait);
        }
        self.jobs.push_back(job);
        Ok(())
    }

    /// Takes the job that has waited longest. It counts as running until it is [ended](Self::end).
    pub(super) fn pop(&mut self) -> Option<Job> {
        let job = self.jobs.pop_front()?;
        self.load.running = self.load.running.saturating_add(1);
        Some(job)
    }

    /// Counts a job's end. Tells whether nothing waits.
    pub(super) fn end(&mut self, ending: Ending, limits: &Limits) -> bool {
        let load = &mut self.load;
        load.running = load.running.saturating_sub(1);
        let count = match ending {
            Ending::Abandoned => &mut load.abandoned,
            Ending::Computed { .. } => &mut load.computed,
            Ending::Failed => &mut load.failed,
            Ending::Late => &mut load.shed,
        };
        *count = count.saturating_add(1);
        if let Ending::Computed { cost, took } = ending
            && cost == Some(limits.cost)
        {
            self.each = average(self.each, took);
        }
        self.jobs.is_empty()
    }

    /// Ends the queue. The callers that still wait are told by their jobs' end.
    pub(super) fn close(&mut self) {
        self.closed = true;
        self.jobs.clear();
    }

    pub(super) fn load(&self) -> HashLoad {
        HashLoad {
            queued: self.jobs.len(),
            ..self.load
        }
    }

    /// How long a job that came now would wait for its turn: rounds of work that are ahead of it.
    fn wait(&self, limits: &Limits) -> Duration {
        let ahead = self.jobs.len().saturating_add(self.load.running);
        let rounds = ahead.checked_div(limits.threads.get()).unwrap_or(ahead);
        self.each
            .saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX))
    }
}

/// The moving average after one more value, which counts for an eighth.
fn average(old: Duration, new: Duration) -> Duration {
    old.saturating_mul(7)
        .saturating_add(new)
        .checked_div(8)
        .unwrap_or(old)
}
