//! How often there was no room.
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the attempts of new keys that met nothing that may be forgotten. In a cache line of its own, apart from what every
/// request reads.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(super) struct Crowd(AtomicU64);

impl Crowd {
    #[cold]
    pub(super) fn met(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn size(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
