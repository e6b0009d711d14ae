//! Units of cost.
use std::fmt;

/// A number of units, divided out when somebody asks: most requests are not told.
#[derive(Clone, Copy)]
pub(crate) struct Units {
    room: u64,
    interval: u64,
}

impl Units {
    /// That many.
    pub(crate) const fn new(units: u32) -> Self {
        Self {
            room: widen(units),
            interval: 1,
        }
    }

    /// As many intervals as fit into the room.
    #[inline]
    pub(crate) const fn of_room(room: u64, interval: u64) -> Self {
        Self { room, interval }
    }

    /// How many.
    pub(crate) const fn get(self) -> u32 {
        match self.room.checked_div(self.interval) {
            Some(units) => narrow(units),
            None => 0,
        }
    }
}

#[expect(clippy::as_conversions, reason = "widening, in a const fn")]
const fn widen(units: u32) -> u64 {
    units as u64
}

/// Saturates.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "compared before, in a const fn"
)]
const fn narrow(units: u64) -> u32 {
    if units < widen(u32::MAX) {
        units as u32
    } else {
        u32::MAX
    }
}

impl PartialEq for Units {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Eq for Units {}

impl fmt::Debug for Units {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}
