//! The task that brings a server back.
use std::sync::{Arc, Weak};
use std::time::Duration;

use palisade_core::random_bytes;
use tokio::runtime::Handle;
use tokio::time::sleep;

use super::line::Line;
use super::link::Shared;
use crate::failure::Failure;

/// The pause before the second attempt; it doubles.
const FIRST: Duration = Duration::from_millis(20);
/// The longest pause.
const LONGEST: Duration = Duration::from_millis(500);

/// Starts the task. There is one for each time that a server is down: whoever took it down starts it.
pub(super) fn begin(shared: &Arc<Shared>) {
    let keeper = Keeper {
        shared: Arc::downgrade(shared),
        done: false,
    };
    match Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn(keeper.keep())),
        Err(_) => drop(keeper),
    }
}

/// Holds no server in existence: when the last handle is dropped, it ends at its next step.
struct Keeper {
    shared: Weak<Shared>,
    done: bool,
}

impl Keeper {
    async fn keep(mut self) {
        while let Some(pause) = self.shared.upgrade().map(|shared| pause(shared.attempt())) {
            sleep(pause).await;
            match self.connect().await {
                Some(Ok(line)) => return self.up(&Arc::new(line)),
                Some(Err(failure)) => self.down(&failure),
                None => return,
            }
        }
    }

    async fn connect(&self) -> Option<Result<Line, Failure>> {
        let (client, probe) = {
            let shared = self.shared.upgrade()?;
            (shared.client().clone(), shared.setup().probe())
        };
        let weak = Weak::clone(&self.shared);
        let on_end = move |flag: &_| {
            if let Some(shared) = weak.upgrade() {
                shared.ended(flag);
            }
        };
        Some(Line::open(client, probe, on_end).await)
    }

    fn up(&mut self, line: &Arc<Line>) {
        // From here on, another keeper may be at work.
        self.done = true;
        if let Some(shared) = self.shared.upgrade() {
            shared.up(line);
        }
    }

    fn down(&self, failure: &Failure) {
        if let Some(shared) = self.shared.upgrade() {
            shared.down(failure);
        }
    }
}

impl Drop for Keeper {
    /// A runtime that ends drops its tasks wherever they are. The next call then finds the server unconnected, not
    /// waiting for a keeper that is gone.
    fn drop(&mut self) {
        if let (false, Some(shared)) = (self.done, self.shared.upgrade()) {
            shared.abandoned();
        }
    }
}

/// None before the first attempt, then between half of a doubling span and all of it, so that many processes do not come
/// back at one moment.
fn pause(attempt: u32) -> Duration {
    let Some(doublings) = attempt.checked_sub(1) else {
        return Duration::ZERO;
    };
    let longest = FIRST
        .checked_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX))
        .unwrap_or(LONGEST)
        .min(LONGEST);
    let chance = random_bytes::<2>().map_or(u16::MAX, u16::from_be_bytes);
    longest.mul_f64(f64::midpoint(1.0, f64::from(chance) / f64::from(u16::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_half_a_second() {
        assert_eq!(pause(0), Duration::ZERO);
        for (attempt, longest) in [
            (1, 20),
            (2, 40),
            (3, 80),
            (5, 320),
            (6, 500),
            (33, 500),
            (u32::MAX, 500),
        ] {
            let longest = Duration::from_millis(longest);
            let pause = pause(attempt);
            assert!(pause <= longest && pause >= longest / 2, "{attempt}: {pause:?}");
        }
    }
}
