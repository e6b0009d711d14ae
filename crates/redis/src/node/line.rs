//! One connection.
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Client, Cmd, Pipeline, PushInfo, PushKind, Value};
use tokio::time::timeout;

use crate::failure::Failure;

/// How long making a connection may take, the login and a first command included. Nobody waits for it longer than
/// his own deadline.
const CONNECT: Duration = Duration::from_secs(1);
/// Commands that wait to be written, before their callers wait to hand them over.
const BUFFER: usize = 1024;

/// One connection, over which many calls run at once.
pub(super) struct Line {
    connection: MultiplexedConnection,
    ended: Arc<AtomicBool>,
}

impl Line {
    /// Connects, logs in, and makes sure that the server can be written to. `on_end` is called when the connection ends.
    pub(super) async fn open(
        client: Client,
        probe: Cmd,
        on_end: impl Fn(&Arc<AtomicBool>) + Send + Sync + 'static,
    ) -> Result<Self, Failure> {
        let ended = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&ended);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(None)
            .set_pipeline_buffer_size(BUFFER)
            .set_push_sender(move |push: PushInfo| -> Result<(), ()> {
                if push.kind == PushKind::Disconnection {
                    flag.store(true, Ordering::Release);
                    on_end(&flag);
                }
                Ok(())
            });
        let connecting = client.get_multiplexed_async_connection_with_config(&config);
        let connection = timeout(CONNECT, connecting)
            .await
            .map_err(|_| Failure::TimedOut)??;
        let line = Self { connection, ended };
        let answer = timeout(CONNECT, line.send(&probe)).await;
        match answer.map_err(|_| Failure::TimedOut)? {
            Err(failure) if failure.is_of_the_link() => Err(failure),
            // An error of another kind is an answer: of a node without that slot, or one that forbids the probe.
            Ok(_) | Err(_) => Ok(line),
        }
    }

    /// Sends a command and waits for its answer.
    pub(super) async fn send(&self, command: &Cmd) -> Result<Value, Failure> {
        let answer = self.connection.clone().send_packed_command(command).await;
        Ok(answer.and_then(Value::extract_error)?)
    }

    /// Sends `ASKING` and a command, as one, and waits for the answer to the command.
    pub(super) async fn send_asking(&self, command: &Cmd) -> Result<Value, Failure> {
        let mut both = Pipeline::new();
        both.cmd("ASKING").add_command(command.clone());
        let answers = self.connection.clone().send_packed_commands(&both, 0, 2).await?;
        let answer = answers.into_iter().nth(1).ok_or(Failure::Unexpected)?;
        Ok(answer.extract_error()?)
    }

    /// Whether the connection is known to have ended.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Whether this is the connection with that flag.
    pub(super) fn is(&self, flag: &Arc<AtomicBool>) -> bool {
        Arc::ptr_eq(&self.ended, flag)
    }

    /// Whether both are one connection.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.is(&other.ended)
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("ended", &self.has_ended())
            .finish_non_exhaustive()
    }
}
