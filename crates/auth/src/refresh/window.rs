//! Which of a family's tokens may be used now: the rule that every store follows.
use std::time::Duration;

/// A moment on a store's clock, in microseconds.
pub(super) type Moment = u64;

/// What a family remembers of its tokens: two counters and two times, however many there were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// The token that was issued last.
    pub(super) counter: u32,
    /// When it was.
    rotated: Moment,
    /// The oldest token that was used for the first time within one grace after `since`.
    first: u32,
    /// When that was.
    since: Moment,
}

/// What becomes of a token that is presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is the last one issued: its successor is issued.
    Next,
    /// Its successor was issued a moment ago, and is given again.
    Again,
    /// It was used before, too long ago: it is in two hands.
    Reused,
}

impl Window {
    pub(super) const fn new(now: Moment) -> Self {
        Self {
            counter: 0,
            rotated: now,
            first: 0,
            since: now,
        }
    }

    /// Presents a token. The counter afterwards is that of the token to give.
    ///
    /// Two tokens that are older than the last are taken within the grace: its predecessor, counted from when the last was
    /// issued; and any that was first used within the window that began with `first`, counted from its beginning. So a page
    /// that refreshes from several places at once converges, and no token is taken longer than one grace after its
    /// first use.
    pub(super) fn present(&mut self, token: u32, now: Moment, grace: Duration) -> Turn {
        let grace = u64::try_from(grace.as_micros()).unwrap_or(u64::MAX);
        let within = |since: Moment| grace > 0 && now.saturating_sub(since) <= grace;
        if token == self.counter {
            let Some(next) = self.counter.checked_add(1) else {
                return Turn::Reused;
            };
            if !within(self.since) {
                (self.first, self.since) = (token, now);
            }
            (self.counter, self.rotated) = (next, now);
            return Turn::Next;
        }
        let is_predecessor = token.checked_add(1) == Some(self.counter);
        let is_in_window = token >= self.first && token < self.counter;
        if (is_predecessor && within(self.rotated)) || (is_in_window && within(self.since)) {
            return Turn::Again;
        }
        Turn::Reused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRACE: Duration = Duration::from_secs(10);
    const SECOND: Moment = 1_000_000;

    #[test]
    fn a_chain_of_uses_goes_on_for_ever() {
        let mut window = Window::new(0);
        for token in 0..1_000 {
            assert_eq!(
                window.present(token, Moment::from(token) * 900 * SECOND, GRACE),
                Turn::Next
            );
            assert_eq!(window.counter, token + 1);
        }
    }

    #[test]
    fn a_used_token_is_taken_again_within_the_grace_and_not_after() {
        let mut window = Window::new(0);
        assert_eq!(window.present(0, 900 * SECOND, GRACE), Turn::Next);
        assert_eq!(window.present(0, 910 * SECOND, GRACE), Turn::Again);
        assert_eq!(window.present(0, 910 * SECOND + 1, GRACE), Turn::Reused);
    }

    #[test]
    fn several_turns_within_one_grace_converge() {
        let mut window = Window::new(0);
        let start = 900 * SECOND;
        assert_eq!(window.present(0, start, GRACE), Turn::Next);
        assert_eq!(window.present(1, start + SECOND, GRACE), Turn::Next);
        assert_eq!(window.present(2, start + 2 * SECOND, GRACE), Turn::Next);
        assert_eq!(
            window.present(0, start + 3 * SECOND, GRACE),
            Turn::Again,
            "the slowest tab"
        );
        assert_eq!(window.counter, 3, "and is given the last");
        assert_eq!(window.present(0, start + 11 * SECOND, GRACE), Turn::Reused);
    }

    #[test]
    fn an_answer_lost_at_the_end_of_a_window_is_given_again() {
        let mut window = Window::new(0);
        assert_eq!(window.present(0, 900 * SECOND, GRACE), Turn::Next);
        assert_eq!(window.present(1, 909 * SECOND, GRACE), Turn::Next);
        assert_eq!(window.present(1, 912 * SECOND, GRACE), Turn::Again);
    }

    #[test]
    fn without_grace_every_second_use_is_reuse() {
        let mut window = Window::new(0);
        assert_eq!(window.present(0, 5, Duration::ZERO), Turn::Next);
        assert_eq!(window.present(0, 5, Duration::ZERO), Turn::Reused);
    }

    #[test]
    fn tokens_that_were_never_issued_and_the_last_number_are_reuse() {
        let mut window = Window::new(0);
        assert_eq!(window.present(1, 5, GRACE), Turn::Reused);
        assert_eq!(window.present(u32::MAX, 5, GRACE), Turn::Reused);
        window.counter = u32::MAX;
        assert_eq!(window.present(u32::MAX, 5, GRACE), Turn::Reused);
    }

    /// Whatever happens: only the last token makes a new one, and none is taken later than a grace after its first use.
    fn check(steps: Vec<(u32, u64)>) {
        let (mut window, mut now, mut first_uses) = (Window::new(0), 0_u64, Vec::<Moment>::new());
        for (back, pause) in steps {
            now = now.saturating_add(pause.saturating_mul(SECOND));
            let token = window.counter.saturating_sub(back);
            let is_last = token == window.counter;
            match window.present(token, now, GRACE) {
                Turn::Next => {
                    assert!(is_last);
                    first_uses.push(now);
                }
                Turn::Again => {
                    let first = first_uses[usize::try_from(token).unwrap()];
                    assert!(now.saturating_sub(first) <= 10 * SECOND);
                }
                Turn::Reused => assert!(!is_last),
            }
        }
    }

    #[test]
    fn no_token_is_taken_later_than_one_grace_after_its_first_use() {
        let steps = proptest::collection::vec((0_u32..6, 0_u64..8), 1..200);
        let mut runner = proptest::test_runner::TestRunner::default();
        runner
            .run(&steps, |steps| {
                check(steps);
                Ok(())
            })
            .unwrap();
    }
}
