//! The secret that everything keyed is derived from.
use palisade::core::{ConfigError, RootSecret, Secret, random_bytes};

use super::{Db, DbError};

impl Db {
    /// The shop's root secret: made when a file is opened for the first time, and the same ever after.
    ///
    /// Whoever can read the file can read it; a shop that has a place for secrets keeps it there.
    pub(crate) async fn root_secret(&self) -> Result<Result<RootSecret, ConfigError>, DbError> {
        let fresh = Secret::new(random_bytes::<32>().map_err(|_| DbError::NoRandom)?.to_vec());
        let kept = self.call(move |connection| {
            let insert = "INSERT INTO secrets (name, secret) VALUES ('root', ?1) ON CONFLICT DO NOTHING";
            connection.execute(insert, [fresh.expose()])?;
            connection.query_row("SELECT secret FROM secrets WHERE name = 'root'", (), |row| {
                row.get(0)
            })
        });
        Ok(RootSecret::new(Secret::new(kept.await?)))
    }
}
