//! From what was written down to bit sets.
mod names;
mod roles;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use palisade_core::PrincipalKind;

use names::Names;
use roles::compile_roles;

use super::builder::PolicyBuilder;
use super::field::{FieldRule, Fields};
use super::problem::Problem;
use super::{CompiledRole, Kinds, Policy};
use crate::RequireFresh;
use crate::bits::{MAX_ROLES, PermissionBits, RoleBits};
use crate::name::{is_name, is_scope};
use crate::role_set::RoleSet;

/// The most entries in any list that is not bounded by roles or permissions.
const MAX_ENTRIES: usize = 1024;

type Checked<T> = Result<T, Problem>;

pub(super) fn compile(plan: &PolicyBuilder) -> Checked<Policy> {
    bounded(plan)?;
    let names = Names::new(plan)?;
    let roles = compile_roles(plan, &names)?;
    let conflicts = compile_conflicts(plan, &names, &roles)?;
    Ok(Policy {
        kinds: compile_kinds(plan, &names, (&roles, &conflicts))?,
        scopes: compile_scopes(plan, &names)?,
        impersonated: names.set(&plan.impersonation)?,
        four_eyes: names.set(&plan.four_eyes)?,
        needs_fresh: names.set(
            &plan
                .fresh
                .iter()
                .map(|(pattern, _)| pattern.clone())
                .collect::<Vec<_>>(),
        )?,
        fresh: compile_fresh(plan, &names)?,
        disclosed_by: compile_disclosed(plan, &names)?,
        fields: compile_fields(plan, &names)?,
        vocabulary: plan.vocabulary,
        by_name: (0..)
            .zip(&roles)
            .map(|(index, role)| (role.name.clone(), index))
            .collect(),
        roles,
        conflicts,
    })
}

fn bounded(plan: &PolicyBuilder) -> Checked<()> {
    let lists = [
        (plan.roles.len(), MAX_ROLES, "roles"),
        (plan.conflicts.len(), MAX_ENTRIES, "conflicts"),
        (plan.scopes.len(), MAX_ENTRIES, "scopes"),
        (plan.fields.len(), MAX_ENTRIES, "fields"),
    ];
    match lists.into_iter().find(|(len, most, _)| len > most) {
        Some((len, most, what)) => Err(Problem::new("", format!("{len} {what}; {most} are allowed"))),
        None => Ok(()),
    }
}

fn twice(what: &str, name: &str) -> Problem {
    Problem::new(name, format!("the {what} `{name}` is there twice"))
}

fn compile_conflicts(
    plan: &PolicyBuilder,
    names: &Names<'_>,
    roles: &[CompiledRole],
) -> Checked<Box<[RoleBits]>> {
    let mut groups = Vec::with_capacity(plan.conflicts.len());
    for group in &plan.conflicts {
        let mut bits = RoleBits::default();
        for name in group {
            bits.add(names.role(name)?.0);
        }
        if bits.common(&bits) < 2 {
            let first = group.first().map_or("", |name| name);
            return Err(Problem::new(
                first,
                "a conflict is between two different roles or more",
            ));
        }
        groups.push(bits);
    }
    let torn = |role: &&CompiledRole| groups.iter().any(|group| group.common(&role.closure) > 1);
    match roles.iter().find(torn) {
        Some(role) => {
            let name = &role.name;
            Err(Problem::new(
                name,
                format!("`{name}` is or inherits two roles that are in conflict"),
            ))
        }
        None => Ok(groups.into()),
    }
}

fn compile_kinds(
    plan: &PolicyBuilder,
    names: &Names<'_>,
    (roles, conflicts): (&[CompiledRole], &[RoleBits]),
) -> Checked<Kinds> {
    let of = |kind: PrincipalKind| -> Checked<RoleSet> {
        let mut held = BTreeSet::new();
        for (_, name) in plan.kinds.iter().filter(|(of, _)| *of == kind) {
            held.insert(names.role(name)?.0);
        }
        Ok(RoleSet::of(held, roles))
    };
    // Everybody of a kind has these roles. If they counted, one assignment could lock out all of them.
    for (_, name) in &plan.kinds {
        let (index, _) = names.role(name)?;
        let closure = roles.get(usize::from(index)).map(|role| role.closure);
        let closure = closure.unwrap_or_default();
        if conflicts.iter().any(|group| group.common(&closure) > 0) {
            let text = format!("`{name}` is everybody's of its kind and cannot be in a conflict");
            return Err(Problem::new(name, text));
        }
    }
    Ok(Kinds {
        customer: of(PrincipalKind::Customer)?,
        staff: of(PrincipalKind::Staff)?,
        service: of(PrincipalKind::Service)?,
        none: RoleSet::default(),
    })
}

fn compile_scopes(plan: &PolicyBuilder, names: &Names<'_>) -> Checked<BTreeMap<Box<str>, PermissionBits>> {
    let mut scopes = BTreeMap::new();
    for (scope, permissions) in &plan.scopes {
        if !is_scope(scope) {
            return Err(Problem::new(
                scope,
                "a scope is 1 to 128 visible characters without quotes",
            ));
        }
        if scopes.insert(scope.clone(), names.set(permissions)?).is_some() {
            return Err(twice("scope", scope));
        }
    }
    Ok(scopes)
}

type Fresh = Box<[Option<Arc<RequireFresh>>]>;

fn compile_fresh(plan: &PolicyBuilder, names: &Names<'_>) -> Checked<Fresh> {
    let mut fresh = vec![None; names.vocabulary.names().len()];
    for (pattern, rule) in &plan.fresh {
        let rule = Arc::new(rule.clone());
        for index in names.permissions(pattern)? {
            let slot = fresh.get_mut(usize::from(index));
            if slot.is_some_and(|slot| slot.replace(Arc::clone(&rule)).is_some()) {
                return Err(Problem::new(
                    pattern,
                    format!("`{pattern}` has two rules about freshness"),
                ));
            }
        }
    }
    Ok(fresh.into())
}

fn compile_disclosed(plan: &PolicyBuilder, names: &Names<'_>) -> Checked<Box<[Option<u16>]>> {
    let mut seen_by = vec![None; names.vocabulary.names().len()];
    for (pattern, by) in &plan.disclose {
        let by = names.permission(by)?;
        for index in names.permissions(pattern)? {
            let slot = seen_by.get_mut(usize::from(index));
            if slot.is_some_and(|slot| slot.replace(by).is_some()) {
                return Err(Problem::new(pattern, format!("`{pattern}` is disclosed twice")));
            }
        }
    }
    Ok(seen_by.into())
}

fn compile_fields(plan: &PolicyBuilder, names: &Names<'_>) -> Checked<BTreeMap<Box<str>, Arc<Fields>>> {
    let mut kinds: BTreeMap<Box<str>, Fields> = BTreeMap::new();
    for field in &plan.fields {
        if !is_name(&field.kind) || field.name.is_empty() || field.name.len() > 128 {
            return Err(Problem::new(
                &field.name,
                "a field has a resource, and a name of 1 to 128 bytes",
            ));
        }
        let index = |name: &Option<Box<str>>| name.as_ref().map(|name| names.permission(name)).transpose();
        let rule = FieldRule {
            read: index(&field.read)?,
            write: index(&field.write)?,
        };
        let fields = kinds.entry(field.kind.clone()).or_default();
        if fields.insert(field.name.clone(), rule).is_some() {
            return Err(twice("field", &field.name));
        }
    }
    Ok(kinds
        .into_iter()
        .map(|(kind, fields)| (kind, Arc::new(fields)))
        .collect())
}
