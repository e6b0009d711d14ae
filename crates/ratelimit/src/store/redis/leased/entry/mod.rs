//! What a node knows of one key.
use std::time::Duration;

use super::terms::{Leasable, comes_back};
use crate::Quota;

/// A refusal is repeated without asking for as long as this at most: what others give back is seen after it.
const LONGEST_REFUSAL: Duration = Duration::from_secs(1);
/// Shorter spans tell nothing about a rate.
const MEASURABLE: Duration = Duration::from_millis(20);

/// What a node knows of one key: what it holds, whether it has to wait, how fast it is asked. It reads no clock and sends nothing.
#[derive(Debug)]
pub(super) struct Entry {
    leasable: Leasable,
    lease: Option<Lease>,
    /// Until when nothing is admitted, and what it was then.
    refused: Option<Refusal>,
    renewing: bool,
    demand: Demand,
}

/// Units that this node holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) units: u32,
    pub(super) spent: u32,
    pub(super) epoch: u64,
    pub(super) born: u64,
    /// What the key had left besides, when it was given.
    pub(super) others: u32,
    /// When it was asked for.
    pub(super) since: Duration,
    /// It is settled without this node from then on.
    pub(super) valid: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Refusal {
    until: Duration,
    /// Costs of that much are refused, and more.
    cost: u64,
    left: u32,
    wait: Duration,
    since: Duration,
    blocked: bool,
}

/// How fast a key is asked.
#[derive(Debug)]
struct Demand {
    asked: u64,
    since: Duration,
    /// Units a second.
    rate: u64,
}

/// What an attempt comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Spent of the lease; so many units are left.
    Spent { left: u32 },
    /// To be refused without asking, for so long.
    Refused { left: u32, wait: Duration },
    /// The key is blocked for so long.
    Blocked { wait: Duration },
    /// Somebody is asking the server: wait for what he gets.
    Wait,
    /// Ask the server, and give this back.
    Ask(Ask),
}

/// What to ask the server for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ask {
    pub(super) report: Option<Lease>,
    pub(super) want: u64,
    pub(super) least: u32,
}

impl Entry {
    pub(super) fn new(leasable: Leasable, now: Duration) -> Self {
        Self {
            leasable,
            lease: None,
            refused: None,
            renewing: false,
            demand: Demand {
                asked: 0,
                since: now,
                rate: 0,
            },
        }
    }

    /// Whether the key is still counted by this quota; a plan that changes begins another entry.
    pub(super) fn is_of(&self, quota: &Quota) -> bool {
        self.leasable.quota == *quota
    }

    /// What it is counted by.
    pub(super) fn quota(&self) -> &Quota {
        &self.leasable.quota
    }

    /// The answer to a cost, at least one, where that needs neither the server nor waiting. Nothing is begun by it.
    pub(super) fn at_once(&mut self, cost: u64, now: Duration) -> Option<Step> {
        self.demand.asked = self.demand.asked.saturating_add(cost);
        self.answer(cost, now).filter(|step| *step != Step::Wait)
    }

    /// Decides about a cost that was put [before](Self::at_once). Who is told to ask has the turn until [`asked`](Self::asked).
    pub(super) fn decide(&mut self, cost: u64, now: Duration) -> Step {
        self.answer(cost, now).unwrap_or_else(|| self.ask(cost, now))
    }

    /// A lease has come, of which `cost` units are spent at once.
    pub(super) fn take_lease(&mut self, lease: Lease) {
        self.lease = Some(lease);
        self.refused = None;
    }

    /// The server refused.
    pub(super) fn refuse(&mut self, refused: &Refused) {
        let shortly = refused.pause.min(LONGEST_REFUSAL);
        self.refused = Some(Refusal {
            until: refused.now.saturating_add(shortly),
            cost: refused.cost,
            left: refused.left,
            wait: refused.wait,
            since: refused.now,
            blocked: refused.blocked,
        });
    }

    /// Nobody is asking any more.
    pub(super) fn asked(&mut self) {
        self.renewing = false;
    }

    /// What is held is given back when the time has come for it, or at once.
    pub(super) fn give_back(&mut self, now: Duration, by: Duration) -> Option<Lease> {
        let due = self
            .lease
            .is_some_and(|lease| now >= lease.since.saturating_add(by));
        if due { self.drop_lease(now) } else { None }
    }

