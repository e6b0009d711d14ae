//! The default table in a flood. The benchmark does the same with ten million keys.
use super::*;

#[test]
fn two_million_fresh_keys_push_out_none_of_ten_thousand_used_up_ones() {
    const USED_UP: u64 = 10_000;
    const FRESH: u64 = 2_000_000;
    let quotas = Quotas::of(Quota::per_hour(n(5)));
    let clock = FakeClock::new();
    let store = MemoryStore::new(quotas).unwrap().with_clock(clock);
    let admits = |number| store.take_now(key(number), &quotas, 1).unwrap().kind() == TakenKind::Admitted;
    for number in 0..USED_UP {
        assert!(store.take_now(key(number), &quotas, 5).unwrap().kind() == TakenKind::Admitted);
    }
    let fresh = (0..FRESH).filter(|number| admits((1 << 40) | *number)).count();
    assert_eq!(
        (0..USED_UP).filter(|number| admits(*number)).count(),
        0,
        "none is forgotten"
    );
    let shut_out = FRESH - u64::try_from(fresh).unwrap();
    assert!(
        shut_out < FRESH / 1_000,
        "and {shut_out} fresh ones met a full line"
    );
}
