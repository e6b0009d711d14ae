//! Signals to processes that this test started.

use std::process::{Command, Stdio};

/// A signal, by its POSIX name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Signal {
    Terminate,
    Kill,
    Stop,
    Continue,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Terminate => "TERM",
            Self::Kill => "KILL",
            Self::Stop => "STOP",
            Self::Continue => "CONT",
        }
    }

    /// Sends the signal to one process. A process that has already ended is no error.
    ///
    /// `kill` is the shell's builtin: slim images have no `/bin/kill`, and the C call would need `unsafe`.
    pub(crate) fn send(self, pid: u32) {
        let status = Command::new("sh")
            .args(["-c", "kill -s \"$0\" \"$1\"", self.name(), &pid.to_string()])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if let Err(error) = status {
            panic!(
                "cannot run sh to send SIG{} to process {pid}: {error}",
                self.name()
            );
        }
    }
}