    /// Forgets what is known, since it has been changed. What was held is to be reported.
    pub(super) fn forget(&mut self, now: Duration) -> Option<Lease> {
        self.refused = None;
        self.drop_lease(now)
    }

    /// Gives a charge back to the lease of which it was spent.
    pub(super) fn refund(&mut self, cost: u64, at: Duration) -> bool {
        let cost = u32::try_from(cost).unwrap_or(u32::MAX);
        let Some(lease) = self
            .lease
            .as_mut()
            .filter(|lease| at >= lease.since && lease.spent >= cost)
        else {
            return false;
        };
        lease.spent = lease.spent.saturating_sub(cost);
        true
    }

    /// Whether nothing is lost with it.
    pub(super) fn is_idle(&self, now: Duration) -> bool {
        let quiet = now.saturating_sub(self.demand.since) >= LONGEST_REFUSAL;
        self.lease.is_none() && !self.renewing && quiet
    }

    /// How many units the node holds and has not spent.
    pub(super) fn unspent(&self, now: Duration) -> u32 {
        let lease = self.lease.filter(|lease| now < lease.valid);
        lease.map_or(0, |lease| lease.units.saturating_sub(lease.spent))
    }

    /// An answer that needs no server.
    fn answer(&mut self, cost: u64, now: Duration) -> Option<Step> {
        let refused = self.refused.filter(|refused| now < refused.until);
        if let Some(refused) = refused.filter(|refused| refused.blocked) {
            return Some(Step::Blocked {
                wait: refused.left_of_wait(now),
            });
        }
        if let Some(left) = self.spend(cost, now) {
            return Some(Step::Spent { left });
        }
        if let Some(refused) = refused.filter(|refused| cost >= refused.cost) {
            return Some(Step::Refused {
                left: refused.left,
                wait: refused.left_of_wait(now),
            });
        }
        self.renewing.then_some(Step::Wait)
    }

    fn spend(&mut self, cost: u64, now: Duration) -> Option<u32> {
        let lease = self.lease.as_mut().filter(|lease| now < lease.valid)?;
        let spent = u64::from(lease.spent).checked_add(cost)?;
        let spent = u32::try_from(spent).ok().filter(|spent| *spent <= lease.units)?;
        lease.spent = spent;
        Some(lease.units.saturating_sub(spent).saturating_add(lease.others))
    }

    fn ask(&mut self, cost: u64, now: Duration) -> Step {
        self.renewing = true;
        let want = self.leasable.want(self.demand.measured(now));
        Step::Ask(Ask {
            report: self.drop_lease(now),
            want: cost.max(u64::from(want)),
            least: self.leasable.least(want),
        })
    }

    /// The lease, if a report of it still counts.
    fn drop_lease(&mut self, now: Duration) -> Option<Lease> {
        self.lease.take().filter(|lease| now < lease.valid)
    }

    /// After how long all units are there again, where so many are left.
    pub(super) fn reset_after(&self, left: u32) -> Duration {
        let used = self.leasable.quota.max_burst().get().saturating_sub(left);
        comes_back(&self.leasable.quota, used)
    }
}

/// What the server refused.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused {
    pub(super) cost: u64,
    pub(super) left: u32,
    /// What the caller is told.
    pub(super) wait: Duration,
    /// When this node asks again.
    pub(super) pause: Duration,
    pub(super) now: Duration,
    pub(super) blocked: bool,
}

impl Refusal {
    fn left_of_wait(self, now: Duration) -> Duration {
        let left = self.wait.saturating_sub(now.saturating_sub(self.since));
        left.max(Duration::from_micros(1))
    }
}

impl Demand {
    /// Units a second, of late.
    fn measured(&mut self, now: Duration) -> u64 {
        let span = now.saturating_sub(self.since);
        if span >= MEASURABLE {
            let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
            let rate = self
                .asked
                .saturating_mul(1_000_000)
                .checked_div(micros)
                .unwrap_or(0);
            self.rate = rate.max(self.rate.midpoint(rate));
            *self = Self {
                asked: 0,
                since: now,
                rate: self.rate,
            };
        }
        self.rate
    }
}

#[cfg(test)]
mod tests;
