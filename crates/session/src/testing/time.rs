//! How long sessions live.
use palisade_core::{Clock, FakeClock, Timestamp};

use super::{
    MINUTE, anonymous, created, find, is_alive, is_gone, lifetimes, moved, next, of, principal, saved, set,
};
use crate::{Draft, Loaded, Rotation, Store};

pub(super) async fn idle_time_ends_a_session<S: Store>(store: &S, clock: &FakeClock) {
    let used = created(store, anonymous()).await;
    let left = created(store, anonymous()).await;
    for _ in 0..3 {
        clock.advance(MINUTE.saturating_mul(5));
        assert!(is_alive(store, used).await, "3: a session in use stays alive");
    }
    assert!(!is_alive(store, left).await, "1: ten minutes without use end it");
    clock.advance(lifetimes().idle());
    assert!(!is_alive(store, used).await, "1: it never outlives its idle time");
}

pub(super) async fn a_use_is_noted_late_by_one_touch_at_most<S: Store>(store: &S, clock: &FakeClock) {
    let id = created(store, anonymous()).await;
    clock.advance(lifetimes().touch_after());
    assert!(is_alive(store, id).await, "3: a use that must be noted");
    let part = lifetimes().touch_after().checked_div(2).unwrap_or_default();
    clock.advance(part);
    assert!(is_alive(store, id).await, "3: a use that need not be noted");
    let rest = lifetimes().idle().saturating_sub(lifetimes().touch_after());
    clock.advance(rest);
    assert!(is_alive(store, id).await, "3: late by one touch at most");
}

pub(super) async fn absolute_time_ends_a_session_in_use<S: Store>(store: &S, clock: &FakeClock) {
    let id = created(store, anonymous()).await;
    for round in 0..11 {
        clock.advance(MINUTE.saturating_mul(5));
        assert!(is_alive(store, id).await, "1: alive within its absolute time");
        saved(store, id, set("round", &round.to_string())).await;
    }
    clock.advance(MINUTE.saturating_mul(5));
    assert!(!is_alive(store, id).await, "1: an hour ends it, in use or not");
    assert!(is_gone(store, id).await, "4: also for updates");
}

pub(super) async fn jumps_of_the_wall_clock_change_nothing<S: Store>(store: &S, clock: &FakeClock) {
    let (id, now) = (created(store, anonymous()).await, clock.now());
    clock.set_wall(now.saturating_add(MINUTE.saturating_mul(100_000)));
    assert!(is_alive(store, id).await, "1: a jump forwards ends nothing");
    clock.set_wall(Timestamp::UNIX_EPOCH);
    assert!(is_alive(store, id).await, "1: a jump backwards ends nothing");
    clock.advance(lifetimes().idle());
    assert!(!is_alive(store, id).await, "1: a jump backwards prolongs nothing");
    clock.set_wall(now);
}

pub(super) async fn a_login_begins_the_time_anew_and_a_renewal_does_not<S: Store>(
    store: &S,
    clock: &FakeClock,
) {
    let login = created(store, anonymous()).await;
    let renewal = created(store, anonymous()).await;
    for _ in 0..6 {
        clock.advance(MINUTE.saturating_mul(9));
        assert!(is_alive(store, login).await, "3: in use");
        assert!(is_alive(store, renewal).await, "3: in use");
    }
    let (new_login, new_renewal) = (next(login), next(renewal));
    let before = moved(store, renewal, new_renewal, Rotation::Renew(None)).await;
    let record = moved(store, login, new_login, Rotation::Login(of(&principal("ada")))).await;
    let apart = record.created().since(before.created());
    assert!(
        apart >= MINUTE.saturating_mul(50),
        "5: a login begins anew, a renewal does not: {apart:?}"
    );
    clock.advance(MINUTE.saturating_mul(7));
    assert!(is_alive(store, new_login).await, "5: an hour from the login");
    assert!(
        !is_alive(store, new_renewal).await,
        "5: an hour from the beginning"
    );
}

pub(super) async fn an_old_id_is_due<S: Store>(store: &S, clock: &FakeClock) {
    let renewed = lifetimes()
        .with_renewal(MINUTE.saturating_mul(5))
        .expect("within bounds");
    let (never, id) = (
        created(store, anonymous()).await,
        created(store, Draft::new(renewed)).await,
    );
    let is_due = async |id| matches!(find(store, id).await, Loaded::Found(found) if found.is_due());
    assert!(!is_due(id).await, "3: young");
    clock.advance(MINUTE.saturating_mul(5));
    assert!(is_due(id).await, "3: due");
    assert!(!is_due(never).await, "3: only where asked for");
    let new = next(id);
    moved(store, id, new, Rotation::Renew(None)).await;
    assert!(!is_due(new).await, "3: young again");
}
