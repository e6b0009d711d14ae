//! What the handles of one store share, and what becomes of a call.
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{Clock, ConfigError, StoreError};
use palisade_redis::{Redis, Reply, Script};

use super::call::{self, Call};
use super::local::Local;
use super::measure::{self, micros};
use super::question::Question;
use super::refused::Refused;
use super::script::{RESET, Scripts};
use super::time::NodeClock;
use crate::store::{Block, Charge, Taken, TakenKind};
use crate::{Quotas, RateKey};

/// The part of a key that says what it is.
const KIND: &str = "rl";

/// What the handles of one store share.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub(super) redis: Redis,
    pub(super) quotas: Quotas,
    /// The quotas as the scripts are told of them.
    pub(super) call: Call,
    pub(super) scripts: &'static Scripts,
    pub(super) clock: NodeClock,
    pub(super) refused: Arc<Refused>,
    /// Who decides while the server is away; nobody where there is none.
    pub(super) local: Option<Arc<Local>>,
}

impl Shared {
    /// A call about these quotas; nothing for those that are not supported.
    pub(super) fn call(&self, quotas: &Quotas) -> Option<Call> {
        if *quotas == self.quotas {
            return Some(self.call.clone());
        }
        self.supports(quotas).ok()?;
        Call::about(quotas)
    }

    pub(super) fn supports(&self, quotas: &Quotas) -> Result<(), ConfigError> {
        measure::check(quotas)?;
        let (given, own) = (quotas.as_slice(), self.quotas.as_slice());
        let alike = given
            .iter()
            .zip(own)
            .all(|(given, own)| given.kind() == own.kind());
        if given.len() > own.len() || !alike {
            let problem = "made for fewer quotas, or for others at their places";
            return Err(ConfigError::new("rate limit in redis", problem));
        }
        self.local.as_ref().map_or(Ok(()), |local| local.supports(quotas))
    }

    pub(super) async fn take(&self, question: Question, call: Call) -> Result<Taken, StoreError> {
        let call = if question.never_fits() {
            call.with(0).with_word("never")
        } else {
            call.with(question.cost).with_word("take")
        };
        match self.decided(question.key, call).await {
            Ok(taken) => {
                self.note(question, taken);
                Ok(taken)
            }
            Err(error) => self.taken_locally(&question, error),
        }
    }

    /// What this node decides by itself; the error where it does not.
    pub(super) fn taken_locally(&self, question: &Question, error: StoreError) -> Result<Taken, StoreError> {
        let Question { key, quotas, cost } = question;
        self.or_local(error, |local| local.take(*key, quotas, *cost))
    }

    /// Charges this node's own table with what was admitted, for an outage to come.
    pub(super) fn count_along(&self, question: &Question) {
        if let Some(local) = &self.local {
            local.follow(question.key, &question.quotas, question.cost);
        }
    }

    pub(super) async fn peek(&self, question: Question, call: Call) -> Result<Taken, StoreError> {
        let call = call.with(question.cost).with_word("peek");
        let answer = self.decided(question.key, call).await;
        answer.or_else(|error| self.or_local(error, |local| local.peek(question.key, &question.quotas)))
    }

    pub(super) async fn refund(
        &self,
        question: Question,
        at: Duration,
        call: Call,
    ) -> Result<(), StoreError> {
        let call = call.with(question.bounded_cost()).with(micros(at));
        let done = self.run(&self.scripts.refund, question.key, call).await;
        let charge = Charge::new(question.cost, at);
        self.done(question.key, done, |local| {
            local.refund(question.key, &question.quotas, charge)
        })
    }

    pub(super) async fn penalize(&self, question: Question, call: Call) -> Result<(), StoreError> {
        let call = call.with(question.bounded_cost());
        let done = self.run(&self.scripts.penalize, question.key, call).await;
        let Question { key, quotas, cost } = question;
        self.done(key, done, |local| local.penalize(key, &quotas, cost))
    }

    pub(super) async fn block(&self, key: RateKey, block: Block) -> Result<Duration, StoreError> {
        let (first, longest) = (micros(block.first()), micros(block.longest()));
        let call = Call::bare()
            .with(first)
            .with(longest)
            .with(u64::from(block.jitter()));
        let blocked = self
            .run(&self.scripts.block, key, call)
            .await
            .and_then(Reply::into_uint);
        self.refused.forget(key);
        // The node blocks along, and tells how long where the server does not.
        let local = self.local.as_ref().map(|local| local.block(key, block));
        match (blocked, local) {
            (Ok(left), _) => Ok(Duration::from_micros(left)),
            (Err(error), local) => local.unwrap_or(Err(error)),
        }
    }

    /// Whoever asks for this is told where it has not been done.
    pub(super) async fn reset(&self, key: RateKey) -> Result<(), StoreError> {
        let done = self.run(&RESET, key, Call::bare()).await;
        self.refused.forget(key);
        self.local.as_ref().map_or(Ok(()), |local| local.reset(key))?;
        done.map(|_| ())
    }

    /// Remembers a refusal, and counts along what was admitted.
    fn note(&self, question: Question, taken: Taken) {
        match taken.kind() {
            TakenKind::Admitted => {
                // What was refused at another cost would have to wait longer now.
                self.refused.forget(question.key);
                self.count_along(&question);
            }
            TakenKind::Refused | TakenKind::Blocked => {
                self.refused.remember(question, taken, self.clock.monotonic());
            }
            TakenKind::NeverFits => {}
        }
    }

    /// Done on the server, and on this node too, or at least there.
    fn done(
        &self,
        key: RateKey,
        done: Result<Reply, StoreError>,
        local: impl FnOnce(&Local) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.refused.forget(key);
        match &self.local {
            Some(counting) => local(counting),
            None => done.map(|_| ()),
        }
    }

    /// What this node decides by itself; the error where it does not.
    fn or_local<T>(
        &self,
        error: StoreError,
        decide: impl FnOnce(&Local) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.local.as_deref().map_or(Err(error), decide)
    }

    async fn decided(&self, key: RateKey, call: Call) -> Result<Taken, StoreError> {
        call::taken(self.run(&self.scripts.take, key, call).await?)
    }

    pub(super) async fn run(&self, script: &Script, key: RateKey, call: Call) -> Result<Reply, StoreError> {
        let call = match self.clock.told_micros() {
            Some(micros) => call.with(micros),
            None => call,
        };
        let key = self.redis.key(KIND, &key.to_bytes());
        self.redis.call(script, &key, &call.arguments()).await
    }
}
