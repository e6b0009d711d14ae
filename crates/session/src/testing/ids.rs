//! Which id finds which session.
use std::time::Duration;

use palisade_core::FakeClock;

use super::{
    MINUTE, anonymous, created, find, found, id, is_alive, is_gone, lifetimes, moved, next, of, principal,
    saved, set, sure,
};
use crate::{Created, Loaded, OVERLAP, Rotated, Rotation, SessionId, Store, Updated};

pub(super) async fn a_taken_reference_is_not_taken_again<S: Store>(store: &S) {
    let first = created(store, of(&principal("ada"))).await;
    for taken in [first, next(first)] {
        let answer = sure(store.create(taken, anonymous()).await);
        assert_eq!(answer, Created::Taken, "2: the reference is taken");
    }
    let record = found(store, first).await.expect("2: the first session stays");
    assert!(record.principal().is_some(), "2: and is not overwritten");
    assert!(sure(store.delete(first).await), "8: it was there");
    let answer = sure(store.create(next(first), anonymous()).await);
    assert_eq!(answer, Created::Taken, "8: what was ended is not begun again");
}

pub(super) async fn a_reference_alone_opens_nothing<S: Store>(store: &S) {
    let real = created(store, of(&principal("ada"))).await;
    let guessed = next(real);
    assert_eq!(find(store, guessed).await, Loaded::Unknown, "3: another secret");
    assert!(is_gone(store, guessed).await, "4: another secret");
    assert!(!sure(store.delete(guessed).await), "8: another secret");
    let answer = sure(store.rotate(guessed, id().hash(), Rotation::Renew(None)).await);
    assert_eq!(answer, Rotated::Gone, "5: another secret");
    assert!(is_alive(store, real).await, "and the session is as it was");
}

pub(super) async fn a_login_closes_the_old_id<S: Store>(store: &S, clock: &FakeClock) {
    let old = created(store, anonymous()).await;
    let before = saved(store, old, set("cart", "[1]")).await;
    let new = next(old);
    let record = moved(store, old, new, Rotation::Login(of(&principal("ada")))).await;
    assert_eq!(record.values(), before.values(), "5: updates come along");
    assert_eq!(record.reference(), before.reference(), "5: the name stays");
    assert!(record.version() > before.version(), "5: the version moves on");
    assert_eq!(
        find(store, old).await,
        Loaded::Late,
        "6: the old id opens nothing"
    );
    let answer = sure(store.update(old, set("a", "1")).await);
    assert_eq!(answer, Updated::Superseded, "6: for updates too");
    assert!(!sure(store.delete(old).await), "6: for ends too");
    clock.advance(OVERLAP);
    assert_eq!(find(store, old).await, Loaded::Unknown, "6: and is then dead");
    assert_eq!(found(store, new).await, Some(record), "5: the new id has it");
}

pub(super) async fn a_renewal_leaves_the_old_id_open_for_a_while<S: Store>(store: &S, clock: &FakeClock) {
    let (before, after) = (principal("ada"), principal("ada").add_role("merchant"));
    let old = created(store, of(&before)).await;
    let new = next(old);
    moved(store, old, new, Rotation::Renew(Some(after.clone()))).await;
    clock.advance(MINUTE);
    let Loaded::Found(late) = find(store, old).await else {
        panic!("6: a response that was lost loses no session")
    };
    assert!(late.is_late(), "6: it is told");
    assert_eq!(
        late.record().principal(),
        Some(&before),
        "6: the rights of before"
    );
    let record = found(store, new).await.expect("5: the new id has it");
    assert_eq!(record.principal(), Some(&after), "5: the rights of now");
    saved(store, old, set("late", "1")).await;
    let record = found(store, new).await.expect("5: the new id has it");
    assert!(record.values().get("late").is_some(), "6: a late update is kept");
    clock.advance(OVERLAP);
    assert_eq!(find(store, old).await, Loaded::Unknown, "6: dead for ever");
    assert!(is_gone(store, old).await, "6: for updates too");
    assert!(is_alive(store, new).await, "6: and the session lives");
}

pub(super) async fn an_old_id_ends_its_session<S: Store>(store: &S) {
    let old = created(store, of(&principal("ada"))).await;
    let new = next(old);
    moved(store, old, new, Rotation::Renew(None)).await;
    assert!(sure(store.delete(old).await), "6: logout by a late request");
    assert!(!is_alive(store, new).await, "8: final, under every id");
}

pub(super) async fn only_the_id_before_is_old<S: Store>(store: &S) {
    let first = created(store, of(&principal("ada"))).await;
    let (second, third) = (next(first), next(first));
    moved(store, first, second, Rotation::Renew(None)).await;
    moved(store, second, third, Rotation::Renew(None)).await;
    assert!(!is_alive(store, first).await, "6: dead");
    assert!(is_alive(store, second).await, "6: old");
    assert!(is_alive(store, third).await, "5: present");
}

