//! Roles, as they are stored.
use palisade::core::PrincipalKind;
use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};

/// What an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Runs the shop.
    Administrator,
    /// Buys.
    Customer,
    /// Sells, for one tenant.
    Merchant,
}

impl Role {
    /// The name of the role, in the database and in a principal.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Customer => "customer",
            Self::Merchant => "merchant",
        }
    }

    /// The kind of account that has it.
    pub(crate) const fn kind(self) -> PrincipalKind {
        match self {
            Self::Customer => PrincipalKind::Customer,
            Self::Merchant | Self::Administrator => PrincipalKind::Staff,
        }
    }
}

impl FromSql for Role {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            "administrator" => Ok(Self::Administrator),
            "customer" => Ok(Self::Customer),
            "merchant" => Ok(Self::Merchant),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

impl ToSql for Role {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.as_str().to_sql()
    }
}
