//! Accounts: who may sign in, and as what.
use palisade::auth::{self as auth, Accounts, Identifier, PasswordHash};
use palisade::core::{Principal, StoreError, StoreErrorKind, Subject, Tenant, random_bytes};
use rusqlite::{OptionalExtension, Row};

use super::{Db, DbError, Role};
use crate::email::Email;

/// What an account is, apart from its password.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    /// The address it signs in with.
    pub(crate) email: String,
    /// What it is for.
    pub(crate) role: Role,
    /// Whose products a merchant sells.
    pub(crate) tenant: Option<Tenant>,
}

impl Profile {
    /// Somebody who signed in before, as the account is now; what they proved then keeps its times.
    pub(crate) fn principal(&self, then: &Principal) -> Principal {
        let account = Principal::new(then.subject().clone(), self.role.kind()).add_role(self.role.as_str());
        let proved = then.factors().fold(account, |principal, (factor, at)| {
            principal.with_factor(factor, at)
        });
        match &self.tenant {
            Some(tenant) => proved.with_tenant(tenant.clone()),
            None => proved,
        }
    }
}

/// An account that exists in every shop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DemoAccount {
    /// The address it signs in with.
    pub(crate) email: &'static str,
    /// What it is for.
    pub(crate) role: Role,
    /// Whose products a merchant sells.
    pub(crate) tenant: Option<&'static str>,
}

/// What became of a registration. Whoever asked for it is told the same in both cases.
#[derive(Clone, Debug)]
pub(crate) enum Registration {
    /// The account was created.
    Created(Subject),
    /// The address has an account, which was left as it was.
    Taken,
}

/// One statement that writes one row, whether or not the address is taken: the time of the answer does not tell.
const REGISTER: &str = "INSERT INTO accounts (id, email, password, role) VALUES (?1, ?2, ?3, 'customer')
    ON CONFLICT (email) DO UPDATE SET registered_at = unixepoch() RETURNING id";
const INSTALL: &str = "INSERT INTO accounts (id, email, password, role, tenant) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT (email) DO UPDATE SET password = ?3, role = ?4, tenant = ?5";
const PROFILE: &str = "SELECT email, role, tenant FROM accounts WHERE id = ?1";
const FIND: &str = "SELECT id, role, password, tenant FROM accounts WHERE email = ?1";
const REPLACE_HASH: &str = "UPDATE accounts SET password = ?3 WHERE id = ?1 AND password = ?2";

impl Db {
    /// Creates a customer's account, unless the address has one.
    pub(crate) async fn register(
        &self,
        email: &Email,
        password: &PasswordHash,
    ) -> Result<Registration, DbError> {
        let (id, email, password) = (new_id()?, email.as_str().to_owned(), password.as_str().to_owned());
        self.call(move |connection| {
            let mut register = connection.prepare_cached(REGISTER)?;
            let owner: String = register.query_row((&id, email, password), |row| row.get(0))?;
            Ok(if owner == id {
                Registration::Created(subject(id)?)
            } else {
                Registration::Taken
            })
        })
        .await
    }

    /// Creates an account with its role, or gives the one of that address this role and this password.
    pub(crate) async fn install(&self, account: DemoAccount, password: &PasswordHash) -> Result<(), DbError> {
        let (id, password) = (new_id()?, password.as_str().to_owned());
        self.call(move |connection| {
            let DemoAccount { email, role, tenant } = account;
            connection
                .execute(INSTALL, (id, email, password, role, tenant))
                .map(drop)
        })
        .await
    }

    /// What an account is.
    pub(crate) async fn profile(&self, id: &Subject) -> Result<Option<Profile>, DbError> {
        let id = id.as_str().to_owned();
        self.call(move |connection| {
            connection
                .prepare_cached(PROFILE)?
                .query_row([id], profile)
                .optional()
        })
        .await
    }
}

/// What the login funnel asks for.
impl Accounts for Db {
    async fn find(&self, identifier: &Identifier) -> Result<Option<auth::Account>, StoreError> {
        let email = identifier.as_str().to_owned();
        let found = self.call(move |connection| {
            connection
                .prepare_cached(FIND)?
                .query_row([email], account)
                .optional()
        });
        found.await.map_err(failed)
    }

