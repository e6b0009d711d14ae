//! What only shows when tasks race.
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{anonymous, created, found, id, is_alive, next, of, principal, saved, set, sure};
use crate::{Created, Loaded, Rotated, Rotation, SessionId, Store, Updated};

/// One of many tasks that race.
pub type Contender = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Checks what only shows when tasks race. `race` must run all contenders at once, in parallel, to their end.
///
/// # Panics
/// Where the store breaks its contract.
pub async fn races<S: Store>(make: impl Fn() -> S, race: &impl AsyncFn(Vec<Contender>)) {
    of_many_creations_one_wins(&make(), race).await;
    no_update_is_lost(&make(), race).await;
    updates_without_a_version_do_not_undo_each_other(&make(), race).await;
    of_many_rotations_one_wins(&make(), race).await;
    no_update_resurrects_what_is_deleted(&make(), race).await;
    an_update_is_in_the_rotated_record_or_told_as_gone(&make(), race).await;
    no_rotation_escapes_the_end_of_all(&make(), race).await;
    a_session_is_known_all_the_while(&make(), race).await;
    a_value_is_claimed_by_one(&make(), race).await;
}

/// Runs `act` on handles of the store, all at once, and counts the times it said yes.
async fn count<S, F, R>(store: &S, race: &R, tasks: usize, act: impl Fn(S, usize) -> F) -> usize
where
    S: Store,
    F: Future<Output = bool> + Send + 'static,
    R: AsyncFn(Vec<Contender>),
{
    let yes = Arc::new(AtomicUsize::new(0));
    let contender = |index| -> Contender {
        let (acting, yes) = (act(store.clone(), index), Arc::clone(&yes));
        Box::pin(async move {
            if acting.await {
                yes.fetch_add(1, Ordering::SeqCst);
            }
        })
    };
    race((0..tasks).map(contender).collect()).await;
    yes.load(Ordering::SeqCst)
}

async fn of_many_creations_one_wins<S: Store, R: AsyncFn(Vec<Contender>)>(store: &S, race: &R) {
    let id = id();
    let create =
        |store: S, _| async move { matches!(sure(store.create(id, anonymous()).await), Created::Begun(_)) };
    assert_eq!(count(store, race, 100, create).await, 1, "2: one creation wins");
}

/// Adds one to the value, as often as it takes.
async fn add_one<S: Store>(store: S, id: SessionId) -> bool {
    loop {
        let record = found(&store, id).await.expect("alive");
        let json = record.values().get("count").unwrap_or_default();
        let count: u32 = serde_json::from_slice(json).expect("a count");
        let next = set("count", &count.saturating_add(1).to_string());
        match sure(store.update(id, next.only_if(record.version())).await) {
            Updated::Saved(_) => return true,
            Updated::Conflict(_) => {}
            Updated::TooLarge | Updated::Superseded | Updated::Gone => return false,
        }
    }
}

async fn no_update_is_lost<S: Store, R: AsyncFn(Vec<Contender>)>(store: &S, race: &R) {
    let id = created(store, anonymous()).await;
    saved(store, id, set("count", "0")).await;
    let added = count(store, race, 100, |store, _| add_one(store, id)).await;
    assert_eq!(added, 100, "4: all get through");
    let record = found(store, id).await.expect("alive");
    assert_eq!(record.values().get("count"), Some(&b"100"[..]), "4: none is lost");
}

async fn updates_without_a_version_do_not_undo_each_other<S: Store, R: AsyncFn(Vec<Contender>)>(
    store: &S,
    race: &R,
) {
    let id = created(store, anonymous()).await;
    let put = |store: S, index| async move {
        let changes = set(&format!("{index}"), "1");
        matches!(sure(store.update(id, changes).await), Updated::Saved(_))
    };
    assert_eq!(count(store, race, 100, put).await, 100, "4: all are stored");
    let record = found(store, id).await.expect("alive");
    assert_eq!(record.values().len(), 100, "4: none undoes another");
}

async fn of_many_rotations_one_wins<S: Store, R: AsyncFn(Vec<Contender>)>(store: &S, race: &R) {
    let ada = principal("ada");
    let old = created(store, of(&ada)).await;
    let rotate = |store: S, _| async move {
        let moved = sure(store.rotate(old, next(old).hash(), Rotation::Renew(None)).await);
        matches!(moved, Rotated::Moved(_))
    };
    assert_eq!(count(store, race, 100, rotate).await, 1, "5: one rotation wins");
    assert_eq!(
        sure(store.list(ada.subject()).await).len(),
        1,
        "5: and there is one session"
    );
}

