//! What refunds leave of the bound.
use super::*;

#[derive(Clone, Debug)]
enum Step {
    Take(u64),
    Refund(prop::sample::Index),
    Penalize(u64),
    Pass(f64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        5 => (1_u64..4).prop_map(Step::Take),
        3 => any::<prop::sample::Index>().prop_map(Step::Refund),
        1 => (1_u64..3).prop_map(Step::Penalize),
        3 => (0.0..3.0_f64).prop_map(Step::Pass),
    ];
    proptest::collection::vec(step, 1..120)
}

/// When all of these charges, and no others, are paid: in units of `ns * rate`.
fn paid_at(charges: &[(u128, u64)], period: u128) -> u128 {
    charges.iter().fold(0, |paid_at, (at, cost)| {
        paid_at.max(*at) + u128::from(*cost) * period
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// What was admitted and not given back never runs more than a burst ahead, by exact fractions.
    #[test]
    fn what_is_not_refunded_keeps_to_the_quota(quota in quotas(), steps in steps()) {
        let (store, clock) = store(&quota, MemoryStore::MIN_BYTES);
        let (rate, period) = (u128::from(quota.rate().get()), quota.period().as_nanos());
        let allowed = u128::from(quota.max_burst().get()) * period;
        // A tick for the time that is rounded down to it, and one for the interval of each refund.
        let tick = u128::from(tick(&store).nanos(1)) * rate;
        let mut slack = tick;
        let mut charges: Vec<(u128, u64, Duration)> = Vec::new();
        for step in steps {
            match step {
                Step::Take(cost) => {
                    let taken = store.take_now(key(0), &quota.into(), cost).unwrap();
                    if taken.kind() == TakenKind::Admitted {
                        charges.push((taken.at().as_nanos() * rate, cost, taken.at()));
                        let now = taken.at().as_nanos() * rate;
                        let kept: Vec<_> = charges.iter().map(|(at, cost, _)| (*at, *cost)).collect();
                        let ahead = paid_at(&kept, period).saturating_sub(now);
                        prop_assert!(ahead <= allowed + slack, "{} ahead of {}", ahead, allowed);
                    }
                }
                Step::Refund(index) if !charges.is_empty() => {
                    let (_, cost, at) = charges.remove(index.index(charges.len()));
                    store.refund(key(0), &quota.into(), Charge::new(cost, at)).into_inner().unwrap();
                    slack += tick * u128::from(cost + 1);
                }
                Step::Refund(_) => {}
                Step::Penalize(cost) => {
                    store.penalize(key(0), &quota.into(), cost).into_inner().unwrap();
                }
                Step::Pass(intervals) => clock.advance(span(&quota, intervals)),
            }
        }
    }
}

/// An undo at the time of the charge is exact, whatever else was charged.
#[test]
fn a_charge_and_its_refund_at_once_leave_no_trace() {
    let quota = Quota::per_minute(n(7)).burst(n(50));
    let (store, clock) = store(&quota, MemoryStore::MIN_BYTES);
    for round in 0..200_u64 {
        clock.advance(Duration::from_micros(round * 997));
        let before = store.peek(key(1), &quota.into()).into_inner().unwrap();
        let taken = store.take_now(key(1), &quota.into(), round % 5).unwrap();
        if taken.kind() == TakenKind::Admitted {
            let charge = Charge::new(round % 5, taken.at());
            store.refund(key(1), &quota.into(), charge).into_inner().unwrap();
        }
        assert_eq!(store.peek(key(1), &quota.into()).into_inner().unwrap(), before);
        let _ = admits(&store, &quota, 1);
    }
}
