//! What tables do that are full.
use super::*;
use crate::Block;

/// Keys with a small plan and keys with a large one in one table: no debt says by which it was charged.
#[test]
fn a_key_that_has_nothing_left_of_a_small_plan_is_not_forgotten_for_one_with_a_large() {
    let large = Quota::per_hour(n(100));
    let small = Quota::per_hour(n(100)).burst(n(2));
    let (store, _clock) = store(&large, MemoryStore::MIN_BYTES);
    assert!(store.supports(&small.into()).is_ok());
    let used_up = u64::try_from(store.capacity() / 8).unwrap();
    for number in 0..used_up {
        assert_eq!((0..9).filter(|_| admits(&store, &small, number)).count(), 2);
    }
    for number in 0..20_000_u64 {
        let _ = admits(&store, &large, 1_000_000 + number);
    }
    let forgotten = (0..used_up)
        .filter(|number| admits(&store, &small, *number))
        .count();
    assert_eq!(forgotten, 0);
}

/// And the debt of a large plan is not lost to a new key whose small plan would clip it.
#[test]
fn a_large_debt_is_not_taken_over_by_a_small_plan_as_a_small_one() {
    let large = Quota::per_hour(n(60)).burst(n(60));
    let small = Quota::per_hour(n(60)).burst(n(2));
    let (store, clock) = store(&large, MemoryStore::MIN_BYTES);
    let many = 40 * u64::try_from(store.capacity()).unwrap();
    for number in 0..many {
        let _ = store.take_now(key(number), &large.into(), 60).unwrap();
    }
    // A minute pays one unit: the small plan would have one of two left, if the debt were cut to its size.
    clock.advance(Duration::from_secs(60));
    let through = (0..5_000)
        .filter(|number| admits(&store, &small, (1 << 40) | *number))
        .count();
    assert_eq!(through, 0, "every line is full of debts of an hour");
}

fn take(store: &MemoryStore<FakeClock>, quota: &Quota, number: u64, cost: u64) -> TakenKind {
    store
        .take_now(key(number), &(*quota).into(), cost)
        .unwrap()
        .kind()
}

#[test]
fn counts_and_logs_are_kept_as_debts_are() {
    let day = Duration::from_secs(86_400);
    for quota in [
        Quota::strict(n(6), day).unwrap(),
        Quota::exact(n(6), day).unwrap(),
    ] {
        let (store, _clock) = store(&quota, MemoryStore::MIN_BYTES);
        let places = u64::try_from(store.capacity()).unwrap();
        // Half of the places, so that hardly any set is full of them.
        for number in 0..places / 4 {
            assert_eq!(take(&store, &quota, number, 6), TakenKind::Admitted);
        }
        for number in 0..50_000_u64 {
            let _ = take(&store, &quota, 1_000_000 + number, 1);
        }
        let forgotten =
            (0..places / 4).filter(|number| take(&store, &quota, *number, 1) == TakenKind::Admitted);
        assert_eq!(forgotten.count(), 0, "{quota:?}");
    }
}

#[test]
fn a_full_set_gives_a_new_key_the_least_count_and_forgets_nobody_it_refuses() {
    let day = Duration::from_secs(86_400);
    for quota in [
        Quota::strict(n(6), day).unwrap(),
        Quota::exact(n(6), day).unwrap(),
    ] {
        let (store, _clock) = store(&quota, MemoryStore::MIN_BYTES);
        let many = 40 * u64::try_from(store.capacity()).unwrap();
        for number in 0..many {
            let _ = take(&store, &quota, number, 6);
        }
        assert!(store.crowded() > 0);
        let through = (0..many * 2).filter(|number| take(&store, &quota, *number, 1) == TakenKind::Admitted);
        assert_eq!(through.count(), 0, "{quota:?}");
    }
}

fn is_blocked(store: &MemoryStore<FakeClock>, number: u64) -> bool {
    let quota = Quota::per_minute(n(5)).into();
    store.peek(key(number), &quota).into_inner().unwrap().kind() == TakenKind::Blocked
}

#[test]
fn of_too_many_blocks_the_longest_stay() {
    let (store, clock) = store(&Quota::per_minute(n(5)), MemoryStore::MIN_BYTES);
    let block = |number: u64, secs: u64| {
        let block = Block::lasting(Duration::from_secs(secs)).unwrap();
        store.block(key(number), block).into_inner().unwrap()
    };
    assert_eq!(block(1, 86_400).as_secs(), 86_400);
    for number in 2..2_000 {
        let _ = block(number, 60);
        assert!(is_blocked(&store, number), "the last is there, {number}");
    }
    assert!(is_blocked(&store, 1), "no shorter block pushes out a longer one");
    assert!(store.crowded() > 0, "and those that were pushed out are counted");
    assert!(!is_blocked(&store, 5_000), "nobody is blocked in another's stead");
    clock.advance(Duration::from_secs(60));
    assert!((2..2_000).all(|number| !is_blocked(&store, number)) && is_blocked(&store, 1));
}

#[test]
fn a_table_is_as_large_as_it_was_made_and_no_larger() {
    let day = Duration::from_secs(86_400);
    let (strict, exact) = (
        Quota::strict(n(6), day).unwrap(),
        Quota::exact(n(6), day).unwrap(),
    );
    let four = Quotas::of(Quota::per_minute(n(6)))
        .and(strict)
        .unwrap()
        .and(exact)
        .unwrap();
    let four = four.and(Quota::per_hour(n(9))).unwrap();
    for (quotas, places) in [
        (Quotas::of(Quota::per_minute(n(6))), 107_520),
        (Quotas::of(strict), 20_000),
        (Quotas::of(exact), 5_800),
        (four, 1_400),
    ] {
        let store = MemoryStore::sized(quotas, 1 << 20).unwrap();
        let capacity = store.capacity();
        assert!(
            (places..places + places / 8).contains(&capacity),
            "{capacity} {quotas:?}"
        );
        for number in 0..3_000 {
            let _ = store.take_now(key(number), &quotas, 1).unwrap();
        }
        assert_eq!(store.capacity(), capacity);
    }
}
