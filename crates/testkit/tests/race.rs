//! The race harness: everyone starts together, results keep their order.

#[cfg(test)]
mod race {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use palisade_testkit::race;

    /// Making a contender takes long enough that a task which did not wait would run before the last is made.
    fn seen_at_the_start(tasks: usize) -> Vec<(usize, usize)> {
        let made = Arc::new(AtomicUsize::new(0));
        race(tasks, |index| {
            (0..10_000).for_each(|_| std::thread::yield_now());
            made.fetch_add(1, Ordering::SeqCst);
            let made = Arc::clone(&made);
            async move { (index, made.load(Ordering::SeqCst)) }
        })
    }

    #[test]
    fn nobody_starts_before_everybody_is_there() {
        let expected: Vec<_> = (0..16).map(|index| (index, 16)).collect();
        assert_eq!(seen_at_the_start(16), expected);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_race_runs_inside_a_multi_thread_runtime() {
        let expected: Vec<_> = (0..16).map(|index| (index, 16)).collect();
        assert_eq!(seen_at_the_start(16), expected);
    }

    #[tokio::test]
    #[should_panic(expected = "a race needs several threads")]
    async fn a_race_in_a_single_thread_is_refused() {
        race(2, |_| async {});
    }

    #[test]
    #[should_panic(expected = "a contender failed")]
    fn a_contender_that_panics_fails_the_race() {
        race(2, |index| async move { assert_eq!(index, 0) });
    }

    #[test]
    fn check_then_act_loses_a_race() {
        let left = Arc::new(AtomicUsize::new(1));
        let won = race(100, |_| {
            let left = Arc::clone(&left);
            async move {
                let free = left.load(Ordering::SeqCst) > 0;
                tokio::task::yield_now().await;
                left.store(0, Ordering::SeqCst);
                free
            }
        });
        assert!(
            won.into_iter().filter(|won| *won).count() > 1,
            "the harness must expose this mistake"
        );
    }
}