async fn no_update_resurrects_what_is_deleted<S: Store, R: AsyncFn(Vec<Contender>)>(store: &S, race: &R) {
    let id = created(store, anonymous()).await;
    let act = |store: S, index| async move {
        if index == 50 {
            return sure(store.delete(id).await);
        }
        drop(sure(store.update(id, set("a", "1")).await));
        false
    };
    assert_eq!(count(store, race, 100, act).await, 1, "8: it is deleted once");
    assert!(!is_alive(store, id).await, "8: and stays deleted");
}

async fn an_update_is_in_the_rotated_record_or_told_as_gone<S: Store, R: AsyncFn(Vec<Contender>)>(
    store: &S,
    race: &R,
) {
    for _ in 0..20 {
        let old = created(store, anonymous()).await;
        let new = next(old);
        let login = Rotation::Login(of(&principal("ada")));
        let act = move |store: S, index| {
            let login = login.clone();
            async move {
                if index == 5 {
                    let moved = sure(store.rotate(old, new.hash(), login).await);
                    assert!(matches!(moved, Rotated::Moved(_)), "5: one rotation");
                    return false;
                }
                let changes = set(&format!("{index}"), "1");
                matches!(sure(store.update(old, changes).await), Updated::Saved(_))
            }
        };
        let stored = count(store, race, 10, act).await;
        let record = found(store, new).await.expect("5: moved");
        assert_eq!(record.values().len(), stored, "5: what was saved has moved");
    }
}

/// While a login replaces the id, the old one is good or of late, and never unknown: its cookie is not removed.
async fn a_session_is_known_all_the_while<S: Store, R: AsyncFn(Vec<Contender>)>(store: &S, race: &R) {
    for _ in 0..20 {
        let old = created(store, anonymous()).await;
        let login = Rotation::Login(of(&principal("ada")));
        let act = move |store: S, index| {
            let login = login.clone();
            async move {
                if index == 2 {
                    let moved = sure(store.rotate(old, next(old).hash(), login).await);
                    return matches!(moved, Rotated::Moved(_));
                }
                matches!(sure(store.load(old).await), Loaded::Found(_) | Loaded::Late)
            }
        };
        assert_eq!(count(store, race, 10, act).await, 10, "5: known all the while");
    }
}

async fn a_value_is_claimed_by_one<S: Store, R: AsyncFn(Vec<Contender>)>(store: &S, race: &R) {
    let value = id().hash();
    let claim = move |store: S, _| async move { sure(store.claim(value, super::MINUTE).await) };
    assert_eq!(count(store, race, 100, claim).await, 1, "14: one claim wins");
}

async fn no_rotation_escapes_the_end_of_all<S: Store, R: AsyncFn(Vec<Contender>)>(store: &S, race: &R) {
    let subject = principal("ada").subject().clone();
    for _ in 0..20 {
        let first = created(store, of(&principal("ada"))).await;
        let last = Arc::new(Mutex::new(first));
        let act = |store: S, index| {
            let (subject, last) = (subject.clone(), Arc::clone(&last));
            async move {
                if index == 0 {
                    return sure(store.end_all(&subject, None).await) == 1;
                }
                let end = rotate_on(&store, first).await;
                *last.lock().unwrap_or_else(PoisonError::into_inner) = end;
                false
            }
        };
        let ended = count(store, race, 2, act).await;
        assert_eq!(ended, 1, "10: it is ended, wherever it has moved to");
        let last = *last.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(!is_alive(store, last).await, "10: and does not escape");
    }
}

/// Rotates the session again and again, and tells the last id that it had.
async fn rotate_on<S: Store>(store: &S, first: SessionId) -> SessionId {
    let mut last = first;
    for _ in 0..50 {
        let new = next(last);
        match sure(store.rotate(last, new.hash(), Rotation::Renew(None)).await) {
            Rotated::Moved(_) => last = new,
            Rotated::Superseded(_) | Rotated::TooMany | Rotated::Gone => break,
        }
    }
    last
}
