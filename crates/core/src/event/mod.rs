//! Security events: what happened, in words that every tool knows.
mod health;
mod kind;
mod record;
mod recorder;

pub use health::ControlHealth;
pub use kind::{Level, Outcome, SecurityEvent};
pub use record::Event;
pub use recorder::{Pseudonym, Recorder, Sink};
