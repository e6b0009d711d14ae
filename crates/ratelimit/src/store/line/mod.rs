//! One cache line of a table.
mod header;
mod slots;
mod sync;

pub(super) use self::slots::{Answer, Ask, Line};

const _: () = assert!(size_of::<Line>() == Line::BYTES, "a line is one cache line");

impl Line {
    /// How many keys have a place in it.
    pub(super) const SLOTS: usize = sync::SLOTS;
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
