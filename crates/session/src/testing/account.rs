//! The sessions of one account.
use std::time::Duration;

use palisade_core::{FakeClock, Tenant};

use super::{MINUTE, anonymous, created, found, id, is_alive, next, of, principal, saved, set, sure};
use crate::{Concurrent, Created, Listed, MAX_PER_SUBJECT, Rotated, Rotation, Scope, SessionId, Store};

pub(super) async fn an_account_lists_its_own_sessions<S: Store>(store: &S, clock: &FakeClock) {
    let ada = principal("ada");
    let first = created(store, of(&ada)).await;
    clock.advance(MINUTE);
    let second = created(store, of(&ada)).await;
    created(store, of(&principal("bob"))).await;
    clock.advance(MINUTE);
    assert!(is_alive(store, first).await, "3: used last");
    let list = sure(store.list(ada.subject()).await);
    let order: Vec<_> = list.iter().map(Listed::reference).collect();
    let want = [first.reference(), second.reference()];
    assert_eq!(order, want, "9: all of them, the last used first");
    let [seen, begun] = list
        .first()
        .map(|first| [first.last_seen(), first.created()])
        .expect("9");
    let used = seen.since(begun);
    // A store with a clock of its own counts what passes during the test as well.
    let two = MINUTE.saturating_mul(2);
    assert!(
        used >= two && used < two.saturating_add(MINUTE),
        "9: and when, not {used:?}"
    );
}

pub(super) async fn an_account_ends_its_own_sessions<S: Store>(store: &S) {
    let (ada, bob) = (principal("ada"), principal("bob"));
    let first = created(store, of(&ada)).await;
    let second = created(store, of(&ada)).await;
    let third = created(store, of(&ada)).await;
    let of_bob = created(store, of(&bob)).await;
    let name = |id: SessionId| id.reference();
    assert!(
        !sure(store.end(bob.subject(), name(second)).await),
        "10: not another's session"
    );
    assert!(sure(store.end(ada.subject(), name(second)).await), "10: one");
    assert!(!is_alive(store, second).await, "10: ended");
    let others = sure(store.end_all(ada.subject(), Some(name(third))).await);
    assert_eq!(others, 1, "10: all but one");
    let alive = (is_alive(store, first).await, is_alive(store, third).await);
    assert_eq!(alive, (false, true), "10: the one to keep is kept");
    assert_eq!(sure(store.end_all(ada.subject(), None).await), 1, "10: all");
    let alive = (is_alive(store, third).await, is_alive(store, of_bob).await);
    assert_eq!(alive, (false, true), "10: of this account only");
}

pub(super) async fn an_account_has_a_bounded_number_of_sessions<S: Store>(store: &S, clock: &FakeClock) {
    let ada = principal("ada");
    let oldest = created(store, of(&ada)).await;
    let mut newest = oldest;
    for _ in 0..MAX_PER_SUBJECT {
        clock.advance(Duration::from_millis(10));
        newest = created(store, of(&ada)).await;
    }
    let list = sure(store.list(ada.subject()).await);
    assert_eq!(list.len(), MAX_PER_SUBJECT, "12: no more");
    assert!(!is_alive(store, oldest).await, "12: the oldest goes");
    assert!(is_alive(store, newest).await, "12: the newest stays");
}

pub(super) async fn a_smaller_number_is_kept<S: Store>(store: &S, clock: &FakeClock) {
    let ada = principal("ada");
    let two = Concurrent::end_oldest(2).expect("within bounds");
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(created(store, of(&ada).with_concurrent(two)).await);
        clock.advance(MINUTE);
    }
    // The third comes by a login to a session that there was.
    let visitor = created(store, anonymous()).await;
    let new = next(visitor);
    let rotation = Rotation::Login(of(&ada).with_concurrent(two));
    let answer = sure(store.rotate(visitor, new.hash(), rotation).await);
    assert!(matches!(answer, Rotated::Moved(_)), "12: {answer:?}");
    ids.push(new);
    let mut alive = Vec::new();
    for id in ids {
        alive.push(is_alive(store, id).await);
    }
    assert_eq!(alive, [false, true, true], "12: the oldest goes");
}

pub(super) async fn a_login_beyond_is_refused_where_asked<S: Store>(store: &S, clock: &FakeClock) {
    let (ada, one) = (principal("ada"), Concurrent::refuse(1).expect("within bounds"));
    let draft = || of(&ada).with_concurrent(one);
    let first = created(store, draft()).await;
    assert_eq!(
        sure(store.create(id(), draft()).await),
        Created::TooMany,
        "12: refused"
    );
    let visitor = created(store, anonymous()).await;
    saved(store, visitor, set("cart", "[1]")).await;
    let answer = sure(
        store
            .rotate(visitor, next(visitor).hash(), Rotation::Login(draft()))
            .await,
    );
    assert_eq!(answer, Rotated::TooMany, "12: refused");
    let record = found(store, visitor).await.expect("12: the visitor stays");
    assert!(record.values().get("cart").is_some(), "12: nothing has changed");
    let again = next(first);
    let answer = sure(store.rotate(first, again.hash(), Rotation::Login(draft())).await);
    assert!(
        matches!(answer, Rotated::Moved(_)),
        "12: its own session does not count"
    );
    clock.advance(super::lifetimes().idle());
    created(store, draft()).await;
}

pub(super) async fn a_revocation_ends_what_has_begun<S: Store>(store: &S) {
    let tenant = Tenant::new("north").expect("a tenant");
    let merchant = principal("mel").with_tenant(tenant.clone());
    let (of_north, of_ada) = (
        created(store, of(&merchant)).await,
        created(store, of(&principal("ada"))).await,
    );
    sure(store.revoke(Scope::Tenant(&tenant)).await);
    assert!(!is_alive(store, of_north).await, "11: of the tenant");
    assert!(is_alive(store, of_ada).await, "11: of this tenant only");
    let later = created(store, of(&merchant)).await;
    let visitor = created(store, anonymous()).await;
    assert!(is_alive(store, later).await, "11: what begins later lives");
    sure(store.revoke(Scope::Everybody).await);
    for id in [later, of_ada, visitor] {
        assert!(!is_alive(store, id).await, "11: everybody's");
    }
    let last = created(store, of(&merchant)).await;
    assert!(is_alive(store, last).await, "11: what begins later lives");
}
