//! Several limits, or one that has to be waited for.
use std::iter::zip;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use palisade_core::Head;

use super::Shared;
use super::after::After;
use super::verdict::{Marks, Refused, Verdict};
use crate::decision::Receipts;
use crate::limits::{GivingBack, Slot, Sum, begin, conclude, poll_all};
use crate::settings::OnFailure;
use crate::store::Store;
use crate::{Attempt, LimitRefused};

/// Limits that are being asked about one request.
pub(super) struct Asking<A, L> {
    /// One for each limit, in their order; none where the request is exempt.
    pub(super) attempts: A,
    pub(super) slots: L,
}

/// As many as there can be.
pub(super) type All<S> = Asking<[Option<Attempt>; Receipts::MAX], [Slot<S>; Receipts::MAX]>;

/// Those that have to be waited for.
pub(super) type Boxed<S> = Asking<Box<[Option<Attempt>]>, Vec<Slot<S>>>;

impl<S: Store> All<S> {
    /// Ready where all stores have answered already.
    pub(super) fn poll_now(&mut self) -> Poll<()> {
        poll_all(&mut self.slots, &mut Context::from_waker(Waker::noop()))
    }

    pub(super) fn into_boxed(self) -> Boxed<S> {
        Asking {
            attempts: Box::new(self.attempts),
            slots: Vec::from(self.slots),
        }
    }
}

impl<S: Store> Boxed<S> {
    pub(super) fn one(attempt: Attempt, take: S::Take) -> Self {
        Self {
            attempts: Box::new([Some(attempt)]),
            slots: vec![Slot::Begun(take)],
        }
    }
}

impl<S: Store> Shared<S> {
    /// Finds all keys, and then asks the limits: a request without a key is charged to none.
    pub(super) fn ask(&self, head: &Head<'_>) -> Result<All<S>, LimitRefused> {
        let mut attempts = [const { None }; Receipts::MAX];
        for (limit, attempt) in zip(self.limits(), &mut attempts) {
            *attempt = limit.attempt(head, self.settings().cost)?;
        }
        let mut slots = [const { Slot::Free }; Receipts::MAX];
        begin(self.places(&attempts), &mut slots);
        Ok(Asking { attempts, slots })
    }

    /// What becomes of a request about which all stores have answered.
    pub(super) fn settle(
        self: &Arc<Self>,
        head: &Head<'_>,
        attempts: impl AsRef<[Option<Attempt>]> + Into<Box<[Option<Attempt>]>>,
        slots: &mut [Slot<S>],
    ) -> Verdict<S> {
        let mut sum = conclude(self.places(attempts.as_ref()), slots);
        let forgiven = self.settings().on_failure == OnFailure::LetThrough && sum.forgive_failures();
        let last = self.ask_last(head, &mut sum);
        let metered = sum.is_metered() && !forgiven;
        let giving_back = if sum.refuses() || last.is_err() {
            GivingBack::unless_shadow(self.places(attempts.as_ref()), sum.receipts())
        } else {
            GivingBack::nothing()
        };
        let decision = sum.into_decision();
        let standing = self.stand(attempts.as_ref(), &decision);
        match last.and_then(|()| decision.into_result()) {
            Ok(allowed) => Verdict::Forward {
                marks: if metered {
                    self.marks(allowed.numbers())
                } else {
                    Marks::default()
                },
                after: After::new(self, &allowed, standing, || attempts.into()),
            },
            Err(refusal) => Verdict::Refuse(Refused {
                refusal,
                standing,
                giving_back,
            }),
        }
    }

    /// Asks the last limit, if there is one and the others allow.
    fn ask_last(&self, head: &Head<'_>, sum: &mut Sum) -> Result<(), LimitRefused> {
        if let Some(last) = self.last().filter(|_| !sum.refuses()) {
            let decision = last.decide(head, self.settings().cost)?;
            sum.add_enforced(self.limits().len(), decision);
        }
        Ok(())
    }
}
