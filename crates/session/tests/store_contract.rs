//! The store contract, run by the memory store; and what is particular to it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use palisade_core::{FakeClock, Principal, PrincipalKind, Purpose, StoreErrorKind, Subject, Token};
use palisade_session::testing::{Contender, contract, races};
use palisade_session::{
    Created, Draft, Either, Lifetimes, Loaded, MemoryStore, Rotated, Rotation, SessionId, Store,
};
use tokio::sync::Barrier;

const MINUTE: Duration = Duration::from_secs(60);

/// Runs all contenders at once, on as many threads as the runtime has.
async fn race(contenders: Vec<Contender>) {
    let barrier = Arc::new(Barrier::new(contenders.len()));
    let running: Vec<_> = contenders
        .into_iter()
        .map(|contender| {
            let barrier = Arc::clone(&barrier);
            tokio::spawn(async move {
                barrier.wait().await;
                contender.await;
            })
        })
        .collect();
    for task in running {
        task.await.unwrap();
    }
}

#[tokio::test]
async fn the_memory_store_keeps_the_contract() {
    let clock = FakeClock::new();
    contract(|| MemoryStore::with_clock(clock.clone()), &clock).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_memory_store_keeps_the_contract_in_races() {
    races(MemoryStore::new, &race).await;
}

/// One of two stores, of which the other one could be in use as well.
type Chosen<C> = Either<MemoryStore<C>, MemoryStore<C>>;

#[tokio::test]
async fn either_of_two_stores_keeps_the_contract() {
    let clock = FakeClock::new();
    let store = || MemoryStore::with_clock(clock.clone());
    contract(|| Chosen::Left(store()), &clock).await;
    contract(|| Chosen::Right(store()), &clock).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn either_of_two_stores_keeps_the_contract_in_races() {
    races(|| Chosen::Left(MemoryStore::new()), &race).await;
    races(|| Chosen::Right(MemoryStore::new()), &race).await;
}

fn id() -> SessionId {
    let hash = Token::generate().unwrap().hash(Purpose::new("test"));
    SessionId::new(hash.reference(), hash)
}

/// Another id of the same session.
fn next(old: SessionId) -> SessionId {
    SessionId::new(old.reference(), id().hash())
}

fn small(clock: &FakeClock, sessions: usize) -> MemoryStore<FakeClock> {
    MemoryStore::with_clock(clock.clone()).with_capacity(NonZeroUsize::new(sessions).unwrap())
}

fn anonymous() -> Draft {
    Draft::new(Lifetimes::account())
}

fn of(subject: &str) -> Draft {
    let subject = Subject::new(subject).unwrap();
    anonymous().with_principal(Principal::new(subject, PrincipalKind::Customer))
}

async fn add(store: &MemoryStore<FakeClock>, draft: Draft) -> Result<SessionId, StoreErrorKind> {
    let id = id();
    let created = store.create(id, draft).await.map_err(|error| error.kind())?;
    assert!(matches!(created, Created::Begun(_)));
    Ok(id)
}

async fn is_alive(store: &MemoryStore<FakeClock>, id: SessionId) -> bool {
    matches!(store.load(id).await, Ok(Loaded::Found(_)))
}

#[tokio::test]
async fn a_flood_of_anonymous_sessions_evicts_nobody_who_is_logged_in() {
    let clock = FakeClock::new();
    let store = small(&clock, 50);
    let mut known = Vec::new();
    for index in 0..30 {
        known.push(add(&store, of(&index.to_string())).await.unwrap());
    }
    for _ in 0..1_000 {
        clock.advance(Duration::from_millis(1));
        add(&store, anonymous()).await.unwrap();
    }
    assert_eq!(store.len(), 50);
    for id in known {
        assert!(is_alive(&store, id).await);
    }
}

#[tokio::test]
async fn the_anonymous_session_that_would_expire_first_goes_first() {
    let clock = FakeClock::new();
    let store = small(&clock, 3);
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(add(&store, anonymous()).await.unwrap());
        clock.advance(MINUTE);
    }
    assert!(is_alive(&store, ids[0]).await, "the oldest is used");
    add(&store, of("ada")).await.unwrap();
    let alive = [
        is_alive(&store, ids[0]).await,
        is_alive(&store, ids[1]).await,
        is_alive(&store, ids[2]).await,
    ];
    assert_eq!(alive, [true, false, true], "so the one after it is the idlest");
}

#[tokio::test]
async fn what_has_expired_goes_before_what_is_alive() {
    let clock = FakeClock::new();
    let store = small(&clock, 2);
    let staff = Draft::new(Lifetimes::staff());
    let expired = add(&store, staff).await.unwrap();
    clock.advance(Lifetimes::staff().idle());
    let alive = add(&store, anonymous()).await.unwrap();
    add(&store, anonymous()).await.unwrap();
    assert!(is_alive(&store, alive).await);
    assert!(matches!(store.load(expired).await, Ok(Loaded::Unknown)));
}

#[tokio::test]
async fn a_store_full_of_accounts_refuses_rather_than_forget_one() {
    let clock = FakeClock::new();
    let store = small(&clock, 3);
    for index in 0..3 {
        add(&store, of(&index.to_string())).await.unwrap();
    }
    assert_eq!(add(&store, anonymous()).await, Err(StoreErrorKind::Full));
    assert_eq!(add(&store, of("ada")).await, Err(StoreErrorKind::Full));
    clock.advance(Lifetimes::account().idle());
    assert!(add(&store, of("ada")).await.is_ok(), "until one has expired");
}

#[tokio::test]
async fn tower_sessions_32_expired_sessions_leave_memory() {
    let clock = FakeClock::new();
    let store = small(&clock, 10_000);
    for index in 0..1_000 {
        add(
            &store,
            if index % 2 == 0 {
                anonymous()
            } else {
                of(&index.to_string())
            },
        )
        .await
        .unwrap();
    }
    clock.advance(Lifetimes::account().idle());
    for _ in 0..200 {
        add(&store, anonymous()).await.unwrap();
    }
    assert_eq!(store.len(), 200, "a few leave with each that comes");
}

#[tokio::test]
async fn an_expired_session_is_told_from_an_unknown_one() {
    let clock = FakeClock::new();
    let store = small(&clock, 10);
    let id = add(&store, anonymous()).await.unwrap();
    clock.advance(Lifetimes::account().idle());
    assert!(matches!(store.load(id).await, Ok(Loaded::Expired)));
    let sessions_in_use_are_filed_anew = add(&store, anonymous()).await.unwrap();
    assert!(is_alive(&store, sessions_in_use_are_filed_anew).await);
}

#[tokio::test]
async fn a_login_in_a_full_store_takes_the_place_of_its_own_anonymous_session() {
    let clock = FakeClock::new();
    let store = small(&clock, 2);
    add(&store, of("bob")).await.unwrap();
    let visitor = add(&store, anonymous()).await.unwrap();
    let moved = store
        .rotate(visitor, id().hash(), Rotation::Login(of("ada")))
        .await;
    assert!(matches!(moved, Ok(Rotated::Moved(_))));
    assert_eq!(store.len(), 2);
}

#[tokio::test]
async fn a_session_in_use_survives_many_sweeps() {
    let clock = FakeClock::new();
    let store = small(&clock, 10_000);
    let used = add(&store, of("ada")).await.unwrap();
    for _ in 0..200 {
        clock.advance(MINUTE * 5);
        add(&store, anonymous()).await.unwrap();
        assert!(is_alive(&store, used).await);
    }
    assert!(store.len() < 30, "the others have left: {}", store.len());
}

#[tokio::test]
async fn new_ids_take_expired_sessions_out_as_well() {
    let clock = FakeClock::new();
    let store = small(&clock, 10_000);
    for _ in 0..80 {
        add(&store, Draft::new(Lifetimes::staff())).await.unwrap();
    }
    let mut ada = add(&store, of("ada")).await.unwrap();
    clock.advance(Lifetimes::staff().idle());
    for _ in 0..10 {
        let new = next(ada);
        let moved = store.rotate(ada, new.hash(), Rotation::Renew(None)).await;
        assert!(matches!(moved, Ok(Rotated::Moved(_))));
        ada = new;
    }
    assert_eq!(store.len(), 1);
}

#[tokio::test]
async fn remembered_ends_are_bounded_and_forgotten() {
    let clock = FakeClock::new();
    let store = small(&clock, 50);
    let mut ids = Vec::new();
    for _ in 0..200 {
        let id = add(&store, of("ada")).await.unwrap();
        assert!(store.delete(id).await.unwrap());
        ids.push(id);
    }
    clock.advance(MINUTE);
    assert!(
        matches!(store.load(ids[0]).await, Ok(Loaded::Unknown)),
        "the first is forgotten"
    );
    assert!(
        matches!(store.load(ids[199]).await, Ok(Loaded::Ended)),
        "the last is not"
    );
    clock.advance(MINUTE * 61);
    for _ in 0..30 {
        let id = add(&store, of("ada")).await.unwrap();
        assert!(store.delete(id).await.unwrap());
    }
    assert!(
        matches!(store.load(ids[199]).await, Ok(Loaded::Unknown)),
        "after an hour"
    );
    assert!(store.is_empty());
}
