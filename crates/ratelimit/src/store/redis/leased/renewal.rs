//! A call that has to ask the server, or to wait for another that does.
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{StoreError, StoreErrorKind, random_bytes};

use super::Leasing;
use super::book::Place;
use super::entry::{Ask, Lease, Refused, Step};
use super::grant::{self, Grant};
use crate::store::Taken;
use crate::store::redis::question::Question;

/// Decides a call that could not be answered at once. One call asks for a key at a time; the others wait for what it gets.
pub(super) async fn renew(
    leasing: Arc<Leasing>,
    place: Arc<Place>,
    question: Question,
) -> Result<Taken, StoreError> {
    loop {
        // Before the decision, so that no answer is missed between it and the waiting.
        let answered = place.answered.notified();
        let step = place.lock().decide(question.cost, leasing.now());
        if let Some(taken) = leasing.answered(&place, &question, &step) {
            return Ok(taken);
        }
        if let Step::Ask(ask) = step {
            let turn = Turn(&place);
            let answer = leasing.asked(&place, &question, ask).await;
            drop(turn);
            return answer;
        }
        answered.await;
    }
}

/// The right to ask for a key. Dropped, with an answer or without, it lets the others go on.
struct Turn<'a>(&'a Place);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.lock().asked();
        self.0.answered.notify_waiters();
    }
}

impl Leasing {
    async fn asked(
        self: &Arc<Self>,
        place: &Place,
        question: &Question,
        ask: Ask,
    ) -> Result<Taken, StoreError> {
        // Validity is counted from before the question was sent.
        let since = self.now();
        match self.grant(question, &ask).await {
            Ok(grant) => Ok(self.settled(place, question, Granted { grant, since })),
            Err(error) => self.strict.0.taken_locally(question, error),
        }
    }

    async fn grant(&self, question: &Question, ask: &Ask) -> Result<Grant, StoreError> {
        let shared = &self.strict.0;
        let quota = shared
            .call(&question.quotas)
            .ok_or(StoreError::new(StoreErrorKind::Failed))?;
        let call = grant::call(quota, ask, question.cost);
        grant::read(shared.run(&shared.scripts.lease, question.key, call).await?)
    }

    /// Notes what the server granted, and answers the call that asked.
    fn settled(self: &Arc<Self>, place: &Place, question: &Question, granted: Granted) -> Taken {
        let Granted { grant, since } = granted;
        match grant {
            Grant::Charged { at, left } => {
                self.strict.0.count_along(question);
                admitted(place, at, left)
            }
            Grant::Leased { at, left, .. } => {
                let lease = lease(grant, question.cost, since);
                let unspent = lease.map_or(0, |lease| lease.units.saturating_sub(lease.spent));
                if let Some(lease) = lease {
                    place.lock().take_lease(lease);
                    self.keep();
                }
                self.strict.0.count_along(question);
                admitted(place, at, left.saturating_add(unspent))
            }
            Grant::Refused { at, left, wait } => {
                place.lock().refuse(&refused(question, left, wait, since));
                Taken::refused(at, left, wait)
            }
            Grant::Blocked { at, wait } => {
                let blocked = Refused {
                    blocked: true,
                    ..refused(question, 0, wait, since)
                };
                place.lock().refuse(&blocked);
                Taken::blocked(at, wait)
            }
        }
    }
}

fn admitted(place: &Place, at: Duration, left: u32) -> Taken {
    Taken::admitted(at, left, place.lock().reset_after(left))
}

/// What was granted, and when it was asked for.
#[derive(Clone, Copy)]
struct Granted {
    grant: Grant,
    since: Duration,
}

/// A lease of which the cost is spent; nothing for another grant.
fn lease(grant: Grant, cost: u64, since: Duration) -> Option<Lease> {
    let Grant::Leased {
        units,
        epoch,
        born,
        left,
        valid,
        ..
    } = grant
    else {
        return None;
    };
    Some(Lease {
        units,
        spent: u32::try_from(cost).unwrap_or(units),
        epoch,
        born,
        others: left,
        since,
        valid: since.saturating_add(valid),
    })
}

fn refused(question: &Question, left: u32, wait: Duration, now: Duration) -> Refused {
    Refused {
        cost: question.cost,
        left,
        wait,
        pause: scattered(wait),
        now,
        blocked: false,
    }
}

/// Between three quarters of a span and five, so that nodes that were refused together do not ask together.
fn scattered(span: Duration) -> Duration {
    let [chance] = random_bytes::<1>().unwrap_or([128]);
    let part = span.checked_div(512).unwrap_or_default();
    let scatter = part.saturating_mul(u32::from(chance));
    (span.checked_div(4).unwrap_or_default())
        .saturating_mul(3)
        .saturating_add(scatter)
}
