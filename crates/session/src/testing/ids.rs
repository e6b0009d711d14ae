//! Which id finds which session.
use palisade_core::FakeClock;

use super::{anonymous, created, found, id, is_alive, is_gone, lifetimes, of, principal, saved, set, sure};
use crate::{Rotation, Store};

pub(super) async fn a_taken_id_is_not_taken_again<S: Store>(store: &S) {
    let id = created(store, of(&principal("ada"))).await;
    assert_eq!(
        sure(store.create(id, anonymous()).await),
        None,
        "2: the id is taken"
    );
    let record = found(store, id).await.expect("2: the first session stays");
    assert!(record.principal().is_some(), "2: and is not overwritten");
    let other = created(store, anonymous()).await;
    let moved = sure(store.rotate(other, id, Rotation::Renew(None)).await);
    assert_eq!(moved, None, "5: the new id is taken");
    assert!(is_alive(store, other).await, "5: nothing has changed");
    let moved = sure(store.rotate(other, other, Rotation::Renew(None)).await);
    assert_eq!(moved, None, "5: an id is taken by itself");
    assert!(is_alive(store, other).await, "5: nothing has changed");
}

pub(super) async fn a_rotated_session_lives_under_its_new_id_only<S: Store>(store: &S) {
    let (old, new) = (created(store, anonymous()).await, id());
    let before = saved(store, old, set("cart", "[1]")).await;
    let rotation = Rotation::Login(of(&principal("ada")));
    let record = sure(store.rotate(old, new, rotation).await).expect("5: it was there");
    assert_eq!(record.values(), before.values(), "5: updates come along");
    assert_eq!(record.reference(), before.reference(), "5: the name stays");
    assert!(record.version() > before.version(), "5: the version moves on");
    assert!(!is_alive(store, old).await, "5: the old id is dead");
    assert!(is_gone(store, old).await, "4: for updates too");
    assert!(!sure(store.delete(old).await), "6: for deletion too");
    assert_eq!(found(store, new).await, Some(record), "5: the new id has it");
}

pub(super) async fn another_account_finds_nothing_of_the_first<S: Store>(store: &S) {
    let (ada, bob) = (principal("ada"), principal("bob"));
    let (old, new) = (created(store, of(&ada)).await, id());
    saved(store, old, set("cart", "[1]")).await;
    let rotation = Rotation::Switch(of(&bob));
    let record = sure(store.rotate(old, new, rotation).await).expect("5: it was there");
    assert!(record.values().is_empty(), "5: nothing of the first");
    assert!(
        sure(store.list(ada.subject()).await).is_empty(),
        "7: not ada's any more"
    );
    assert_eq!(sure(store.list(bob.subject()).await).len(), 1, "7: bob's");
}

pub(super) async fn what_is_not_there_is_not_rotated<S: Store>(store: &S, clock: &FakeClock) {
    let (dead, new) = (created(store, anonymous()).await, id());
    clock.advance(lifetimes().idle());
    for old in [id(), dead] {
        let moved = sure(store.rotate(old, new, Rotation::Renew(None)).await);
        assert_eq!(moved, None, "5: nothing to rotate");
        assert!(!is_alive(store, new).await, "5: and nothing made");
    }
}
