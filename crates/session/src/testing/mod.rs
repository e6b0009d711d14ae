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

use palisade_core::{FakeClock, Principal, PrincipalKind, Purpose, StoreError, Subject, Token, TokenHash};

use crate::{Changes, Draft, Lifetimes, Loaded, Record, Store, Updated};

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
    ids::a_taken_id_is_not_taken_again(&make()).await;
    ids::a_rotated_session_lives_under_its_new_id_only(&make()).await;
    ids::another_account_finds_nothing_of_the_first(&make()).await;
    ids::what_is_not_there_is_not_rotated(&make(), clock).await;
    update::an_update_changes_all_or_nothing(&make()).await;
    update::a_lost_update_is_told(&make()).await;
    update::an_update_never_creates(&make(), clock).await;
    account::an_account_lists_its_own_sessions(&make(), clock).await;
    account::an_account_ends_its_own_sessions(&make()).await;
    account::an_account_has_a_bounded_number_of_sessions(&make(), clock).await;
}

const MINUTE: Duration = Duration::from_secs(60);

/// What the values of a session may have in these tests.
const LIMIT: usize = 1_024;

/// The answer of a store that works.
fn sure<T>(answer: Result<T, StoreError>) -> T {
    answer.expect("the store works in these tests")
}

/// A hash as of a new session id.
fn id() -> TokenHash {
    let token = Token::generate().expect("random bytes");
    token.hash(Purpose::new("contract test"))
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

async fn created<S: Store>(store: &S, draft: Draft) -> TokenHash {
    let id = id();
    let record = sure(store.create(id, draft).await).expect("2: the id is new");
    assert_eq!(record.version(), 0, "2: versions begin at 0");
    id
}

async fn found<S: Store>(store: &S, id: TokenHash) -> Option<Arc<Record>> {
    match sure(store.load(id).await) {
        Loaded::Found(record) => Some(record),
        Loaded::Expired | Loaded::Unknown => None,
    }
}

async fn is_alive<S: Store>(store: &S, id: TokenHash) -> bool {
    found(store, id).await.is_some()
}

async fn saved<S: Store>(store: &S, id: TokenHash, changes: Changes) -> Arc<Record> {
    match sure(store.update(id, changes).await) {
        Updated::Saved(record) => record,
        other @ (Updated::Conflict(_) | Updated::TooLarge | Updated::Gone) => {
            panic!("4: the update must be saved, not {other:?}")
        }
    }
}

async fn is_gone<S: Store>(store: &S, id: TokenHash) -> bool {
    matches!(sure(store.update(id, set("a", "1")).await), Updated::Gone)
}
