//! The sessions of one account.
use std::time::Duration;

use palisade_core::{Clock, FakeClock, TokenHash};

use super::{MINUTE, created, is_alive, of, principal, sure};
use crate::{Listed, MAX_PER_SUBJECT, Store};

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
    assert_eq!(order, want, "7: all of them, the last used first");
    let seen = list.first().map(Listed::last_seen);
    assert_eq!(seen, Some(clock.now()), "7: and when");
}

pub(super) async fn an_account_ends_its_own_sessions<S: Store>(store: &S) {
    let (ada, bob) = (principal("ada"), principal("bob"));
    let first = created(store, of(&ada)).await;
    let second = created(store, of(&ada)).await;
    let third = created(store, of(&ada)).await;
    let of_bob = created(store, of(&bob)).await;
    let name = |id: TokenHash| id.reference();
    assert!(
        !sure(store.end(bob.subject(), name(second)).await),
        "8: not another's session"
    );
    assert!(sure(store.end(ada.subject(), name(second)).await), "8: one");
    assert!(!is_alive(store, second).await, "8: ended");
    let others = sure(store.end_all(ada.subject(), Some(name(third))).await);
    assert_eq!(others, 1, "8: all but one");
    let alive = (is_alive(store, first).await, is_alive(store, third).await);
    assert_eq!(alive, (false, true), "8: the one to keep is kept");
    assert_eq!(sure(store.end_all(ada.subject(), None).await), 1, "8: all");
    let alive = (is_alive(store, third).await, is_alive(store, of_bob).await);
    assert_eq!(alive, (false, true), "8: of this account only");
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
    assert_eq!(list.len(), MAX_PER_SUBJECT, "9: no more");
    assert!(!is_alive(store, oldest).await, "9: the oldest goes");
    assert!(is_alive(store, newest).await, "9: the newest stays");
}
