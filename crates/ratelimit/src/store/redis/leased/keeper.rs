//! The task that gives back what is held and not used up.
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::Leasing;
use super::book::Place;
use super::entry::Lease;
use super::grant;
use super::terms::HOLD;
use crate::Quotas;

/// How often leases are looked at.
const TICK: Duration = Duration::from_millis(75);

/// Whether the task is there.
#[derive(Debug, Default)]
pub(super) struct Keeper(AtomicBool);

impl Leasing {
    /// Makes sure that somebody gives leases back.
    pub(super) fn keep(self: &Arc<Self>) {
        if self.keeper.0.swap(true, Ordering::AcqRel) {
            return;
        }
        let there = There(Arc::downgrade(self));
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(keep(there))),
            Err(_) => drop(there),
        }
    }
}

/// The mark that the task is there, taken away however it ends.
struct There(Weak<Leasing>);

impl Drop for There {
    fn drop(&mut self) {
        if let Some(leasing) = self.0.upgrade() {
            leasing.keeper.0.store(false, Ordering::Release);
        }
    }
}

/// Ends when nothing is known of any key, and with the last handle.
async fn keep(there: There) {
    loop {
        sleep(TICK).await;
        let Some(leasing) = there.0.upgrade() else { return };
        if !give_back(&leasing, HOLD).await {
            return;
        }
    }
}

/// Gives back leases that have been held for so long. Whether anything is known of any key.
pub(super) async fn give_back(leasing: &Arc<Leasing>, held: Duration) -> bool {
    let now = leasing.now();
    let places = leasing.book.sweep(now);
    let mut reports = JoinSet::new();
    for place in &places {
        let due = place.lock().give_back(now, held);
        if let Some(lease) = due {
            let (leasing, place) = (Arc::clone(leasing), Arc::clone(place));
            reports.spawn(async move { report(&leasing, &place, lease).await });
        }
    }
    while reports.join_next().await.is_some() {}
    !places.is_empty()
}

/// Reports what was spent of a lease. Where the report is lost, all of it counts as spent.
pub(super) async fn report(leasing: &Leasing, place: &Place, lease: Lease) {
    let quotas = Quotas::of(*place.lock().quota());
    let shared = &leasing.strict.0;
    if let Some(quota) = shared.call(&quotas) {
        let call = grant::report(quota, lease);
        drop(shared.run(&shared.scripts.lease, place.key, call).await);
    }
}
