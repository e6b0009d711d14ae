//! Several quotas of one key, under contention.
use super::*;
use crate::sliding::nanos;

/// What each window has left, asked one by one.
fn left_in_each(store: &MemoryStore<FakeClock>, quotas: &Quotas, number: u64) -> Vec<u32> {
    let now = Now::by(&store.clock);
    let left = |(window, quota)| {
        let window: &Window = window;
        let call = Call {
            key: key(number),
            quota,
            cost: 1,
            now,
        };
        let taken = window.peek(&call).unwrap();
        taken.remaining() + u32::from(taken.kind() == TakenKind::Admitted)
    };
    store.windows.pairs(quotas).map(left).collect()
}

/// Of each kind, so that each refuses sometimes and each has charges taken back.
fn three(order: usize) -> Quotas {
    let day = Duration::from_secs(86_400);
    let mut all = [
        Quota::new(n(40), day).unwrap(),
        Quota::strict(n(40), day).unwrap(),
        Quota::exact(n(16), day).unwrap(),
    ];
    all.rotate_left(order);
    let [first, second, third] = all;
    Quotas::of(first).and(second).unwrap().and(third).unwrap()
}

fn open(quotas: Quotas) -> (MemoryStore<FakeClock>, FakeClock) {
    let clock = FakeClock::new();
    let store = MemoryStore::sized(quotas, 1 << 20).unwrap();
    (store.with_clock(clock.clone()), clock)
}

#[test]
fn threads_charge_all_windows_or_none() {
    const THREADS: usize = 4;
    for order in 0..3 {
        let quotas = three(order);
        let (store, _clock) = open(quotas);
        let barrier = Barrier::new(THREADS);
        let one = |thread: usize| -> Vec<u64> {
            let keys = 0..300_u64;
            keys.map(|number| {
                barrier.wait();
                let cost = |turn: usize| 1 + u64::try_from((turn + thread) % 3).unwrap();
                let costs = (0..12).map(cost);
                let admits = |cost: &u64| {
                    store.take_now(key(number), &quotas, *cost).unwrap().kind() == TakenKind::Admitted
                };
                costs.filter(admits).sum::<u64>()
            })
            .collect()
        };
        let all: Vec<Vec<u64>> = thread::scope(|scope| {
            let running: Vec<_> = (0..THREADS)
                .map(|thread| scope.spawn(move || one(thread)))
                .collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for number in 0..300_u64 {
            let place = usize::try_from(number).unwrap();
            let used: u64 = all.iter().map(|keys| keys[place]).sum();
            let used = u32::try_from(used).unwrap();
            assert!(used <= 16, "{used}");
            let want: Vec<_> = quotas
                .as_slice()
                .iter()
                .map(|quota| quota.max_burst().get() - used)
                .collect();
            assert_eq!(
                left_in_each(&store, &quotas, number),
                want,
                "key {number}, order {order}"
            );
        }
    }
}

#[test]
fn no_window_of_several_sees_more_than_its_quota_while_the_clock_moves() {
    const THREADS: usize = 4;
    let quick = Quota::per_second(n(10)).burst(n(7));
    let quotas = Quotas::of(quick)
        .and(Quota::exact(n(12), Duration::from_secs(3)).unwrap())
        .unwrap();
    let (store, clock) = open(quotas);
    let barrier = Barrier::new(THREADS);
    let steps: Vec<u64> = (0..800_u64).map(|step| step * 7_919 % 400).collect();
    let one = |thread: usize| -> Vec<u32> {
        let step = |millis: &u64| {
            barrier.wait();
            if thread == 0 {
                clock.advance(Duration::from_millis(*millis));
            }
            barrier.wait();
            let admits = || store.take_now(key(1), &quotas, 1).unwrap().kind() == TakenKind::Admitted;
            (0..5).map(|_| u32::from(admits())).sum()
        };
        steps.iter().map(step).collect()
    };
    let all: Vec<Vec<u32>> = thread::scope(|scope| {
        let running: Vec<_> = (0..THREADS)
            .map(|thread| scope.spawn(move || one(thread)))
            .collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (mut now, mut paid_at, mut log) = (0_u64, 0_u64, Vec::new());
    for (round, millis) in steps.iter().enumerate() {
        now += millis;
        let admitted: u32 = all.iter().map(|rounds| rounds[round]).sum();
        paid_at = paid_at.max(now) + u64::from(admitted) * 100;
        assert!(paid_at - now <= 700, "round {round}: {} ms ahead", paid_at - now);
        log.extend((0..admitted).map(|_| now));
        let live = log.iter().filter(|at| now - **at < 3_000).count();
        assert!(live <= 12, "round {round}: {live} in three seconds");
    }
    assert!(
        u64::try_from(log.len()).unwrap() * 250 >= now / 2,
        "and it lets through what it should: {}",
        log.len()
    );
}

/// A clock that moves on by itself between two looks at it: as if the thread had been stopped each time.
#[derive(Clone, Debug)]
struct Slow(FakeClock);

impl Clock for Slow {
    fn now(&self) -> palisade_core::Timestamp {
        self.0.now()
    }

    fn monotonic(&self) -> Duration {
        let now = self.0.monotonic();
        self.0.advance(Duration::from_millis(500));
        now
    }
}

/// What was charged at one time and is undone at a later one is given back less what time has paid.
#[test]
fn a_thread_that_was_stopped_gives_back_no_more_than_is_owed() {
    let (paced, exact) = (
        Quota::per_second(n(1)).burst(n(4)),
        Quota::exact(n(4), Duration::from_secs(60)).unwrap(),
    );
    let quotas = Quotas::of(paced).and(exact).unwrap();
    let (store, clock) = open(quotas);
    let admitted =
        (0..4).filter(|_| store.take_now(key(1), &quotas, 1).unwrap().kind() == TakenKind::Admitted);
    assert_eq!(admitted.count(), 4);
    let store = store.with_clock(Slow(clock.clone()));
    clock.advance(Duration::from_secs(2));
    let call = |cost| Call {
        key: key(1),
        quota: &paced,
        cost,
        now: Now::by(&clock),
    };
    let owed =
        |store: &MemoryStore<Slow>| nanos(store.windows.first.peek(&call(4)).unwrap().retry_after().unwrap());
    assert_eq!(owed(&store), 2_000_000_000);
    for _ in 0..3 {
        let before = owed(&store);
        let taken = store.take_now(key(1), &quotas, 1).unwrap();
        assert_eq!((taken.kind(), taken.quota()), (TakenKind::Refused, 1));
        // Two looks at the clock are a second: half a second of it passed before the charge was taken back.
        assert!(
            owed(&store) + 1_000_000_000 >= before,
            "time pays a second a second, an undone charge nothing"
        );
        clock.advance(Duration::from_millis(1));
    }
}
