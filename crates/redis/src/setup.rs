//! What all servers of one `Redis` are told.
use std::sync::{PoisonError, RwLock};

use ::redis::{Cmd, cmd};
use palisade_core::Recorder;

/// What all servers of one `Redis` are told; it can be set while they are in use.
#[derive(Debug)]
pub(crate) struct Setup(RwLock<Told>);

#[derive(Debug)]
struct Told {
    recorder: Recorder,
    prefix: String,
}

impl Setup {
    pub(crate) fn new(prefix: &str) -> Self {
        Self(RwLock::new(Told {
            recorder: Recorder::default(),
            prefix: prefix.to_owned(),
        }))
    }

    pub(crate) fn set_recorder(&self, recorder: Recorder) {
        self.write(|told| told.recorder = recorder);
    }

    pub(crate) fn set_prefix(&self, prefix: &str) {
        self.write(|told| prefix.clone_into(&mut told.prefix));
    }

    pub(crate) fn recorder(&self) -> Recorder {
        self.read(|told| told.recorder.clone())
    }

    /// A write that changes nothing: the key does not exist. A replica refuses it where it would answer `PING`.
    pub(crate) fn probe(&self) -> Cmd {
        let mut probe = cmd("DEL");
        probe.arg(self.read(|told| format!("{}:probe", told.prefix)));
        probe
    }

    fn read<T>(&self, look: impl FnOnce(&Told) -> T) -> T {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, act: impl FnOnce(&mut Told)) {
        act(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }
}
