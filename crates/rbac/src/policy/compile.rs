//! From what was written down to bit sets.
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use palisade_core::PrincipalKind;

use super::builder::PolicyBuilder;
use super::field::{FieldRule, Fields};
use super::problem::Problem;
use super::role::{Role, RoleReach};
use super::{CompiledRole, Kinds, Policy};
use crate::bits::{Bit, MAX_ROLES, PermissionBits, RoleBits, Word};
use crate::name::{is_name, is_scope, unknown};
use crate::role_set::RoleSet;
use crate::{RequireFresh, Vocabulary};

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
        fresh: compile_fresh(plan, &names)?,
        disclosed_by: compile_disclosed(plan, &names)?,
        fields: compile_fields(plan, &names)?,
        vocabulary: plan.vocabulary,
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

/// What there is to speak of.
struct Names<'a> {
    vocabulary: Vocabulary,
    /// The roles, in alphabetical order: a role's index is its place.
    roles: BTreeMap<&'a str, (u16, &'a Role)>,
}

impl<'a> Names<'a> {
    fn new(plan: &'a PolicyBuilder) -> Checked<Self> {
        let mut roles = BTreeMap::new();
        for role in &plan.roles {
            if !is_name(&role.name) {
                return Err(Problem::new(
                    &role.name,
                    "a role's name is 1 to 64 of a-z, 0-9, `_`, `-`, `.`",
                ));
            }
            if roles.insert(&*role.name, (0, role)).is_some() {
                return Err(twice("role", &role.name));
            }
        }
        for (index, (place, _)) in (0..).zip(roles.values_mut()) {
            *place = index;
        }
        Ok(Self {
            vocabulary: plan.vocabulary,
            roles,
        })
    }

    fn role(&self, name: &str) -> Checked<(u16, &'a Role)> {
        let missing = || Problem::new(name, unknown("role", name, self.roles.keys().copied()));
        self.roles.get(name).copied().ok_or_else(missing)
    }

    /// The one permission of that name.
    fn permission(&self, name: &str) -> Checked<u16> {
        let missing = || {
            Problem::new(
                name,
                unknown("permission", name, self.vocabulary.names().iter().copied()),
            )
        };
        let found = self.vocabulary.permission(name).ok_or_else(missing)?;
        Ok(found.index())
    }

    /// The permissions that a name stands for, which may have `*` for the resource or the action.
    fn permissions(&self, pattern: &str) -> Checked<Vec<u16>> {
        if !pattern.contains('*') {
            return Ok(vec![self.permission(pattern)?]);
        }
        let (of, act) = pattern.split_once(':').unwrap_or((pattern, ""));
        let part = |wanted: &str, found: &str| wanted == "*" || wanted == found;
        let fits = |name: &str| {
            name.split_once(':')
                .is_some_and(|(o, a)| part(of, o) && part(act, a))
        };
        let names = (0..).zip(self.vocabulary.names());
        let found: Vec<_> = names
            .filter(|(_, name)| fits(name))
            .map(|(index, _)| index)
            .collect();
        if found.is_empty() {
            let halves = self
                .vocabulary
                .names()
                .iter()
                .filter_map(|name| name.split_once(':'));
            let known: Vec<_> = halves
                .flat_map(|(of, act)| [format!("{of}:*"), format!("*:{act}")])
                .collect();
            let text = unknown("permission", pattern, known.iter().map(String::as_str));
            return Err(Problem::new(pattern, text));
        }
        Ok(found)
    }

    fn all(&self, patterns: &[Box<str>]) -> Checked<Vec<u16>> {
        let found: Result<Vec<_>, _> = patterns.iter().map(|pattern| self.permissions(pattern)).collect();
        Ok(found?.concat())
    }

    fn set(&self, patterns: &[Box<str>]) -> Checked<PermissionBits> {
        Ok(PermissionBits::of(
            self.all(patterns)?,
            self.vocabulary.names().len(),
        ))
    }
}

fn twice(what: &str, name: &str) -> Problem {
    Problem::new(name, format!("the {what} `{name}` is there twice"))
}

