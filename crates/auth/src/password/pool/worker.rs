//! What a thread of the pool does.
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::super::engine::{Engine, EngineFailed};
use super::super::work::Output;
use super::queue::{Ending, Job};
use super::{Answer, Failure, Shared};

/// Computes one job after the other until the pool is dropped.
pub(super) fn work(shared: &Shared, mut engine: impl Engine) {
    while let Some(job) = shared.next() {
        let (ending, result) = end(shared, &mut engine, &job);
        // Counted first, so that whoever has the answer also finds it in the load.
        shared.ended(ending);
        // Where nobody waits any more, the work was done all the same.
        drop(job.reply.send(result));
    }
}

/// Brings a job to its end, whatever that is.
fn end(shared: &Shared, engine: &mut impl Engine, job: &Job) -> (Ending, Answer) {
    if job.reply.is_canceled() {
        return (Ending::Abandoned, Err(Failure::Broken));
    }
    let start = shared.clock.monotonic();
    if start.saturating_sub(job.since) > shared.limits.max_wait {
        return (Ending::Late, Err(Failure::Shed(shared.limits.max_wait)));
    }
    let Ok(output) = compute(engine, job) else {
        return (Ending::Failed, Err(Failure::Broken));
    };
    let took = shared.clock.monotonic().saturating_sub(start);
    let cost = job.work.cost();
    (Ending::Computed { cost, took }, Ok(output))
}

/// One computation. A panic in it is an answer too: the password was neither right nor wrong, and the thread lives on.
fn compute(engine: &mut impl Engine, job: &Job) -> Result<Option<Output>, EngineFailed> {
    let computing = || job.work.run(engine, job.password.expose().as_bytes());
    // What the engine keeps is memory that its next computation overwrites: there is no invariant that a panic could break.
    catch_unwind(AssertUnwindSafe(computing)).unwrap_or(Err(EngineFailed))
}
