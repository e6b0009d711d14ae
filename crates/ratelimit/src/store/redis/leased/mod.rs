//! Nodes that hold units in advance.
mod book;
mod entry;
mod grant;
mod keeper;
mod renewal;
mod terms;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{Clock, ConfigError, StoreError};
use palisade_redis::Redis;

use self::book::{Book, Place};
use self::entry::Step;
use self::keeper::Keeper;
use self::terms::Terms;
use super::question::Question;
use super::{Answer, RedisStore};
use crate::store::{Block, Charge, Store, Taken, TakenKind};
use crate::{Quotas, RateKey};

/// A [`RedisStore`] whose nodes take units of busy keys in advance, and decide by themselves while they last.
///
/// A node reserves units with the server and reports later what it has spent of them. Until it has, the server counts all of them
/// as used; what is never reported, since the node died or the report was lost, counts as spent. So more than the quota is never
/// admitted, in no window, whatever happens to nodes and reports: the bound is that of [`RedisStore`].
///
/// What it costs is exactness on the other side. Units that a node holds and does not need are missing elsewhere, for up to a
/// second where they are not reported; all nodes together hold at most half a burst. Where a key is asked for less than a few
/// times a second, and for quotas of a small burst (under 16 for each node), of sliding windows, and for several quotas at once,
/// each decision is the server's, as with [`RedisStore`].
///
/// * `remaining` and the waits are estimates: what other nodes hold may come back. A refusal may come up to a quarter of a lease
///   before the quota is used up, and is repeated for up to a second without asking.
/// * `penalize`, `block` and `reset` end the lease of the node that does them. Others go on to spend what they hold, for up to three
///   quarters of a second.
/// * A `refund` goes back to the lease of which the charge was spent, or to the server.
/// * While the server is away, leases are spent as long as they are valid; then the node decides by itself, as with [`RedisStore`].
/// * One task gives leases back that are not used up; it ends when there are none. [`give_back`](Self::give_back) does so at once, for
///   a shutdown.
#[derive(Clone, Debug)]
pub struct LeasedStore(Arc<Leasing>);

/// What the handles of a store and its tasks share.
#[derive(Debug)]
struct Leasing {
    strict: RedisStore,
    terms: Terms,
    book: Book,
    keeper: Keeper,
}

impl LeasedStore {
    /// A store for so many nodes, or more than there are. See [`RedisStore::new`] and [`RedisStore::with_nodes`].
    ///
    /// # Errors
    /// [`ConfigError`] as for these.
    pub fn new(redis: Redis, quotas: impl Into<Quotas>, nodes: NonZeroU32) -> Result<Self, ConfigError> {
        let strict = RedisStore::new(redis, quotas)?.with_nodes(nodes)?;
        Ok(Self::with_terms(strict, Terms::new(nodes)))
    }

    /// Holds at most so many units of a key on each node: 8 to 10 000 instead of 100. More is fewer commands.
    ///
    /// # Errors
    /// [`ConfigError`] for another number.
    pub fn with_most(self, most: u32) -> Result<Self, ConfigError> {
        let terms = self.0.terms.with_most(most)?;
        Ok(Self::with_terms(self.0.strict.clone(), terms))
    }

    /// As [`RedisStore::with_deadline`].
    ///
    /// # Errors
    /// [`ConfigError`] as there.
    pub fn with_deadline(self, deadline: Duration) -> Result<Self, ConfigError> {
        let strict = self.0.strict.clone().with_deadline(deadline)?;
        Ok(Self::with_terms(strict, self.0.terms))
    }

    /// As [`RedisStore::deny_when_down`], once leases have ended.
    #[must_use]
    pub fn deny_when_down(self) -> Self {
        Self::with_terms(self.0.strict.clone().deny_when_down(), self.0.terms)
    }

    /// Gives all leases back.
    pub async fn give_back(&self) {
        keeper::give_back(&self.0, Duration::ZERO).await;
    }

    fn with_terms(strict: RedisStore, terms: Terms) -> Self {
        Self(Arc::new(Leasing {
            strict,
            terms,
            book: Book::new(),
            keeper: Keeper::default(),
        }))
    }
}

