//! Waiting for what is about to be so.

use std::thread;
use std::time::Duration;

/// Polls before a wait is given up: 30 seconds.
const POLLS: u32 = 3000;
const POLL: Duration = Duration::from_millis(10);

/// Asks again and again until `so` holds. Blocks the thread: in an async test use [`eventually`].
///
/// # Panics
/// Where it does not hold within 30 seconds; `what` says what was awaited.
pub fn wait_until(what: &str, mut so: impl FnMut() -> bool) {
    for _ in 0..POLLS {
        if so() {
            return;
        }
        thread::sleep(POLL);
    }
    panic!("it did not come about that {what}");
}

/// Asks again and again until `so` holds, and lets the runtime's other tasks go on meanwhile.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let mut asked = 0;
/// palisade_testkit::eventually("it was asked three times", async || {
///     asked += 1;
///     asked == 3
/// })
/// .await;
/// # });
/// ```
///
/// # Panics
/// Where it does not hold within 30 seconds; `what` says what was awaited.
pub async fn eventually(what: &str, mut so: impl AsyncFnMut() -> bool) {
    for _ in 0..POLLS {
        if so().await {
            return;
        }
        tokio::time::sleep(POLL).await;
    }
    panic!("it did not come about that {what}");
}
