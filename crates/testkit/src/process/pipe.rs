//! One captured output stream.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Lines of one stream, read by a thread of their own so that the writer never blocks on a full pipe.
#[derive(Clone, Debug, Default)]
pub(super) struct Pipe {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    captured: Mutex<Captured>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Captured {
    lines: Vec<String>,
    closed: bool,
}

impl Pipe {
    pub(super) fn capture(stream: Option<impl Read + Send + 'static>) -> Self {
        let pipe = Self::default();
        let writer = pipe.clone();
        // The thread ends with the stream; nobody needs to join it.
        drop(thread::spawn(move || writer.read(stream)));
        pipe
    }

    /// Everything captured so far, each line with its end.
    pub(super) fn text(&self) -> String {
        self.lock().lines.concat()
    }

    /// The first line that contains `text`, or `None` when the stream ends or `limit` passes.
    pub(super) fn wait_for(&self, text: &str, limit: Duration) -> Option<String> {
        let captured = self.wait_while(limit, |captured| {
            !captured.closed && captured.line(text).is_none()
        });
        captured.line(text).map(|line| line.trim_end().to_owned())
    }

    /// Waits until the stream has ended, at most `limit`.
    pub(super) fn wait_closed(&self, limit: Duration) {
        drop(self.wait_while(limit, |captured| !captured.closed));
    }

    fn wait_while(
        &self,
        limit: Duration,
        mut unready: impl FnMut(&Captured) -> bool,
    ) -> MutexGuard<'_, Captured> {
        self.shared
            .changed
            .wait_timeout_while(self.lock(), limit, |captured| unready(captured))
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }

    fn lock(&self) -> MutexGuard<'_, Captured> {
        self.shared
            .captured
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, stream: Option<impl Read>) {
        if let Some(stream) = stream {
            let mut stream = BufReader::new(stream);
            while let Some(line) = next_line(&mut stream) {
                self.lock().lines.push(line);
                self.shared.changed.notify_all();
            }
        }
        self.lock().closed = true;
        self.shared.changed.notify_all();
    }
}

impl Captured {
    fn line(&self, text: &str) -> Option<&str> {
        self.lines
            .iter()
            .map(String::as_str)
            .find(|line| line.contains(text))
    }
}

fn next_line(stream: &mut impl BufRead) -> Option<String> {
    let mut line = Vec::new();
    match stream.read_until(b'\n', &mut line) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(String::from_utf8_lossy(&line).into_owned()),
    }
}