pub(super) async fn an_old_id_is_not_rotated<S: Store>(store: &S, clock: &FakeClock) {
    let ada = principal("ada");
    let old = created(store, of(&ada)).await;
    saved(store, old, set("cart", "[1]")).await;
    let (new, other) = (next(old), next(old));
    moved(store, old, new, Rotation::Renew(None)).await;
    for rotation in [Rotation::Renew(None), Rotation::Renew(Some(ada.clone()))] {
        let answer = sure(store.rotate(old, other.hash(), rotation).await);
        assert_eq!(answer, Rotated::Superseded(None), "7: another request was faster");
    }
    let again = sure(store.rotate(old, other.hash(), Rotation::Login(of(&ada))).await);
    let Rotated::Superseded(Some(values)) = again else {
        panic!("7: a login of the same account is told the values, not {again:?}")
    };
    assert!(values.get("cart").is_some(), "7: the values");
    let bob = Rotation::Login(of(&principal("bob")));
    let answer = sure(store.rotate(old, other.hash(), bob).await);
    assert_eq!(answer, Rotated::Superseded(None), "7: and nobody else is");
    clock.advance(OVERLAP.saturating_add(Duration::from_secs(1)));
    moved(store, old, other, Rotation::Renew(None)).await;
    assert!(!is_alive(store, new).await, "7: what was never presented is dead");
    assert!(is_alive(store, other).await, "7: the renewal was repeated");
}

pub(super) async fn a_login_twice_at_once_keeps_the_cart<S: Store>(store: &S) {
    let ada = principal("ada");
    let old = created(store, anonymous()).await;
    saved(store, old, set("cart", "[1]")).await;
    moved(store, old, next(old), Rotation::Login(of(&ada))).await;
    let second = sure(store.rotate(old, id().hash(), Rotation::Login(of(&ada))).await);
    assert!(
        matches!(&second, Rotated::Superseded(Some(values)) if values.get("cart").is_some()),
        "7: {second:?}"
    );
    let bob = sure(
        store
            .rotate(old, id().hash(), Rotation::Login(of(&principal("bob"))))
            .await,
    );
    assert_eq!(bob, Rotated::Superseded(None), "7: another account finds nothing");
}

pub(super) async fn another_account_finds_nothing_of_the_first<S: Store>(store: &S) {
    let (ada, bob) = (principal("ada"), principal("bob"));
    let old = created(store, of(&ada)).await;
    saved(store, old, set("cart", "[1]")).await;
    let record = moved(store, old, next(old), Rotation::Login(of(&bob))).await;
    assert!(record.values().is_empty(), "5: nothing of the first");
    assert!(
        sure(store.list(ada.subject()).await).is_empty(),
        "9: not ada's any more"
    );
    assert_eq!(sure(store.list(bob.subject()).await).len(), 1, "9: bob's");
}

pub(super) async fn what_is_not_there_is_not_rotated<S: Store>(store: &S, clock: &FakeClock) {
    let dead = created(store, anonymous()).await;
    clock.advance(lifetimes().idle());
    for old in [id(), dead] {
        let new: SessionId = next(old);
        let answer = sure(store.rotate(old, new.hash(), Rotation::Renew(None)).await);
        assert_eq!(answer, Rotated::Gone, "5: nothing to rotate");
        assert!(!is_alive(store, new).await, "5: and nothing made");
    }
}

pub(super) async fn an_end_is_remembered<S: Store>(store: &S, clock: &FakeClock) {
    let ended = created(store, of(&principal("ada"))).await;
    assert!(sure(store.delete(ended).await), "8: it was there");
    assert_eq!(find(store, ended).await, Loaded::Late, "8: a moment ago");
    clock.advance(OVERLAP);
    assert_eq!(find(store, ended).await, Loaded::Ended, "8: and then");
    assert_eq!(sure(store.peek(ended.reference()).await), None, "13: not alive");
}

pub(super) async fn a_value_is_claimed_once<S: Store>(store: &S, clock: &FakeClock) {
    let (one, two) = (id().hash(), id().hash());
    assert!(sure(store.claim(one, MINUTE).await), "14: the first");
    assert!(!sure(store.claim(one, MINUTE).await), "14: and no other");
    assert!(sure(store.claim(two, MINUTE).await), "14: each for itself");
    clock.advance(MINUTE.saturating_sub(Duration::from_secs(2)));
    assert!(
        !sure(store.claim(one, MINUTE).await),
        "14: for as long as was asked"
    );
}

pub(super) async fn a_session_is_found_by_its_name_without_use<S: Store>(store: &S, clock: &FakeClock) {
    let one = created(store, of(&principal("ada"))).await;
    clock.advance(lifetimes().idle().saturating_sub(MINUTE));
    let record = sure(store.peek(one.reference()).await).expect("13: alive");
    assert_eq!(record.reference(), one.reference(), "13: this one");
    clock.advance(MINUTE);
    assert!(!is_alive(store, one).await, "13: to look is no use");
    assert_eq!(sure(store.peek(one.reference()).await), None, "13: not alive");
    assert_eq!(sure(store.peek(id().reference()).await), None, "13: not known");
}
