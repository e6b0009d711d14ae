//! One server: its connection, and the breaker that fails calls at once while it is away.
mod keeper;
mod line;
mod link;

use std::future::Future;
use std::sync::Arc;

use ::redis::{Cmd, Value};
use palisade_core::{ConfigError, ControlHealth};
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout_at};

use self::line::Line;
use self::link::{Link, Shared};
use crate::address::Address;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::setup::Setup;

/// One server. Clones share the connection; with the last one everything that runs for it ends.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    shared: Arc<Shared>,
    address: Arc<Address>,
}

impl Node {
    /// A server that is not connected to before the first command.
    pub(crate) fn new(address: Address, setup: Arc<Setup>) -> Result<Self, ConfigError> {
        let client = address.client()?;
        Ok(Self {
            shared: Arc::new(Shared::new(client, setup, ControlHealth::new("redis"))),
            address: Arc::new(address),
        })
    }

    /// Where it is.
    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Whether a call with this deadline would fail at once.
    pub(crate) fn is_away(&self, deadline: Deadline) -> bool {
        match self.shared.link() {
            Link::Idle | Link::Up(_) => false,
            Link::Down(silence) => silence.is_over(deadline),
        }
    }

    /// Sends one command and waits for its answer. It is sent at most once.
    pub(crate) async fn ask(&self, command: &Cmd, deadline: Deadline) -> Result<Value, Failure> {
        let line = self.line(deadline).await?;
        self.on(&line, line.send(command), deadline).await
    }

    /// Sends a command about a slot that is just being moved here.
    pub(crate) async fn ask_once(&self, command: &Cmd, deadline: Deadline) -> Result<Value, Failure> {
        let line = self.line(deadline).await?;
        self.on(&line, line.send_asking(command), deadline).await
    }

    async fn on(
        &self,
        line: &Line,
        answer: impl Future<Output = Result<Value, Failure>>,
        deadline: Deadline,
    ) -> Result<Value, Failure> {
        let (heard, begun) = (self.shared.heard(), Instant::now());
        let Some(answer) = deadline.meet(answer).await else {
            self.shared.unanswered(line, heard, begun);
            return Err(Failure::TimedOut);
        };
        match &answer {
            Err(failure) if failure.is_of_the_link() => self.shared.lost(line),
            _ => self.shared.hear(),
        }
        answer
    }

    /// The connection; waits for one, but not longer than the server has been silent already.
    async fn line(&self, deadline: Deadline) -> Result<Arc<Line>, Failure> {
        // The client library and the runtime's clock panic outside a runtime.
        drop(Handle::try_current().map_err(|_| Failure::NoRuntime)?);
        if let Link::Up(line) = self.shared.link() {
            return Ok(line);
        }
        let mut changes = self.shared.changes();
        loop {
            // Apart from the match, which must not hold the lock.
            let state = changes.borrow_and_update().clone();
            let silence = match state {
                Link::Up(line) => return Ok(line),
                Link::Down(silence) => silence,
                Link::Idle if self.shared.connect() => continue,
                // A runtime that is ending takes no task.
                Link::Idle => return Err(Failure::NoRuntime),
            };
            if silence.is_over(deadline) {
                return Err(self.shared.gave_up(silence));
            }
            // Passed or changed: what counts is how things stand then.
            drop(timeout_at(deadline.patience(silence.since()), changes.changed()).await);
        }
    }
}