    async fn replace_hash(
        &self,
        id: &Subject,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<(), StoreError> {
        let (id, old, new) = (
            id.as_str().to_owned(),
            old.as_str().to_owned(),
            new.as_str().to_owned(),
        );
        let replaced = self.call(move |connection| {
            connection
                .prepare_cached(REPLACE_HASH)?
                .execute((id, old, new))
                .map(drop)
        });
        replaced.await.map_err(failed)
    }
}

/// 128 random bits in hexadecimal: an id that is never used again and tells nothing.
pub(super) fn new_id() -> Result<String, DbError> {
    let bytes = random_bytes::<16>().map_err(|_| DbError::NoRandom)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

fn account(row: &Row<'_>) -> rusqlite::Result<auth::Account> {
    let role: Role = row.get(1)?;
    let hash = PasswordHash::parse(&row.get::<_, String>(2)?).map_err(corrupt)?;
    let account = auth::Account::new(subject(row.get(0)?)?, role.kind())
        .add_role(role.as_str())
        .with_password(hash);
    Ok(match tenant(row.get(3)?)? {
        Some(tenant) => account.with_tenant(tenant),
        None => account,
    })
}

fn profile(row: &Row<'_>) -> rusqlite::Result<Profile> {
    Ok(Profile {
        email: row.get(0)?,
        role: row.get(1)?,
        tenant: tenant(row.get(2)?)?,
    })
}

pub(super) fn tenant(id: Option<String>) -> rusqlite::Result<Option<Tenant>> {
    id.map(tenant_of).transpose()
}

pub(super) fn tenant_of(id: String) -> rusqlite::Result<Tenant> {
    Tenant::new(id).map_err(corrupt)
}

pub(super) fn subject(id: String) -> rusqlite::Result<Subject> {
    Subject::new(id).map_err(corrupt)
}

/// What this program would not have written. Neither error nor text hold it.
pub(super) fn corrupt(error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::types::FromSqlError::other(error).into()
}

pub(super) fn failed(error: DbError) -> StoreError {
    StoreError::caused_by(StoreErrorKind::Failed, error)
}

#[cfg(test)]
mod tests {
    use palisade_testkit::TempDir;

    use super::*;

    const HASH: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    async fn written(db: &Db) -> u64 {
        db.call(|connection| Ok(connection.total_changes()))
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn a_taken_address_costs_the_same_writes_and_keeps_its_account() {
        let home = TempDir::new();
        let db = Db::open(&home.path().join("shop.db")).unwrap();
        let (email, hash) = (
            Email::parse("ada@shop.example").unwrap(),
            PasswordHash::parse(HASH).unwrap(),
        );
        let other = PasswordHash::parse(&HASH.replace("$AAAA", "$BBBB")).unwrap();

        let before = written(&db).await;
        let Registration::Created(id) = db.register(&email, &hash).await.unwrap() else {
            panic!("the address was free");
        };
        let between = written(&db).await;
        assert!(matches!(
            db.register(&email, &other).await.unwrap(),
            Registration::Taken
        ));
        assert_eq!(written(&db).await - between, between - before);

        let stored = db.call(|connection| {
            connection.query_row("SELECT id, password FROM accounts", (), |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })
        });
        assert_eq!(stored.await.unwrap(), (id.as_str().to_owned(), HASH.to_owned()));
    }

    #[tokio::test]
    async fn a_hash_is_replaced_only_where_it_is_still_the_old_one() {
        let home = TempDir::new();
        let db = Db::open(&home.path().join("shop.db")).unwrap();
        let email = Email::parse("ada@shop.example").unwrap();
        let [first, second, third] = ["$AAAA", "$BBBB", "$CCCC"]
            .map(|part| PasswordHash::parse(&HASH.replace("$AAAA", part)).unwrap());
        let Registration::Created(id) = db.register(&email, &first).await.unwrap() else {
            panic!("the address was free");
        };
        db.replace_hash(&id, &first, &second).await.unwrap();
        db.replace_hash(&id, &first, &third).await.unwrap();
        let stored = db.call(|connection| {
            connection.query_row("SELECT password FROM accounts", (), |row| row.get::<_, String>(0))
        });
        assert_eq!(stored.await.unwrap(), second.as_str().to_owned());
    }

    #[tokio::test]
    async fn a_closed_database_answers_with_an_error() {
        let home = TempDir::new();
        let db = Db::open(&home.path().join("shop.db")).unwrap();
        db.clone().close().await;
        assert!(matches!(db.products().await, Err(DbError::Closed)));
        assert!(
            db.find(&Identifier::parse("ada@shop.example").unwrap())
                .await
                .is_err()
        );
    }
}
