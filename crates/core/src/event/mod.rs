//! Security events: what happened, in words that every tool knows.
mod kind;
mod record;
mod recorder;

pub use kind::{Level, Outcome, SecurityEvent};
pub use record::Event;
pub use recorder::{Pseudonym, Recorder, Sink};
