//! Where debts are kept: the trait, its contract, and the stores.
mod block;
mod charge;
mod either;
mod line;
mod memory;
#[cfg(feature = "redis")]
mod redis;
mod slot;
mod taken;

use std::future::Future;
use std::time::Duration;

use palisade_core::{ConfigError, StoreError};

use crate::{Quotas, RateKey};

pub use block::Block;
pub use charge::Charge;
pub use either::Either;
pub use memory::{LimitClock, MemoryStore};
#[cfg(all(feature = "redis", feature = "test-util"))]
pub use redis::Told;
#[cfg(feature = "redis")]
pub use redis::{Answer, LeasedStore, RedisStore};
pub use taken::{Taken, TakenKind};

/// Keeps what each key has used.
///
/// # The contract
/// A key has one to four quotas, and a *debt* with each. With a quota of kind
/// [`Gcra`](crate::QuotaKind::Gcra) the debt is a time: it shrinks as time passes, and a unit of cost adds one interval, which
/// is the quota's period divided by its rate. With the sliding kinds it is a number of units that leave as the window moves
/// on. `testing::contract` (feature `test-util`) holds a store to all of this.
///
/// 1. `take` admits if and only if with every quota the debt with the cost added is at most the burst.
/// 2. Therefore the cost admitted in any window of length `w` is at most `burst + w * rate / period` of each `Gcra` quota, and
///    at most the limit of each `SlidingLog`.
/// 3. An admitted `take` adds its cost to every debt. Any other answer leaves all of them as they were.
/// 4. `take` is atomic: calls for one key that run at once admit no more than if they had run one after the other. A call may be
///    refused for the sake of another that is refused in the end, where a key has several quotas.
/// 5. A cost over the least burst never fits, whatever the debt. The arithmetic cannot wrap, for any cost.
/// 6. A cost of zero counts as one.
/// 7. `retry_after` is not zero, and the same `take` made that much later, with nothing in between, is admitted.
/// 8. Keys do not share debts. A store of bounded size may forget a debt of at most half a burst, or have a new key take over
///    a debt that it cannot forget; it never forgets a key that has nothing left.
/// 9. `peek` answers what a `take` of cost one would, and changes nothing.
/// 10. After `reset` a key has no debt, and is not blocked.
/// 11. Time is the store's own, and never runs backwards for a key.
/// 12. A store that cannot answer answers with an error. A `take` that ended in an error may have been charged.
/// 13. A future that is dropped leaves its call done or not begun, never half done.
/// 14. `refund` takes a charge back, less what time has paid of it already: never more than the charge, and so that 2 holds for
///     what was admitted and not refunded.
/// 15. `penalize` adds a cost to every debt without asking; no debt grows over the burst by it.
/// 16. While a key is blocked, each `take` and `peek` is refused as blocked, whatever the cost, until the block has ended. A block
///     never makes one that is longer shorter. A store of bounded size may forget the block that ends soonest when it has no room
///     for another.
/// 17. Which quotas a call names may change from call to call. Debts of a `Gcra` quota stay as times, those of the sliding kinds
///     as counts; neither is ever larger than the new quota's burst.
pub trait Store: Send + Sync + 'static {
    /// A `take` or `peek` under way. A store that asks over a network boxes its own; the one in memory is ready.
    type Take: Future<Output = Result<Taken, StoreError>> + Send + Unpin;

    /// A `refund`, `penalize` or `reset` under way.
    type Done: Future<Output = Result<(), StoreError>> + Send + Unpin;

    /// A `block` under way.
    type Block: Future<Output = Result<Duration, StoreError>> + Send + Unpin;

    /// Charges `cost` units to `key`, if its quotas allow.
    fn take(&self, key: RateKey, quotas: &Quotas, cost: u64) -> Self::Take;

    /// Tells how `key` stands, and charges nothing.
    fn peek(&self, key: RateKey, quotas: &Quotas) -> Self::Take;

    /// Gives a charge back.
    fn refund(&self, key: RateKey, quotas: &Quotas, charge: Charge) -> Self::Done;

    /// Charges `cost` units to `key`, whatever its quotas allow.
    fn penalize(&self, key: RateKey, quotas: &Quotas, cost: u64) -> Self::Done;

    /// Blocks `key`, and tells for how long.
    fn block(&self, key: RateKey, block: Block) -> Self::Block;

    /// Forgets what `key` has used, and its blocks.
    fn reset(&self, key: RateKey) -> Self::Done;

    /// Whether this store can keep `quotas`; asked once, when a limit or a plan is made.
    ///
    /// # Errors
    /// [`ConfigError`] for quotas that would be answered with errors.
    fn supports(&self, quotas: &Quotas) -> Result<(), ConfigError>;
}
