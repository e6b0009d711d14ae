//! The database: one SQLite file behind one thread.
//!
//! SQLite calls block, and one connection serves one call at a time. So the connection lives on a thread of its own and
//! takes jobs from a bounded queue: the async runtime never waits on the disk, and a flood waits in line instead of
//! taking memory.
mod accounts;
mod credentials;
mod migrate;
mod open;
mod orders;
mod products;
mod role;
mod secrets;
mod users;

use std::path::Path;
use std::thread;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

pub(crate) use self::accounts::{DemoAccount, Profile, Registration};
pub use self::open::OpenError;
pub(crate) use self::products::Product;
pub(crate) use self::role::Role;
pub(crate) use self::users::User;
use crate::limits;

/// A handle to the database. Clones share the one connection.
#[derive(Clone, Debug)]
pub(crate) struct Db(mpsc::Sender<Job>);

type Work = Box<dyn FnOnce(&mut Connection) + Send>;

enum Job {
    Run(Work),
    Close(oneshot::Sender<()>),
}

/// The database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// It is closed.
    #[error("the database is closed")]
    Closed,
    /// There was no randomness for a new id.
    #[error("the operating system gave no random bytes")]
    NoRandom,
    /// SQLite says no.
    #[error("the database failed: {0}")]
    Failed(#[from] rusqlite::Error),
}

impl Db {
    /// Opens the file, creating and migrating it as needed, and starts its thread.
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        let connection = open::open(path)?;
        let (jobs, queue) = mpsc::channel(limits::DATABASE_QUEUE);
        thread::Builder::new()
            .name("database".into())
            .spawn(move || run(connection, queue))?;
        Ok(Self(jobs))
    }

    /// Runs `work` on the database's thread. Work that was accepted runs to its end, even if nobody waits any more.
    async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, DbError> {
        let (answer, answered) = oneshot::channel();
        // The answer has no taker when the request was cancelled, which is no reason to fail.
        let work: Work = Box::new(move |connection| drop(answer.send(work(connection))));
        self.0.send(Job::Run(work)).await.map_err(|_| DbError::Closed)?;
        Ok(answered.await.map_err(|_| DbError::Closed)??)
    }

    /// Finishes what is queued and closes the file. Other handles get errors from then on.
    pub(crate) async fn close(self) {
        let (done, closed) = oneshot::channel();
        if self.0.send(Job::Close(done)).await.is_ok() {
            drop(closed.await);
        }
    }
}

fn run(mut connection: Connection, mut queue: mpsc::Receiver<Job>) {
    while let Some(job) = queue.blocking_recv() {
        match job {
            Job::Run(work) => work(&mut connection),
            Job::Close(done) => {
                drop(connection);
                done.send(()).unwrap_or_default();
                return;
            }
        }
    }
}
