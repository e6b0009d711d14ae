//! Whether the store works: one event per change, not per request.
use std::sync::atomic::{AtomicBool, Ordering};

use palisade_core::{Event, Recorder, SecurityEvent, StoreErrorKind};

/// The name of this control in events.
const RULE: &str = "session store";

/// What was last seen of the store.
#[derive(Debug, Default)]
pub(crate) struct Health {
    down: AtomicBool,
    full: AtomicBool,
}

impl Health {
    /// The store answered with an error.
    pub(crate) fn failed(&self, kind: StoreErrorKind, recorder: &Recorder) {
        // Full is a state of its own: reading goes on, and every answer to a read would tell of a recovery.
        let (flag, reason) = match kind {
            StoreErrorKind::Full => (&self.full, "full"),
            StoreErrorKind::TimedOut => (&self.down, "timed_out"),
            StoreErrorKind::Failed | _ => (&self.down, "failed"),
        };
        if !flag.swap(true, Ordering::Relaxed) {
            let event = Event::new(SecurityEvent::ControlFailed);
            recorder.record(&event.with_rule(RULE).with_reason(reason));
        }
    }

    /// The store answered.
    pub(crate) fn answered(&self, recorder: &Recorder) {
        recovered(&self.down, recorder);
    }

    /// The store took a new session.
    pub(crate) fn had_room(&self, recorder: &Recorder) {
        recovered(&self.full, recorder);
    }
}

fn recovered(flag: &AtomicBool, recorder: &Recorder) {
    // Looked at before it is written: on the path of every request it is a shared read.
    if flag.load(Ordering::Relaxed) && flag.swap(false, Ordering::Relaxed) {
        recorder.record(&Event::new(SecurityEvent::ControlRecovered).with_rule(RULE));
    }
}
