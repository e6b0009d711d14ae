//! Whether a control works, told once a change.
use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Event, Recorder, SecurityEvent};

/// The health of one control: `control_failed` when it stops working, `control_recovered` when it works again, and nothing
/// in between, however many requests there are.
///
/// ```
/// use palisade_core::{ControlHealth, Recorder};
/// let (recorder, health) = (Recorder::default(), ControlHealth::new("session store"));
/// health.failed(&recorder, "timed_out");      // told
/// health.failed(&recorder, "timed_out");      // not again
/// health.works(&recorder);                    // told
/// ```
#[derive(Debug)]
pub struct ControlHealth {
    control: Cow<'static, str>,
    failing: AtomicBool,
}

impl ControlHealth {
    /// A control that works. `control` is its name in events.
    #[must_use]
    pub fn new(control: impl Into<Cow<'static, str>>) -> Self {
        Self {
            control: control.into(),
            failing: AtomicBool::new(false),
        }
    }

    /// The control did not do its work, for this reason.
    pub fn failed(&self, recorder: &Recorder, reason: &'static str) {
        if !self.failing.swap(true, Ordering::AcqRel) {
            recorder.record(
                &Event::new(SecurityEvent::ControlFailed)
                    .with_rule(&self.control)
                    .with_reason(reason),
            );
        }
    }

    /// The control did its work.
    #[inline]
    pub fn works(&self, recorder: &Recorder) {
        // The load keeps the usual case, a control that never failed, from writing to a shared cache line.
        if self.failing.load(Ordering::Acquire) && self.failing.swap(false, Ordering::AcqRel) {
            recorder.record(&Event::new(SecurityEvent::ControlRecovered).with_rule(&self.control));
        }
    }
}

#[cfg(all(test, feature = "test-util"))]
mod tests {
    use super::*;
    use crate::Collected;

    #[test]
    fn only_changes_are_told() {
        let sink = Collected::new();
        let recorder = Recorder::default().add_sink(sink.clone());
        let health = ControlHealth::new("control");
        health.works(&recorder);
        health.failed(&recorder, "one");
        health.failed(&recorder, "two");
        health.works(&recorder);
        health.works(&recorder);
        health.failed(&recorder, "three");
        assert_eq!(
            sink.entries(),
            [
                (SecurityEvent::ControlFailed, Some("one")),
                (SecurityEvent::ControlRecovered, None),
                (SecurityEvent::ControlFailed, Some("three")),
            ]
        );
    }
}
