//! The README's list, transcribed without a thought for speed. Nothing of the crate's own evaluation is used.
use palisade_rbac::Outcome;

use crate::world::{Question, Role, World};

/// Steps 2 to 12 for one question.
pub(crate) fn decide(world: &World, ask: &Question) -> Outcome {
    let kind = || world.kind.iter().map(|role| (*role, None));
    let counting = |place: Option<&str>| -> Vec<usize> {
        let counts = |(role, at): &(usize, Option<&str>)| {
            *at == place || (at.is_none() && world.roles[*role].everywhere)
        };
        let roles = kind().chain(ask.held.iter().copied()).filter(counts);
        roles.flat_map(|(role, _)| world.with_inherited(role)).collect()
    };
    let torn = |place: Option<&str>| {
        let here = counting(place);
        let many = |group: &Vec<usize>| group.iter().filter(|role| here.contains(role)).count() > 1;
        world.conflicts.iter().any(many)
    };
    let here = counting(ask.tenant);
    let names = |list: &[String]| list.iter().any(|pattern| fits(pattern, ask.permission));
    let says = |list: fn(&Role) -> &[String]| here.iter().any(|role| names(list(&world.roles[*role])));
    let other_tenant = ask.bound.is_some() && ask.tenant.is_some() && ask.bound != ask.tenant;
    let conflict = ask.held.iter().any(|(_, at)| torn(*at));
    let impersonated = ask.actor.is_some() && !names(&world.impersonation);
    let out_of_scope = ask
        .scopes
        .iter()
        .any(|scopes| !scopes.iter().any(|scope| names(&world.scopes[*scope])));
    let owns = ask.owner == Some(ask.subject);
    let granted = says(|role| &role.allow) || (owns && says(|role| &role.own));
    if other_tenant || conflict || says(|role| &role.deny) || impersonated || out_of_scope || !granted {
        return Outcome::Denied;
    }
    if names(&world.four_eyes) {
        match ask.proposer {
            None => return Outcome::Undecided,
            Some(proposer) if proposer == ask.subject || ask.actor == Some(proposer) => {
                return Outcome::Denied;
            }
            Some(_) => {}
        }
    }
    if names(&world.fresh) && !ask.is_fresh {
        Outcome::StepUp
    } else {
        Outcome::Allowed
    }
}

fn fits(pattern: &str, permission: &str) -> bool {
    let ((of, act), (resource, action)) = (
        pattern.split_once(':').unwrap(),
        permission.split_once(':').unwrap(),
    );
    (of == "*" || of == resource) && (act == "*" || act == action)
}