impl Store for LeasedStore {
    type Take = Answer<Result<Taken, StoreError>>;
    type Done = Answer<Result<(), StoreError>>;
    type Block = Answer<Result<Duration, StoreError>>;

    fn take(&self, key: RateKey, quotas: &Quotas, cost: u64) -> Self::Take {
        let question = Question::new(key, quotas, cost);
        let Some(place) = self.0.place(&question) else {
            return self.0.strict.take(key, quotas, cost);
        };
        let step = place.lock().at_once(question.cost, self.0.now());
        match step.and_then(|step| self.0.answered(&place, &question, &step)) {
            Some(taken) => Answer::known(Ok(taken)),
            None => Answer::asked(renewal::renew(Arc::clone(&self.0), place, question)),
        }
    }

    fn peek(&self, key: RateKey, quotas: &Quotas) -> Self::Take {
        let unspent = self
            .0
            .book
            .find(key)
            .map_or(0, |place| place.lock().unspent(self.0.now()));
        let peeked = self.0.strict.peek(key, quotas);
        Answer::asked(async move { Ok(with_unspent(peeked.await?, unspent)) })
    }

    fn refund(&self, key: RateKey, quotas: &Quotas, charge: Charge) -> Self::Done {
        let place = self.0.book.find(key);
        if place.is_some_and(|place| place.lock().refund(charge.cost(), charge.at())) {
            return Answer::known(Ok(()));
        }
        self.0.strict.refund(key, quotas, charge)
    }

    fn penalize(&self, key: RateKey, quotas: &Quotas, cost: u64) -> Self::Done {
        let (leasing, done) = (Arc::clone(&self.0), self.0.strict.penalize(key, quotas, cost));
        Answer::asked(async move {
            leasing.forget(key).await;
            done.await
        })
    }

    fn block(&self, key: RateKey, block: Block) -> Self::Block {
        let (leasing, blocked) = (Arc::clone(&self.0), self.0.strict.block(key, block));
        Answer::asked(async move {
            leasing.forget(key).await;
            blocked.await
        })
    }

    fn reset(&self, key: RateKey) -> Self::Done {
        let (leasing, done) = (Arc::clone(&self.0), self.0.strict.reset(key));
        Answer::asked(async move {
            // Reported before: what is reported after it would be charged to the new entry.
            leasing.forget(key).await;
            done.await
        })
    }

    fn supports(&self, quotas: &Quotas) -> Result<(), ConfigError> {
        self.0.strict.supports(quotas)
    }
}

impl Leasing {
    fn now(&self) -> Duration {
        self.strict.0.clock.monotonic()
    }

    /// Where the key is kept, if it is leased at all.
    fn place(&self, question: &Question) -> Option<Arc<Place>> {
        let leasable = self.terms.leasable(&question.quotas)?;
        if question.never_fits() || self.strict.supports(&question.quotas).is_err() {
            return None;
        }
        self.book.place(question.key, &leasable, self.now())
    }

    /// The answer to a step that needs no server.
    fn answered(&self, place: &Place, question: &Question, step: &Step) -> Option<Taken> {
        let now = self.now();
        match *step {
            Step::Spent { left } => {
                self.strict.0.count_along(question);
                Some(Taken::admitted(now, left, place.lock().reset_after(left)))
            }
            Step::Refused { left, wait } => Some(Taken::refused(now, left, wait)),
            Step::Blocked { wait } => Some(Taken::blocked(now, wait)),
            Step::Wait | Step::Ask(_) => None,
        }
    }

    /// Forgets what is known of a key, and reports what was held.
    async fn forget(&self, key: RateKey) {
        let Some(place) = self.book.find(key) else { return };
        let held = place.lock().forget(self.now());
        if let Some(lease) = held {
            keeper::report(self, &place, lease).await;
        }
    }
}

/// A peek at the server does not see what this node holds.
fn with_unspent(peeked: Taken, unspent: u32) -> Taken {
    match (peeked.kind(), unspent.checked_sub(1)) {
        (TakenKind::Refused, Some(left)) => Taken::admitted(peeked.at(), left, peeked.wait()),
        (TakenKind::Admitted, Some(_)) => {
            let left = peeked.remaining().saturating_add(unspent);
            Taken::admitted(peeked.at(), left, peeked.wait())
        }
        _ => peeked,
    }
}
