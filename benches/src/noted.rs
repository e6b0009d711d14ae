//! Notes how often what is timed allocates, in the program that counts; elsewhere it does nothing.
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many allocations there were so far in this program; set in the counting program only.
static COUNT: OnceLock<fn() -> usize> = OnceLock::new();
/// The allocations of what was timed since the last look.
static SEEN: AtomicUsize = AtomicUsize::new(0);

/// Runs `f` and notes how often it allocates, where that is counted at all.
pub(crate) fn noting<T>(f: impl FnOnce() -> T) -> T {
    let Some(count) = COUNT.get() else { return f() };
    let before = count();
    let output = f();
    SEEN.fetch_add(count() - before, Ordering::Relaxed);
    output
}

/// Counts from now on, with what tells the allocations of this program so far.
pub(crate) fn count_with(count: fn() -> usize) {
    COUNT.get_or_init(|| count);
}

/// The allocations noted since the last call.
pub(crate) fn take() -> usize {
    SEEN.swap(0, Ordering::Relaxed)
}
