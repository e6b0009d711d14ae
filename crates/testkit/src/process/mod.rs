//! Programs under test, run as processes of their own.

mod pipe;

use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use self::pipe::Pipe;
use crate::signal::Signal;

/// How long a program may take to print an awaited line, or to end once it was told to.
const DEADLINE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(10);

/// A program that was started for a test: its output is captured, and it ends when this value is dropped.
///
/// ```
/// use palisade_testkit::ServerProcess;
/// use std::process::Command;
///
/// let server = ServerProcess::start(Command::new("sh").args(["-c", "echo listening on 127.0.0.1:1"]));
/// assert_eq!(server.wait_for_line("listening on"), "listening on 127.0.0.1:1");
/// ```
#[derive(Debug)]
pub struct ServerProcess {
    program: String,
    child: Child,
    stdout: Pipe,
    stderr: Pipe,
}

/// What a program left behind when it ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct Exit {
    /// Exit code, or the signal that ended it.
    pub status: ExitStatus,
    /// Everything it printed to standard output, bytes that are not UTF-8 replaced.
    pub stdout: String,
    /// Everything it printed to standard error, bytes that are not UTF-8 replaced.
    pub stderr: String,
}

impl ServerProcess {
    /// Starts `command` with no standard input and both outputs captured.
    ///
    /// # Panics
    /// Where the program cannot be started.
    #[must_use]
    pub fn start(command: &mut Command) -> Self {
        Self::try_start(command).unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"))
    }

    /// Starts `command`, leaving it to the caller to say what is missing.
    pub(crate) fn try_start(command: &mut Command) -> std::io::Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        Ok(Self {
            program: command.get_program().to_string_lossy().into_owned(),
            stdout: Pipe::capture(child.stdout.take()),
            stderr: Pipe::capture(child.stderr.take()),
            child,
        })
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether the process has not ended yet.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// What the program has printed to standard output so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// What the program has printed to standard error so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Waits for the first line of standard output that contains `text` and returns it without its line end.
    /// Lines printed before the call count.
    ///
    /// # Panics
    /// Where the output ends without such a line, or 30 seconds pass; the message shows all output.
    #[must_use]
    pub fn wait_for_line(&self, text: &str) -> String {
        self.stdout.wait_for(text, DEADLINE).unwrap_or_else(|| {
            panic!(
                "{} printed no line with {text:?}\n{}",
                self.program,
                self.transcript()
            )
        })
    }

    /// Asks the program to end (SIGTERM) and waits until it has.
    ///
    /// # Panics
    /// Where it is still running 30 seconds later; it is then killed.
    #[must_use]
    pub fn terminate(self) -> Exit {
        Signal::Terminate.send(self.id());
        self.wait()
    }

    /// Waits until the program ends by itself.
    ///
    /// # Panics
    /// Where it is still running 30 seconds later; it is then killed.
    #[must_use]
    pub fn wait(mut self) -> Exit {
        let status = self.poll_exit();
        // A grandchild may hold the pipes open longer than the program lived, so this wait is bounded too.
        self.stdout.wait_closed(DEADLINE);
        self.stderr.wait_closed(DEADLINE);
        let Some(status) = status else {
            panic!(
                "{} did not end within {DEADLINE:?}\n{}",
                self.program,
                self.transcript()
            )
        };
        Exit {
            status,
            stdout: self.stdout(),
            stderr: self.stderr(),
        }
    }

    fn poll_exit(&mut self) -> Option<ExitStatus> {
        let polls = DEADLINE.as_millis().checked_div(POLL.as_millis()).unwrap_or(1);
        for _ in 0..polls {
            if let Ok(Some(status)) = self.child.try_wait() {
                return Some(status);
            }
            thread::sleep(POLL);
        }
        self.end();
        None
    }

    fn transcript(&self) -> String {
        format!("--- stdout\n{}--- stderr\n{}", self.stdout(), self.stderr())
    }

    fn end(&mut self) {
        // Both calls fail only where the process has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.end();
    }
}
