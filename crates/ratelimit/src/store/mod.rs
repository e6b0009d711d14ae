//! Where debts are kept: the trait, its contract, and the store in memory.
mod line;
mod memory;
mod slot;
mod taken;

use std::future::Future;

use palisade_core::{ConfigError, StoreError};

use crate::{Quota, RateKey};

pub use memory::MemoryStore;
pub use taken::{Taken, TakenKind};

/// Keeps what each key has used.
///
/// # The contract
/// A key's *debt* is a time. It starts at nothing and shrinks as time passes. A unit of cost adds one interval, which is
/// the quota's period divided by its rate. `testing::contract` (feature `test-util`) holds a store to all of this.
///
/// 1. `take` admits if and only if the debt with the cost added is at most `burst` intervals.
/// 2. Therefore the cost admitted in any window of length `w` is at most `burst + w * rate / period`.
/// 3. An admitted `take` adds its cost to the debt. Any other answer leaves the debt as it was.
/// 4. `take` is atomic: calls for one key that run at once answer as if they had run one after the other.
/// 5. A cost over the burst never fits, whatever the debt. The arithmetic cannot wrap, for any cost.
/// 6. A cost of zero counts as one.
/// 7. `retry_after` is not zero, and the same `take` made that much later, with nothing in between, is admitted.
/// 8. Keys do not share debts. A store of bounded size may forget a debt of at most half a burst, or have a new key take over
///    a debt that it cannot forget; it never forgets a key that has nothing left.
/// 9. `peek` answers what a `take` of cost one would, and changes nothing.
/// 10. After `reset` a key has no debt.
/// 11. Time is the store's own, and never runs backwards for a key.
/// 12. A store that cannot answer answers with an error. A `take` that ended in an error may have been charged.
/// 13. A future that is dropped leaves its call done or not begun, never half done.
pub trait Store: Send + Sync + 'static {
    /// A `take` or `peek` under way. A store that asks over a network boxes its own; the one in memory is ready.
    type Take: Future<Output = Result<Taken, StoreError>> + Send + Unpin;

    /// A `reset` under way.
    type Reset: Future<Output = Result<(), StoreError>> + Send;

    /// Charges `cost` units to `key`, if its quota allows.
    fn take(&self, key: RateKey, quota: &Quota, cost: u64) -> Self::Take;

    /// Tells how `key` stands, and charges nothing.
    fn peek(&self, key: RateKey, quota: &Quota) -> Self::Take;

    /// Forgets what `key` has used.
    fn reset(&self, key: RateKey) -> Self::Reset;

    /// Whether this store can keep `quota`; asked once, when a limit is made.
    ///
    /// # Errors
    /// [`ConfigError`] for a quota that would be answered with errors.
    fn supports(&self, quota: &Quota) -> Result<(), ConfigError>;
}
