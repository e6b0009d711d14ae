//! What the slots of a line are made of.
pub(super) use std::hint::spin_loop;
pub(super) use std::sync::atomic::{AtomicU64, Ordering};
pub(super) use std::thread::yield_now;

/// How many keys have a place in a line.
pub(super) const SLOTS: usize = 7;
