//! What was refused lately.
use std::fmt;
use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::Duration;

use super::question::Question;
use crate::RateKey;
use crate::store::{Taken, TakenKind};

/// How long a refusal is repeated without asking: what other nodes give back or forget is seen after that.
const LONGEST: Duration = Duration::from_secs(1);
/// Refusals that are remembered at once. Two keys with one place push each other out.
const PLACES: usize = 1_024;

/// The refusals of the last second, in a table of fixed size.
///
/// A key that is over its quota and goes on asking costs the server nothing for a second or until its wait is over, whichever is
/// first. What was admitted is never remembered.
pub(super) struct Refused(Box<[Mutex<Option<Entry>>]>);

struct Entry {
    question: Question,
    taken: Taken,
    since: Duration,
}

impl Refused {
    pub(super) fn new() -> Self {
        Self((0..PLACES).map(|_| Mutex::default()).collect())
    }

    /// The refusal of the same call a moment ago, with what is left of its wait.
    pub(super) fn find(&self, question: &Question, now: Duration) -> Option<Taken> {
        let place = self.place(question.key)?;
        // Who holds it is about to change it: then the server is asked.
        let entry = match place.try_lock() {
            Ok(entry) => entry,
            Err(TryLockError::Poisoned(error)) => error.into_inner(),
            Err(TryLockError::WouldBlock) => return None,
        };
        let entry = entry.as_ref()?;
        let gone = now.checked_sub(entry.since)?;
        let left = entry.taken.retry_after()?.checked_sub(gone)?;
        let same = entry.question == *question;
        (same && gone < LONGEST && !left.is_zero()).then(|| later(&entry.taken, gone, left))
    }

    /// Remembers a refusal.
    pub(super) fn remember(&self, question: Question, taken: Taken, since: Duration) {
        let entry = Entry {
            question,
            taken,
            since,
        };
        self.put(question.key, |_| Some(entry));
    }

    /// Forgets the key's refusal, since it may not be refused any more.
    pub(super) fn forget(&self, key: RateKey) {
        self.put(key, |entry| entry.filter(|entry| entry.question.key != key));
    }

    fn put(&self, key: RateKey, change: impl FnOnce(Option<Entry>) -> Option<Entry>) {
        if let Some(place) = self.place(key) {
            let mut entry = place.lock().unwrap_or_else(PoisonError::into_inner);
            *entry = change(entry.take());
        }
    }

    fn place(&self, key: RateKey) -> Option<&Mutex<Option<Entry>>> {
        let [low, high, ..] = key.to_bytes();
        let place = usize::from(u16::from_be_bytes([low, high]));
        self.0.get(place.checked_rem(PLACES)?)
    }
}

/// The same refusal a while later.
fn later(taken: &Taken, gone: Duration, left: Duration) -> Taken {
    let at = taken.at().saturating_add(gone);
    match taken.kind() {
        TakenKind::Blocked => Taken::blocked(at, left),
        TakenKind::Refused | TakenKind::Admitted | TakenKind::NeverFits => {
            Taken::refused(at, taken.remaining(), left).by_quota(taken.quota())
        }
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused").field("places", &self.0.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;
    use crate::{Quota, Quotas};

    const fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn quotas(rate: u32) -> Quotas {
        Quota::per_minute(NonZeroU32::new(rate).unwrap()).into()
    }

    fn key(number: u64) -> RateKey {
        RateKey::of_number(number)
    }

    fn question(number: u64, rate: u32, cost: u64) -> Question {
        Question::new(key(number), &quotas(rate), cost)
    }

    fn refused(wait: Duration) -> (Refused, Taken) {
        let (table, taken) = (Refused::new(), Taken::refused(secs(100), 0, wait));
        table.remember(question(1, 1, 2), taken, secs(50));
        (table, taken)
    }

    #[test]
    fn a_refusal_is_repeated_for_a_second_with_what_is_left_of_its_wait() {
        let (table, _) = refused(secs(60));
        let found = table
            .find(&question(1, 1, 2), Duration::from_millis(50_400))
            .unwrap();
        assert_eq!(found.retry_after(), Some(Duration::from_millis(59_600)));
        assert_eq!(found.at(), Duration::from_millis(100_400));
        assert!(
            table.find(&question(1, 1, 2), secs(51)).is_none(),
            "a second later the server is asked"
        );
    }

    #[test]
    fn not_longer_than_it_lasts() {
        let (table, _) = refused(Duration::from_millis(300));
        assert!(
            table
                .find(&question(1, 1, 2), Duration::from_millis(50_299))
                .is_some()
        );
        assert!(
            table
                .find(&question(1, 1, 2), Duration::from_millis(50_300))
                .is_none()
        );
    }

    #[test]
    fn only_the_same_call_is_answered() {
        let (table, _) = refused(secs(60));
        let at = secs(50);
        assert!(table.find(&question(1, 1, 2), at).is_some());
        for other in [question(2, 1, 2), question(1, 2, 2), question(1, 1, 1)] {
            assert!(table.find(&other, at).is_none());
        }
        assert!(
            table.find(&question(1, 1, 2), secs(49)).is_none(),
            "a clock that went back answers nothing"
        );
    }

    #[test]
    fn what_was_changed_is_forgotten() {
        let (table, _) = refused(secs(60));
        table.forget(key(2));
        assert!(table.find(&question(1, 1, 2), secs(50)).is_some());
        table.forget(key(1));
        assert!(table.find(&question(1, 1, 2), secs(50)).is_none());
    }
}
