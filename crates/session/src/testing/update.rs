//! What becomes of updates.
use palisade_core::FakeClock;

use super::{LIMIT, anonymous, created, found, id, is_alive, is_gone, lifetimes, saved, set, sure};
use crate::{Store, Updated};

pub(super) async fn an_update_changes_all_or_nothing<S: Store>(store: &S) {
    let id = created(store, anonymous()).await;
    saved(store, id, set("a", "1").set("b", b"2")).await;
    let too_large = set("a", "3").set("c", &[b'7'; LIMIT]);
    let answer = sure(store.update(id, too_large).await);
    assert!(matches!(answer, Updated::TooLarge), "4: the limit is kept");
    let record = saved(store, id, set("c", "4").remove("b")).await;
    let values: Vec<_> = record.values().iter().collect();
    assert_eq!(values, [("a", &b"1"[..]), ("c", b"4")], "4: all or nothing");
    assert_eq!(
        found(store, id).await,
        Some(record),
        "4: what was answered is stored"
    );
}

pub(super) async fn a_lost_update_is_told<S: Store>(store: &S) {
    let (id, other_handle) = (created(store, anonymous()).await, store.clone());
    let first = saved(store, id, set("a", "1").only_if(0)).await;
    match sure(other_handle.update(id, set("a", "2").only_if(0)).await) {
        Updated::Conflict(record) => assert_eq!(record, first, "4: the present record"),
        other @ (Updated::Saved(_) | Updated::TooLarge | Updated::Superseded | Updated::Gone) => {
            panic!("4: a conflict must be told, not {other:?}")
        }
    }
    let second = saved(&other_handle, id, set("a", "2").only_if(first.version())).await;
    assert_eq!(found(store, id).await, Some(second), "two handles, one store");
}

pub(super) async fn an_update_never_creates<S: Store>(store: &S, clock: &FakeClock) {
    assert!(is_gone(store, id()).await, "4: an id never known");
    let deleted = created(store, anonymous()).await;
    assert!(sure(store.delete(deleted).await), "8: it was there");
    assert!(is_gone(&store.clone(), deleted).await, "4: a session deleted");
    assert!(!is_alive(store, deleted).await, "8: final");
    assert!(!sure(store.delete(deleted).await), "8: already gone");
    let expired = created(store, anonymous()).await;
    clock.advance(lifetimes().idle());
    assert!(is_gone(store, expired).await, "4: a session expired");
    assert!(!is_alive(store, expired).await, "1: and no update wakes it");
}