fn compile_roles(plan: &PolicyBuilder, names: &Names<'_>) -> Checked<Box<[CompiledRole]>> {
    let closures = closures(names)?;
    let mut own = Vec::with_capacity(names.roles.len());
    for (_, role) in names.roles.values() {
        own.push(words_of(role, names)?);
    }
    let words = plan.vocabulary.names().len().div_ceil(64);
    let merged = |closure: &RoleBits| -> Box<[Word]> {
        let mut all = vec![Word::default(); words];
        for (_, role) in (0..).zip(&own).filter(|(index, _)| closure.has(*index)) {
            for (to, from) in all.iter_mut().zip(role) {
                *to = to.and(*from);
            }
        }
        all.into()
    };
    let role = |((name, (_, role)), closure): ((&&str, &(u16, &Role)), RoleBits)| CompiledRole {
        name: (*name).into(),
        everywhere: role.reach == RoleReach::Everywhere,
        words: merged(&closure),
        closure,
    };
    Ok(names.roles.iter().zip(closures).map(role).collect())
}

/// What a role says by itself.
fn words_of(role: &Role, names: &Names<'_>) -> Checked<Vec<Word>> {
    let mut words = vec![Word::default(); names.vocabulary.names().len().div_ceil(64)];
    let mut mark = |patterns: &[Box<str>], set: fn(&mut Word, u64)| -> Checked<()> {
        for bit in names.all(patterns)?.into_iter().map(Bit::of) {
            if let Some(word) = words.get_mut(bit.word) {
                set(word, bit.mask);
            }
        }
        Ok(())
    };
    mark(&role.allow, |word, bit| word.all |= bit)?;
    mark(&role.allow_own, |word, bit| word.own |= bit)?;
    mark(&role.deny, |word, bit| word.deny |= bit)?;
    Ok(words)
}

/// For each role, itself and all that it inherits. Goes through roles in rounds: each takes those whose ancestors are known,
/// and what is left when a round takes none goes in a circle.
fn closures(names: &Names<'_>) -> Checked<Vec<RoleBits>> {
    let mut parents = Vec::with_capacity(names.roles.len());
    for (_, role) in names.roles.values() {
        let found: Result<Vec<_>, _> = role.inherits.iter().map(|name| Ok(names.role(name)?.0)).collect();
        parents.push(found?);
    }
    let mut known: Vec<Option<RoleBits>> = vec![None; parents.len()];
    let closure = |index: u16, parents: &[u16], known: &[Option<RoleBits>]| -> Option<RoleBits> {
        let mut all = RoleBits::default();
        all.add(index);
        for parent in parents {
            all.add_all(known.get(usize::from(*parent))?.as_ref()?);
        }
        Some(all)
    };
    loop {
        let mut found = Vec::new();
        for (index, parents) in (0..).zip(&parents) {
            let done = known.get(usize::from(index)).is_some_and(Option::is_some);
            found.extend(
                (!done)
                    .then(|| closure(index, parents, &known))
                    .flatten()
                    .map(|bits| (index, bits)),
            );
        }
        if found.is_empty() {
            break;
        }
        for (index, bits) in found {
            if let Some(slot) = known.get_mut(usize::from(index)) {
                *slot = Some(bits);
            }
        }
    }
    let stuck = names.roles.keys().zip(&known).find(|(_, known)| known.is_none());
    match stuck {
        Some((name, _)) => Err(circle(name, names)),
        None => Ok(known.into_iter().flatten().collect()),
    }
}

/// Names the circle that can be reached from a role.
fn circle(from: &str, names: &Names<'_>) -> Problem {
    let mut path: Vec<&str> = vec![from];
    let mut tried: BTreeSet<&str> = BTreeSet::new();
    while let Some(last) = path.last().copied() {
        let parents = names.roles.get(last).map(|(_, role)| &role.inherits);
        let next = parents
            .into_iter()
            .flatten()
            .find(|name| !tried.contains(&***name));
        match next {
            Some(name) if path.contains(&&**name) => {
                let start = path
                    .iter()
                    .position(|known| *known == &**name)
                    .unwrap_or_default();
                let round = path.get(start..).unwrap_or_default().join("` -> `");
                return Problem::new(name, format!("roles inherit in a circle: `{round}` -> `{name}`"));
            }
            Some(name) => path.push(name),
            None => {
                tried.insert(last);
                path.pop();
            }
        }
    }
    Problem::new(from, format!("`{from}` inherits in a circle"))
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
