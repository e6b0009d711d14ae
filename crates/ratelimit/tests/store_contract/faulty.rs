//! A store in memory with one fault.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each operation has a few faults and is right in all others"
)]
use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use palisade_core::{Clock, ConfigError, FakeClock, StoreError};
use palisade_ratelimit::store::{Charge, Store, Taken, TakenKind};
use palisade_ratelimit::testing::{InMemory, Timed};
use palisade_ratelimit::{Block, MemoryStore, Quotas, RateKey};

use super::fault::Fault;
use super::take::Take;

/// Opens stores in memory with a fault.
pub(super) struct WithFault(pub(super) InMemory, pub(super) Fault);

impl Timed for WithFault {
    type Store = Faulty;

    async fn open(&self, quotas: &Quotas) -> Faulty {
        Faulty {
            fault: self.1,
            store: Arc::new(self.0.open(quotas).await),
            clock: self.0.clock().clone(),
            quotas: *quotas,
            count: AtomicU64::new(0),
            window: AtomicU64::new(0),
        }
    }

    async fn advance(&self, span: Duration) {
        self.0.advance(span).await;
    }
}

pub(super) struct Faulty {
    fault: Fault,
    store: Arc<MemoryStore<FakeClock>>,
    clock: FakeClock,
    quotas: Quotas,
    /// Calls so far.
    count: AtomicU64,
    /// The window of the last call.
    window: AtomicU64,
}

pub(super) type Answer = Result<Taken, StoreError>;

impl Store for Faulty {
    type Take = Take;
    type Done = Ready<Result<(), StoreError>>;
    type Block = Ready<Result<Duration, StoreError>>;

    fn take(&self, key: RateKey, quotas: &Quotas, cost: u64) -> Take {
        match self.fault {
            Fault::ChecksThenCharges4 => {
                let (store, quotas) = (self.store.clone(), *quotas);
                let peeked = now(store.peek(key, &quotas));
                let admitted = matches!(&peeked, Ok(taken) if taken.kind() == TakenKind::Admitted);
                if !admitted || cost > 1 {
                    return Take::of(store.take_now(key, &quotas, cost));
                }
                Take::later(move || {
                    now(store.penalize(key, &quotas, cost))?;
                    peeked
                })
            }
            Fault::ChargesOneOfTwoWhenDropped13 if quotas.as_slice().len() == 2 => {
                let (store, quotas) = (self.store.clone(), *quotas);
                let all = store.take_now(key, &quotas, cost);
                let Ok(taken) = all else { return Take::of(all) };
                if taken.kind() != TakenKind::Admitted {
                    return Take::of(Ok(taken));
                }
                // The second is charged when it is polled for the second time.
                let back = Charge::new(cost, taken.at());
                now(store.refund(key, &quotas, back)).unwrap();
                let first = quotas.as_slice()[0];
                now(store.penalize(key, &first.into(), cost)).unwrap();
                Take::much_later(move || {
                    now(store.refund(key, &first.into(), back))?;
                    store.take_now(key, &quotas, cost)
                })
            }
            _ => Take::of(self.taken(key, quotas, cost)),
        }
    }

    fn peek(&self, key: RateKey, quotas: &Quotas) -> Take {
        let key = self.key(key);
        match self.fault {
            Fault::PeeksByTaking9 => Take::of(self.store.take_now(key, quotas, 1)),
            Fault::AnswersEverything12 => Take::of(now(self.store.peek(key, quotas)).or(Ok(self.admitted()))),
            Fault::BlocksNobody16 => {
                let peeked = now(self.store.peek(key, quotas));
                Take::of(self.unblocked(peeked, 1, quotas))
            }
            _ => {
                self.forget_if(key, quotas);
                Take::of(now(self.store.peek(key, quotas)))
            }
        }
    }

    fn refund(&self, key: RateKey, quotas: &Quotas, charge: Charge) -> Self::Done {
        match self.fault {
            Fault::RefundsNothing14 => ready(Ok(())),
            Fault::RefundsWhatIsPaid14 => {
                let at = self.clock.monotonic();
                self.store.refund(key, quotas, Charge::new(charge.cost(), at))
            }
            _ => self.store.refund(key, quotas, charge),
        }
    }

    fn penalize(&self, key: RateKey, quotas: &Quotas, cost: u64) -> Self::Done {
        match self.fault {
            Fault::PenalizesNothing15 => ready(Ok(())),
            Fault::PenalizesIfItFits15 => ready(self.store.take_now(key, quotas, cost).map(|_| ())),
            _ => self.store.penalize(key, quotas, cost),
        }
    }

    fn block(&self, key: RateKey, block: Block) -> Self::Block {
        match self.fault {
            Fault::BlocksNobody16 => ready(Ok(block.first())),
            Fault::BlocksShorter16 => {
                let left = now(self.store.peek(key, &self.quotas)).unwrap();
                if left.kind() == TakenKind::Blocked {
                    now(self.store.reset(key)).unwrap();
                }
                self.store.block(key, block)
            }
            _ => self.store.block(key, block),
        }
    }

