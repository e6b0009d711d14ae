//! The tests that every [`Store`] must pass (feature `test-util`).
//!
//! [`contract`] takes a store that lives by the [`FakeClock`]; [`races`] lets many tasks loose at one moment, by whatever
//! runtime the caller has. They panic where the store breaks its contract; the numbers are those of the list in the docs
//! of [`Store`].
//!
//! ```
//! use palisade_core::FakeClock;
//! use palisade_session::{MemoryStore, testing};
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let clock = FakeClock::new();
//! testing::contract(|| MemoryStore::with_clock(clock.clone()), &clock).await;
//! # }
//! ```
#![expect(
    clippy::panic,
    clippy::expect_used,
    reason = "a contract test fails by panicking"
)]
#![expect(clippy::cognitive_complexity, reason = "every await counts as a branch")]
mod account;
mod ids;
mod race;
mod time;
mod update;

use std::sync::Arc;
use std::time::Duration;

use palisade_core::{FakeClock, Principal, PrincipalKind, StoreError, Subject};

use crate::{
    Changes, Created, Draft, Lifetimes, Loaded, Record, Rotated, Rotation, SessionId, Store, Updated,
};

pub use race::{Contender, races};

/// Checks everything that one task can check. `make` makes an empty store that lives by `clock`.
///
/// # Panics
/// Where the store breaks its contract.
pub async fn contract<S: Store>(make: impl Fn() -> S, clock: &FakeClock) {
    time::idle_time_ends_a_session(&make(), clock).await;
    time::a_use_is_noted_late_by_one_touch_at_most(&make(), clock).await;
    time::absolute_time_ends_a_session_in_use(&make(), clock).await;
    time::jumps_of_the_wall_clock_change_nothing(&make(), clock).await;
    time::a_login_begins_the_time_anew_and_a_renewal_does_not(&make(), clock).await;
    time::an_old_id_is_due(&make(), clock).await;
    ids::a_taken_reference_is_not_taken_again(&make()).await;
    ids::a_reference_alone_opens_nothing(&make()).await;
    ids::a_login_closes_the_old_id(&make(), clock).await;
    ids::a_renewal_leaves_the_old_id_open_for_a_while(&make(), clock).await;
    ids::an_old_id_ends_its_session(&make()).await;
    ids::only_the_id_before_is_old(&make()).await;
    ids::an_old_id_is_not_rotated(&make(), clock).await;
    ids::a_login_twice_at_once_keeps_the_cart(&make()).await;
    ids::another_account_finds_nothing_of_the_first(&make()).await;
    ids::what_is_not_there_is_not_rotated(&make(), clock).await;
    ids::an_end_is_remembered(&make(), clock).await;
    ids::a_value_is_claimed_once(&make(), clock).await;
    ids::a_session_is_found_by_its_name_without_use(&make(), clock).await;
    update::an_update_changes_all_or_nothing(&make()).await;
    update::a_lost_update_is_told(&make()).await;
    update::an_update_never_creates(&make(), clock).await;
    account::an_account_lists_its_own_sessions(&make(), clock).await;
    account::an_account_ends_its_own_sessions(&make()).await;
    account::an_account_has_a_bounded_number_of_sessions(&make(), clock).await;
    account::a_smaller_number_is_kept(&make(), clock).await;
    account::a_login_beyond_is_refused_where_asked(&make(), clock).await;
    account::a_revocation_ends_what_has_begun(&make()).await;
}

const MINUTE: Duration = Duration::from_secs(60);

/// What the values of a session may have in these tests.
const LIMIT: usize = 1_024;

/// The answer of a store that works.
fn sure<T>(answer: Result<T, StoreError>) -> T {
    answer.expect("the store works in these tests")
}

/// A new session id.
fn id() -> SessionId {
    SessionId::mint().expect("random bytes").id
}

/// The next id of the same session.
fn next(id: SessionId) -> SessionId {
    id.next().expect("random bytes").id
}

fn principal(subject: &str) -> Principal {
    let subject = Subject::new(subject).expect("a subject");
    Principal::new(subject, PrincipalKind::Customer)
}

/// Ten minutes idle, an hour in all.
fn lifetimes() -> Lifetimes {
    let hour = MINUTE.saturating_mul(60);
    Lifetimes::new(MINUTE.saturating_mul(10), hour).expect("lifetimes")
}

fn anonymous() -> Draft {
    Draft::new(lifetimes())
}

fn of(principal: &Principal) -> Draft {
    anonymous().with_principal(principal.clone())
}

fn set(name: &str, json: &str) -> Changes {
    Changes::new(LIMIT).set(name, json.as_bytes())
}

async fn created<S: Store>(store: &S, draft: Draft) -> SessionId {
    let id = id();
    let answer = sure(store.create(id, draft).await);
    let Created::Begun(record) = answer else {
        panic!("2: the id is new, yet {answer:?}")
    };
    assert_eq!(record.version(), 0, "2: versions begin at 0");
    assert_eq!(record.reference(), id.reference(), "2: under its name");
    id
}

async fn moved<S: Store>(store: &S, old: SessionId, new: SessionId, rotation: Rotation) -> Arc<Record> {
    match sure(store.rotate(old, new.hash(), rotation).await) {
        Rotated::Moved(record) => record,
        other @ (Rotated::Superseded(_) | Rotated::TooMany | Rotated::Gone) => {
            panic!("5: the session must move, not {other:?}")
        }
    }
}

async fn find<S: Store>(store: &S, id: SessionId) -> Loaded {
    sure(store.load(id).await)
}

async fn found<S: Store>(store: &S, id: SessionId) -> Option<Arc<Record>> {
    match find(store, id).await {
        Loaded::Found(found) => Some(Arc::clone(found.record())),
        Loaded::Late | Loaded::Ended | Loaded::Expired | Loaded::Unknown => None,
    }
}

async fn is_alive<S: Store>(store: &S, id: SessionId) -> bool {
    found(store, id).await.is_some()
}

async fn saved<S: Store>(store: &S, id: SessionId, changes: Changes) -> Arc<Record> {
    match sure(store.update(id, changes).await) {
        Updated::Saved(record) => record,
        other @ (Updated::Conflict(_) | Updated::TooLarge | Updated::Superseded | Updated::Gone) => {
            panic!("4: the update must be saved, not {other:?}")
        }
    }
}

async fn is_gone<S: Store>(store: &S, id: SessionId) -> bool {
    matches!(sure(store.update(id, set("a", "1")).await), Updated::Gone)
}
