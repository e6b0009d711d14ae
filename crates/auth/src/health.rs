//! Whether a control works, told once a change.
use std::sync::atomic::{AtomicBool, Ordering};

use palisade_core::{Event, Recorder, SecurityEvent};

/// The health of one control: an event when it stops working and one when it works again, none in between.
#[derive(Debug)]
pub(crate) struct Health {
    control: &'static str,
    failing: AtomicBool,
}

impl Health {
    /// A control that works. `control` is its name in events.
    pub(crate) const fn new(control: &'static str) -> Self {
        Self {
            control,
            failing: AtomicBool::new(false),
        }
    }

    /// The control did not do its work.
    pub(crate) fn failed(&self, recorder: &Recorder, reason: &'static str) {
        if !self.failing.swap(true, Ordering::AcqRel) {
            recorder.record(
                &Event::new(SecurityEvent::ControlFailed)
                    .with_rule(self.control)
                    .with_reason(reason),
            );
        }
    }

    /// The control did its work.
    pub(crate) fn works(&self, recorder: &Recorder) {
        // The load keeps the usual case, a control that never failed, from writing to a shared cache line.
        if self.failing.load(Ordering::Acquire) && self.failing.swap(false, Ordering::AcqRel) {
            recorder.record(&Event::new(SecurityEvent::ControlRecovered).with_rule(self.control));
        }
    }
}

#[cfg(test)]
mod tests {
    use palisade_core::Collected;

    use super::*;

    #[test]
    fn only_changes_are_told() {
        let sink = Collected::new();
        let recorder = Recorder::default().add_sink(sink.clone());
        let health = Health::new("control");
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
