//! Roles with all that they inherit.
use std::collections::BTreeSet;

use super::Checked;
use super::names::Names;
use crate::bits::{Bit, RoleBits, Word};
use crate::policy::CompiledRole;
use crate::policy::builder::PolicyBuilder;
use crate::policy::problem::Problem;
use crate::policy::role::{Role, RoleReach};

pub(super) fn compile_roles(plan: &PolicyBuilder, names: &Names<'_>) -> Checked<Box<[CompiledRole]>> {
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
