//! What is known of an account's password, for those who change it.
use palisade::auth::{Credential, Credentials, Identifier, PasswordHash};
use palisade::core::{StoreError, Subject};
use rusqlite::{OptionalExtension, Row};

use super::Db;
use super::accounts::{corrupt, failed, subject};
use crate::password;

const BY_EMAIL: &str = "SELECT id, email, password FROM accounts WHERE email = ?1";
const BY_ID: &str = "SELECT id, email, password FROM accounts WHERE id = ?1";
const REPLACE: &str = "UPDATE accounts SET password = ?3 WHERE id = ?1 AND password = ?2";

impl Credentials for Db {
    async fn by_identifier(&self, identifier: &Identifier) -> Result<Option<Credential>, StoreError> {
        self.credential(BY_EMAIL, identifier.as_str()).await
    }

    async fn by_subject(&self, id: &Subject) -> Result<Option<Credential>, StoreError> {
        self.credential(BY_ID, id.as_str()).await
    }

    /// Every account has a password, so there is none to be given its first one.
    async fn replace(
        &self,
        id: &Subject,
        old: Option<&PasswordHash>,
        new: &PasswordHash,
    ) -> Result<bool, StoreError> {
        let Some(old) = old else { return Ok(false) };
        let [id, old, new] = [id.as_str(), old.as_str(), new.as_str()].map(str::to_owned);
        let replaced = self.call(move |connection| {
            let rows = connection.prepare_cached(REPLACE)?.execute((id, old, new))?;
            Ok(rows == 1)
        });
        replaced.await.map_err(failed)
    }
}

impl Db {
    async fn credential(&self, select: &'static str, value: &str) -> Result<Option<Credential>, StoreError> {
        let value = value.to_owned();
        let found = self.call(move |connection| {
            let mut select = connection.prepare_cached(select)?;
            select.query_row([value], credential).optional()
        });
        found.await.map_err(failed)
    }
}

fn credential(row: &Row<'_>) -> rusqlite::Result<Credential> {
    let (email, hash): (String, String) = (row.get(1)?, row.get(2)?);
    let identifier = Identifier::parse(&email).map_err(corrupt)?;
    let hash = PasswordHash::parse(&hash).map_err(corrupt)?;
    let context = password::context(&email);
    Ok(Credential::new(subject(row.get(0)?)?, identifier, context).with_password(hash))
}
