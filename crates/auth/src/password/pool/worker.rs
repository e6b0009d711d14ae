//! What a thread of the pool does.
use std::panic::{AssertUnwindSafe, catch_unwind};

use zeroize::Zeroizing;

use super::super::engine::{Engine, EngineFailed, Input};
use super::queue::{Ending, Job};
use super::{Failure, Output, Shared};

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
fn end(shared: &Shared, engine: &mut impl Engine, job: &Job) -> (Ending, Result<Output, Failure>) {
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
    (Ending::Computed { cost: job.cost, took }, Ok(output))
}

/// One computation. A panic in it is an answer too: the password was neither right nor wrong, and the thread lives on.
fn compute(engine: &mut impl Engine, job: &Job) -> Result<Output, EngineFailed> {
    let mut output = Zeroizing::new(vec![0; job.output_len]);
    let input = Input {
        password: job.password.expose().as_bytes(),
        salt: &job.salt,
    };
    let computing = || engine.compute(job.cost, input, &mut output);
    // What the engine keeps is memory that its next computation overwrites: there is no invariant that a panic could break.
    catch_unwind(AssertUnwindSafe(computing)).unwrap_or(Err(EngineFailed))?;
    Ok(output)
}
