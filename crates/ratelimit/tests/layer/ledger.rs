//! A store that keeps a list of what it is asked, and takes its time.
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use palisade_core::{ConfigError, StoreError};
use palisade_ratelimit::store::{Charge, Store, Taken};
use palisade_ratelimit::{Block, Quotas, RateKey};

/// When it says that it answers.
pub(crate) const AT: Duration = Duration::from_secs(5);

/// A store that admits so many, and answers each call when it is polled for the `after`th time.
#[derive(Clone)]
pub(crate) struct Ledger {
    after: usize,
    admits: u32,
    entries: Arc<Mutex<Entries>>,
}

#[derive(Default)]
struct Entries {
    costs: Vec<u64>,
    begun: Vec<Charge>,
    refunded: Vec<Charge>,
}

impl Ledger {
    pub(crate) fn new(after: usize, admits: u32) -> Self {
        let entries = Arc::default();
        Self {
            after,
            admits,
            entries,
        }
    }

    /// What each take cost.
    pub(crate) fn costs(&self) -> Vec<u64> {
        self.entries.lock().unwrap().costs.clone()
    }

    /// Refunds that were begun, and those that came to an end.
    pub(crate) fn refunds(&self) -> (Vec<Charge>, Vec<Charge>) {
        let entries = self.entries.lock().unwrap();
        (entries.begun.clone(), entries.refunded.clone())
    }
}

pub(crate) struct Late<T> {
    polls: usize,
    finish: Box<dyn FnMut() -> T + Send>,
}

impl<T> Future for Late<T> {
    type Output = Result<T, StoreError>;

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        match self.polls.checked_sub(1) {
            None => Poll::Ready(Ok((self.finish)())),
            Some(left) => {
                self.polls = left;
                Poll::Pending
            }
        }
    }
}

impl Ledger {
    fn late<T>(&self, finish: impl FnMut() -> T + Send + 'static) -> Late<T> {
        Late {
            polls: self.after,
            finish: Box::new(finish),
        }
    }
}

impl Store for Ledger {
    type Take = Late<Taken>;
    type Done = Late<()>;
    type Block = Late<Duration>;

    fn take(&self, _: RateKey, _: &Quotas, cost: u64) -> Late<Taken> {
        let mut entries = self.entries.lock().unwrap();
        entries.costs.push(cost);
        let admits = entries.costs.len() <= usize::try_from(self.admits).unwrap();
        self.late(move || {
            if admits {
                Taken::admitted(AT, 1, Duration::from_secs(1))
            } else {
                Taken::refused(AT, 0, Duration::from_secs(9))
            }
        })
    }
    fn peek(&self, key: RateKey, quotas: &Quotas) -> Late<Taken> {
        self.take(key, quotas, 1)
    }
    fn refund(&self, _: RateKey, _: &Quotas, charge: Charge) -> Late<()> {
        self.entries.lock().unwrap().begun.push(charge);
        let entries = Arc::clone(&self.entries);
        self.late(move || entries.lock().unwrap().refunded.push(charge))
    }
    fn penalize(&self, _: RateKey, _: &Quotas, _: u64) -> Late<()> {
        self.late(|| ())
    }
    fn block(&self, _: RateKey, block: Block) -> Late<Duration> {
        self.late(move || block.first())
    }
    fn reset(&self, _: RateKey) -> Late<()> {
        self.late(|| ())
    }
    fn supports(&self, _: &Quotas) -> Result<(), ConfigError> {
        Ok(())
    }
}
