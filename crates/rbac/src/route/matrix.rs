//! Tables for reviews.
use super::Inventory;
use super::rule::{Answer, Rule};
use crate::bits::Bit;
use crate::{Permission, Policy};

/// A table of who may do what, as Markdown, CSV or JSON.
///
/// A role's column says what the role gives by itself: `yes`, `own` (on what one owns) or `no`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Policy {
    /// Permissions by roles, with the proof and the second person that each asks for (ASVS 8.1.1, 8.1.3).
    #[must_use]
    pub fn matrix(&self) -> Matrix {
        let row = |permission: Permission| {
            let mut row = vec![permission.name().to_owned(), asks(self, &[permission])];
            row.extend(self.indices().map(|role| cell(answer(self, role, permission))));
            row
        };
        let mut names: Vec<_> = self.vocabulary().names().to_vec();
        names.sort_unstable();
        names.dedup();
        let permissions = names.iter().filter_map(|name| self.vocabulary().permission(name));
        Matrix {
            head: head(&["permission", "asks for"], self),
            rows: permissions.map(row).collect(),
        }
    }

    /// Fields by the permissions that reading and writing them take (ASVS 8.1.2).
    #[must_use]
    pub fn field_matrix(&self) -> Matrix {
        let name = |index: Option<u16>| {
            let permission = index.and_then(|index| self.vocabulary().at(index));
            permission.map_or("nobody", Permission::name).to_owned()
        };
        let fields = self.all_fields().flat_map(|(kind, fields)| {
            fields.iter().map(move |(field, rule)| {
                vec![
                    kind.to_owned(),
                    field.to_string(),
                    name(rule.read),
                    name(rule.write),
                ]
            })
        });
        Matrix {
            head: ["resource", "field", "read", "write"].map(str::to_owned).into(),
            rows: fields.collect(),
        }
    }

    fn indices(&self) -> impl Iterator<Item = u16> {
        (0_u16..).zip(self.roles()).map(|(index, _)| index)
    }
}

impl Matrix {
    pub(super) fn of_routes(inventory: &Inventory, policy: &Policy) -> Self {
        let row = |(method, path, rule): (&http::Method, &str, &Rule)| {
            let permissions: Vec<_> = rule.permissions().collect();
            let mut row = vec![
                method.to_string(),
                path.to_owned(),
                rule.to_string(),
                asks(policy, &permissions),
            ];
            row.extend(policy.indices().map(|role| cell(rule.answer_of(policy, role))));
            row
        };
        Self {
            head: head(&["method", "route", "rule", "asks for"], policy),
            rows: inventory.routes().map(row).collect(),
        }
    }

    /// A table in Markdown.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let line = |cells: &[String]| {
            let cells: Vec<_> = cells
                .iter()
                .map(|cell| cell.replace('\\', "\\\\").replace('|', "\\|"))
                .collect();
            format!("| {} |\n", cells.join(" | "))
        };
        let rule = format!("|{}\n", "---|".repeat(self.head.len()));
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        format!("{}{rule}{rows}", line(&self.head))
    }

    /// CSV (RFC 4180), with a header. A cell that a spreadsheet would take for a formula begins with an apostrophe.
    #[must_use]
    pub fn to_csv(&self) -> String {
        let cell = |cell: &String| {
            let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
            format!(
                "\"{}{}\"",
                if formula { "'" } else { "" },
                cell.replace('"', "\"\"")
            )
        };
        let line =
            |cells: &Vec<String>| format!("{}\r\n", cells.iter().map(cell).collect::<Vec<_>>().join(","));
        [&self.head].into_iter().chain(&self.rows).map(line).collect()
    }

    /// JSON: an array with an object for each row.
    #[must_use]
    pub fn to_json(&self) -> String {
        let row = |cells: &Vec<String>| {
            let pairs = self.head.iter().zip(cells);
            let members: Vec<_> = pairs
                .map(|(name, cell)| format!("{}:{}", quoted(name), quoted(cell)))
                .collect();
            format!("{{{}}}", members.join(","))
        };
        let rows: Vec<_> = self.rows.iter().map(row).collect();
        format!("[{}]", rows.join(","))
    }
}

/// What a role by itself says to a permission.
pub(super) fn answer(policy: &Policy, role: u16, permission: Permission) -> Answer {
    let bit = Bit::of(permission.index());
    let word = policy.role_at(role).and_then(|role| role.words.get(bit.word));
    match word {
        Some(word) if word.deny & bit.mask != 0 => Answer::No,
        Some(word) if word.all & bit.mask != 0 => Answer::Yes,
        Some(word) if word.own & bit.mask != 0 => Answer::Own,
        _ => Answer::No,
    }
}

fn cell(answer: Answer) -> String {
    match answer {
        Answer::No => "no",
        Answer::Own => "own",
        Answer::Yes => "yes",
    }
    .to_owned()
}

fn head(first: &[&str], policy: &Policy) -> Vec<String> {
    let first = first.iter().map(|name| (*name).to_owned());
    first.chain(policy.roles().map(str::to_owned)).collect()
}

/// What permissions ask for beside a role.
fn asks(policy: &Policy, permissions: &[Permission]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for permission in permissions {
        parts.extend(policy.fresh(*permission).map(|fresh| fresh.describe()));
        let two = policy.needs_four_eyes(Bit::of(permission.index()));
        parts.extend(two.then(|| "another person than the proposer".to_owned()));
    }
    parts.dedup();
    parts.join("; ")
}

/// A string in JSON (RFC 8259 section 7).
fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => out.extend(format!("\\u{:04x}", u32::from(c)).chars()),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