    fn reset(&self, key: RateKey) -> Self::Done {
        match self.fault {
            Fault::ResetsNothing10 => ready(Ok(())),
            Fault::ResetsDebtsOnly10 => {
                let blocked = now(self.store.peek(key, &self.quotas)).unwrap();
                let done = self.store.reset(key);
                if let (TakenKind::Blocked, Some(left)) = (blocked.kind(), blocked.retry_after()) {
                    now(self.store.block(key, Block::lasting(left).unwrap())).unwrap();
                }
                done
            }
            _ => self.store.reset(key),
        }
    }

    fn supports(&self, quotas: &Quotas) -> Result<(), ConfigError> {
        self.store.supports(quotas)
    }
}

impl Faulty {
    fn taken(&self, key: RateKey, quotas: &Quotas, cost: u64) -> Answer {
        let (key, cost) = (self.key(key), self.cost(cost));
        self.forget_if(key, quotas);
        let burst = u64::from(quotas.max_burst());
        let taken = match self.fault {
            Fault::LetsZeroThrough6 if cost == 0 => now(self.store.peek(key, quotas)),
            Fault::BlocksNobody16 => self.unblocked(self.store.take_now(key, quotas, cost), cost, quotas),
            Fault::BlocksCheapOnly16 if cost > burst => {
                self.unblocked(self.store.take_now(key, quotas, cost), cost, quotas)
            }
            _ => self.store.take_now(key, quotas, cost),
        };
        let taken = match self.fault {
            Fault::AnswersEverything12 => taken.unwrap_or(self.admitted()),
            _ => taken?,
        };
        match (self.fault, taken.kind()) {
            (Fault::AdmitsAll1, TakenKind::Refused) => return Ok(self.admitted()),
            (Fault::ChargesRefusals3, TakenKind::Refused) => now(self.store.penalize(key, quotas, cost))?,
            (Fault::ChargesTheFirstOfSeveral3, TakenKind::Refused) if quotas.as_slice().len() > 1 => {
                let _ = self.store.take_now(key, &quotas.as_slice()[0].into(), cost)?;
            }
            (Fault::ChargesWhatNeverFits5, TakenKind::NeverFits) => {
                let _ = self.store.take_now(key, &quotas.as_slice()[0].into(), cost)?;
            }
            (Fault::SaysToWaitHalf7, TakenKind::Refused) => {
                let half = taken.retry_after().unwrap().checked_div(2).unwrap();
                return Ok(Taken::refused(taken.at(), taken.remaining(), half).by_quota(taken.quota()));
            }
            (Fault::TellsOfTheFirst7, _) => return Ok(taken.by_quota(0)),
            (Fault::TellsNoTime11, TakenKind::Admitted) => {
                let reset = taken.reset_after().unwrap();
                return Ok(Taken::admitted(Duration::ZERO, taken.remaining(), reset).by_quota(taken.quota()));
            }
            _ => {}
        }
        Ok(taken)
    }

    fn key(&self, key: RateKey) -> RateKey {
        match self.fault {
            Fault::SharesOneKey8 => one_key(),
            _ => key,
        }
    }

    fn cost(&self, cost: u64) -> u64 {
        match self.fault {
            Fault::CutsCosts5 => cost & 0xffff_ffff,
            _ => cost,
        }
    }

    /// Forgets a key when it should not.
    fn forget_if(&self, key: RateKey, quotas: &Quotas) {
        let count = self.count.fetch_add(1, Ordering::SeqCst);
        let window = self
            .clock
            .monotonic()
            .div_duration_f64(self.quotas.longest_period())
            .floor()
            .to_bits();
        let forgets = match self.fault {
            Fault::StartsWindowsAnew2 => self.window.swap(window, Ordering::SeqCst) != window,
            Fault::ForgetsInAFlood8 => count > 2_900,
            Fault::ForgetsWhenPlansChange17 => *quotas != self.quotas,
            _ => false,
        };
        if forgets {
            now(self.store.reset(key)).unwrap();
        }
    }

    fn admitted(&self) -> Taken {
        Taken::admitted(self.clock.monotonic(), 1, Duration::ZERO)
    }

    /// As if no key were blocked.
    fn unblocked(&self, taken: Answer, cost: u64, quotas: &Quotas) -> Answer {
        let taken = taken?;
        match (taken.kind(), cost > u64::from(quotas.max_burst())) {
            (TakenKind::Blocked, true) => Ok(Taken::never_fits(taken.at())),
            (TakenKind::Blocked, false) => Ok(self.admitted()),
            _ => Ok(taken),
        }
    }
}

/// The answer of a store in memory.
fn now<T>(ready: Ready<T>) -> T {
    ready.into_inner()
}

fn one_key() -> RateKey {
    let secret = palisade_core::RootSecret::new((0..32).collect::<Vec<u8>>().into()).unwrap();
    palisade_ratelimit::KeyHasher::shared(&secret, "one")
        .key()
        .finish()
}
