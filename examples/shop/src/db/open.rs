//! Opens the database file.
use std::fs::{self, DirBuilder, OpenOptions};
use std::io;
use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::migrate::{self, MigrateError};
use crate::limits;

/// Why the database cannot be used. Its text is one sentence for the operator; the path is added by who knows it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file, or the directory it is in, cannot be made, read or written.
    #[error("cannot be read and written: {0}")]
    Io(#[from] io::Error),
    /// It can be read only.
    #[error("can be read but not written")]
    ReadOnly,
    /// It is something else.
    #[error("is not a database of this shop")]
    Foreign,
    /// A later version of the shop migrated it.
    #[error("was migrated by a newer version of the shop")]
    Newer,
    /// SQLite says no.
    #[error("cannot be used: {0}")]
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            Some(ErrorCode::NotADatabase) => Self::Foreign,
            _ => Self::Sqlite(error),
        }
    }
}

impl From<MigrateError> for OpenError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Foreign => Self::Foreign,
            MigrateError::Newer => Self::Newer,
            MigrateError::Sqlite(error) => error.into(),
        }
    }
}

/// A connection to the file at `path`, with the schema of this version.
pub(super) fn open(path: &Path) -> Result<Connection, OpenError> {
    create(path)?;
    // Without `SQLITE_OPEN_URI`: a path is a path, whatever it looks like.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(limits::DATABASE_BUSY)?;
    if connection.is_readonly("main")? {
        return Err(OpenError::ReadOnly);
    }
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    migrate::migrate(&mut connection)?;
    Ok(connection)
}

/// Makes directory and file where they are missing, for their owner only: password hashes are kept in it.
fn create(path: &Path) -> io::Result<()> {
    if let Some(directory) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        private_directory().create(directory)?;
    }
    if fs::metadata(path).is_ok_and(|file| file.is_dir()) {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    private_file().open(path).map(drop)
}

fn private_directory() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
