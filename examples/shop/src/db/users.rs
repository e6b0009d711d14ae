//! The list of accounts.
use palisade::core::{Subject, Tenant};
use palisade::rbac::Allowed;
use rusqlite::Row;

use super::accounts::{subject, tenant};
use super::{Db, DbError, Role};
use crate::access::ListUsers;
use crate::limits;

/// An account, without anything that it signs in with but its address.
#[derive(Clone, Debug)]
pub(crate) struct User {
    /// Its id.
    pub(crate) id: Subject,
    /// The address it signs in with.
    pub(crate) email: String,
    /// What it is for.
    pub(crate) role: Role,
    /// Whose products a merchant sells.
    pub(crate) tenant: Option<Tenant>,
}

/// By id, which is random: the order says nothing, and a page begins where the one before it ended, whoever registers meanwhile.
const PAGE: &str = "SELECT id, email, role, tenant FROM accounts WHERE id > ?1 ORDER BY id LIMIT ?2";
const STAFF: &str = "SELECT id, email, role, tenant FROM accounts WHERE role <> 'customer'";

impl Db {
    /// At most [`limits::PAGE`] accounts, those behind `after`.
    pub(crate) async fn users(
        &self,
        _: &Allowed<ListUsers>,
        after: Option<Subject>,
    ) -> Result<Vec<User>, DbError> {
        self.call(move |connection| {
            let after = after.as_ref().map_or("", Subject::as_str);
            let mut select = connection.prepare_cached(PAGE)?;
            select.query_map((after, limits::PAGE), user)?.collect()
        })
        .await
    }

    /// Everybody who is no customer, for the table of roles.
    pub(crate) async fn staff(&self) -> Result<Vec<User>, DbError> {
        self.call(|connection| connection.prepare(STAFF)?.query_map((), user)?.collect())
            .await
    }
}

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        id: subject(row.get(0)?)?,
        email: row.get(1)?,
        role: row.get(2)?,
        tenant: tenant(row.get(3)?)?,
    })
}
