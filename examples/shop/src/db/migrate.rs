//! Brings the schema of a file to this version.
use rusqlite::{Connection, TransactionBehavior};

/// The migrations, oldest first. One that was released is never changed; a change of the schema is a new one.
const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/0001_foundations.sql"),
    include_str!("../../migrations/0002_secrets.sql"),
    include_str!("../../migrations/0003_orders.sql"),
];

/// `PRAGMA application_id`: "Shop" in ASCII. It tells this file from other SQLite files.
const APPLICATION_ID: i32 = 0x5368_6f70;

const LEDGER: &str = "CREATE TABLE IF NOT EXISTS migrations (
    version    INTEGER PRIMARY KEY,
    applied_at INTEGER NOT NULL DEFAULT (unixepoch())
) STRICT";

/// Why a file cannot be migrated.
#[derive(Debug)]
pub(super) enum MigrateError {
    Foreign,
    Newer,
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for MigrateError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

/// Applies what is missing in one transaction: a file is at one version or at the other, never between.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), MigrateError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    claim(&transaction)?;
    transaction.execute(LEDGER, ())?;
    let applied: u32 = transaction.query_row("SELECT count(*) FROM migrations", (), |row| row.get(0))?;
    let missing = usize::try_from(applied)
        .ok()
        .and_then(|applied| MIGRATIONS.get(applied..));
    for migration in missing.ok_or(MigrateError::Newer)? {
        transaction.execute_batch(migration)?;
        transaction.execute("INSERT INTO migrations DEFAULT VALUES", ())?;
    }
    Ok(transaction.commit()?)
}

/// Marks an empty file as ours, and refuses a file with tables that is not.
fn claim(connection: &Connection) -> Result<(), MigrateError> {
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    match (id, tables) {
        (APPLICATION_ID, _) => Ok(()),
        (0, 0) => Ok(connection.pragma_update(None, "application_id", APPLICATION_ID)?),
        _ => Err(MigrateError::Foreign),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn products(connection: &Connection) -> u32 {
        connection
            .query_row("SELECT count(*) FROM products", (), |row| row.get(0))
            .unwrap()
    }

    #[test]
    fn a_file_is_migrated_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        let first = products(&connection);
        assert!(first > 0);
        migrate(&mut connection).unwrap();
        assert_eq!(products(&connection), first);
    }

    #[test]
    fn a_file_of_a_newer_version_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        connection
            .execute("INSERT INTO migrations VALUES (999, 0)", ())
            .unwrap();
        assert!(matches!(migrate(&mut connection), Err(MigrateError::Newer)));
    }

    #[test]
    fn somebody_elses_tables_are_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection
            .execute("CREATE TABLE theirs (id INTEGER)", ())
            .unwrap();
        assert!(matches!(migrate(&mut connection), Err(MigrateError::Foreign)));
        let tables: u32 = connection
            .query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))
            .unwrap();
        assert_eq!(tables, 1);
    }
}
