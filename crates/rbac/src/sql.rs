//! A reach as a condition in SQL.
use palisade_core::{ConfigError, Subject, Tenant};

use crate::reach::{Columns, Extent, Reach, SqlCondition};

pub(crate) fn condition(reach: &Reach, columns: &Columns) -> Result<SqlCondition, ConfigError> {
    let mut sql = Writer {
        columns: *columns,
        owner: reach.owner(),
        terms: Vec::new(),
        values: Vec::new(),
    };
    sql.platform(reach.platform());
    for extent in [Extent::All, Extent::Own] {
        let tenants = reach.tenants().filter(|(_, found)| *found == extent);
        sql.tenants(extent, &tenants.map(|(tenant, _)| tenant).collect::<Vec<_>>());
    }
    sql.elsewhere(reach);
    sql.finish(reach)
}

struct Writer<'a> {
    columns: Columns,
    owner: Option<&'a Subject>,
    terms: Vec<String>,
    values: Vec<Box<str>>,
}

impl Writer<'_> {
    fn platform(&mut self, extent: Extent) {
        let here = format!("{} IS NULL", self.columns.tenant);
        self.term(extent, here, &[]);
    }

    fn tenants(&mut self, extent: Extent, tenants: &[&Tenant]) {
        if !tenants.is_empty() {
            let here = format!("{} IN ({})", self.columns.tenant, marks(tenants.len()));
            self.term(extent, here, tenants);
        }
    }

    fn elsewhere(&mut self, reach: &Reach) {
        let named: Vec<_> = reach.tenants().map(|(tenant, _)| tenant).collect();
        let column = self.columns.tenant;
        let here = if named.is_empty() {
            format!("{column} IS NOT NULL")
        } else {
            format!("{column} NOT IN ({})", marks(named.len()))
        };
        self.term(reach.elsewhere(), here, &named);
    }

    fn term(&mut self, extent: Extent, here: String, values: &[&Tenant]) {
        let owner = self.owner.filter(|_| extent == Extent::Own);
        let text = match (extent, owner) {
            (Extent::All, _) => here,
            (Extent::Own, Some(_)) => format!("({here} AND {} = ?)", self.columns.owner),
            (Extent::Own, None) | (Extent::Nothing, _) => return,
        };
        self.terms.push(text);
        self.values
            .extend(values.iter().map(|tenant| tenant.as_str().into()));
        self.values.extend(owner.map(|owner| owner.as_str().into()));
    }

    fn finish(mut self, reach: &Reach) -> Result<SqlCondition, ConfigError> {
        if self.terms.is_empty() {
            self.terms.push("1 = 0".to_owned());
        }
        let mut text = format!("({})", self.terms.join(" OR "));
        let barred: Vec<_> = reach.not_proposed_by().collect();
        if !barred.is_empty() {
            let missing = || ConfigError::new("columns", "the column of who proposed a row is asked for");
            let column = self.columns.proposer.ok_or_else(missing)?;
            // A row whose proposer is NULL fails this, as it must.
            text = format!("({text} AND {column} NOT IN ({}))", marks(barred.len()));
            self.values
                .extend(barred.iter().map(|subject| subject.as_str().into()));
        }
        Ok(SqlCondition {
            text,
            values: self.values,
        })
    }
}

fn marks(count: usize) -> String {
    vec!["?"; count].join(", ")
}
