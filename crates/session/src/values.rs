//! The values of a session, as they are stored.
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// The most values of one session. Without it one byte after another would fill memory with what surrounds them.
pub(crate) const MAX_VALUES: usize = 256;

/// The values of a session by name, each as JSON; 256 at most. Clones share the bytes.
#[derive(Clone, Default, PartialEq, Eq)]
// A sorted list: it is read far more often than it is changed, and is searched faster than a tree of so few.
pub struct Values(Vec<(Arc<str>, Arc<[u8]>)>);

impl Values {
    /// No values.
    pub const EMPTY: Self = Self(Vec::new());

    /// The JSON of one value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let (_, value) = self.0.get(self.place(name).ok()?)?;
        Some(value)
    }

    /// Names and values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes of all names and values.
    #[must_use]
    pub fn size(&self) -> usize {
        weigh(self.iter()).1
    }

    /// The values with `changes` made.
    ///
    /// # Errors
    /// [`TooLarge`] where the result is larger than the changes allow and larger than before, in bytes or in number.
    pub fn changed(&self, changes: &Changes) -> Result<Self, TooLarge> {
        self.fits(changes)?;
        let mut values = self.clone();
        for (name, value) in &changes.values {
            match value {
                Some(value) => values.put(Arc::clone(name), Arc::clone(value)),
                None => values.0.retain(|(known, _)| known != name),
            }
        }
        Ok(values)
    }

    /// As a store has them; of two with one name the last stays.
    #[cfg(feature = "redis")]
    pub(crate) fn from_pairs(pairs: Vec<(Arc<str>, Arc<[u8]>)>) -> Self {
        let mut values = Self::EMPTY;
        for (name, value) in pairs {
            values.put(name, value);
        }
        values
    }

    fn put(&mut self, name: Arc<str>, value: Arc<[u8]>) {
        match self.place(&name) {
            Ok(at) => {
                if let Some(pair) = self.0.get_mut(at) {
                    pair.1 = value;
                }
            }
            Err(at) => self.0.insert(at, (name, value)),
        }
    }

    /// Where the name is, or where it belongs.
    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.as_ref().cmp(name))
    }

    /// Whether the changes keep to their limit.
    pub(crate) fn fits(&self, changes: &Changes) -> Result<(), TooLarge> {
        let kept = self
            .iter()
            .filter(|(name, _)| !changes.values.contains_key(*name));
        let set = changes.iter().filter_map(|(name, value)| Some((name, value?)));
        let (number, bytes) = weigh(kept.chain(set));
        let too_many = number > MAX_VALUES && number > self.len();
        // What is too large already may still shrink: lowering the limit must not lock a session's values.
        if too_many || (bytes > changes.max_bytes && bytes > self.size()) {
            return Err(TooLarge);
        }
        Ok(())
    }
}

/// The number of the pairs, and their bytes.
fn weigh<'a>(pairs: impl Iterator<Item = (&'a str, &'a [u8])>) -> (usize, usize) {
    pairs.fold((0, 0), |(number, bytes), (name, value)| {
        let pair = name.len().saturating_add(value.len());
        (number.saturating_add(1), bytes.saturating_add(pair))
    })
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Values").field(&self.len()).finish()
    }
}

/// Changes of a session's values, made together or not at all.
#[derive(Clone, PartialEq, Eq)]
pub struct Changes {
    values: BTreeMap<Arc<str>, Option<Arc<[u8]>>>,
    expected: Option<u64>,
    max_bytes: usize,
}

impl Changes {
    /// No changes yet, of values that may have `max_bytes` together.
    #[must_use]
    pub const fn new(max_bytes: usize) -> Self {
        Self {
            values: BTreeMap::new(),
            expected: None,
            max_bytes,
        }
    }

    /// Sets a value, given as JSON.
    #[must_use]
    pub fn set(mut self, name: &str, json: &[u8]) -> Self {
        self.put(name, Some(json.into()));
        self
    }

    /// Removes a value.
    #[must_use]
    pub fn remove(mut self, name: &str) -> Self {
        self.put(name, None);
        self
    }

    /// Makes the changes only if the record still has this version.
    #[must_use]
    pub const fn only_if(mut self, version: u64) -> Self {
        self.expected = Some(version);
        self
    }

    /// The version that the record must have; `None` where any will do.
    #[must_use]
    pub const fn expected(&self) -> Option<u64> {
        self.expected
    }

    /// Names with what becomes of their values: new JSON, or removal.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&[u8]>)> {
        self.values
            .iter()
            .map(|(name, value)| (name.as_ref(), value.as_deref()))
    }

    /// The bytes that all names and values may have together.
    #[must_use]
    pub const fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// Whether nothing would change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Option<Arc<[u8]>>> {
        self.values.get(name)
    }

    pub(crate) fn put(&mut self, name: &str, value: Option<Arc<[u8]>>) {
        self.values.insert(name.into(), value);
    }

    pub(crate) fn forget(&mut self, name: &str) {
        self.values.remove(name);
    }

    /// Drops the changes that were made, and keeps those that came later.
    pub(crate) fn settle(&mut self, made: &Self) {
        self.values
            .retain(|name, value| made.values.get(name) != Some(value));
    }

    pub(crate) fn clear(&mut self) {
        self.values.clear();
    }
}

impl fmt::Debug for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Changes").field(&self.values.len()).finish()
    }
}

/// More bytes or values than a session may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session's values are too large")]
#[non_exhaustive]
pub struct TooLarge;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_made_together_or_not_at_all() {
        let values = Values::default()
            .changed(&Changes::new(10).set("a", b"1").set("b", b"2"))
            .unwrap();
        assert_eq!(values.size(), 4);
        let swapped = values
            .changed(&Changes::new(10).remove("a").set("c", b"1234567"))
            .unwrap();
        assert_eq!((swapped.get("a"), swapped.size()), (None, 10));
        assert_eq!(
            values.changed(&Changes::new(10).remove("a").set("c", b"12345678")),
            Err(TooLarge)
        );
    }

    #[test]
    fn values_above_a_lowered_limit_can_still_shrink() {
        let values = Values::default()
            .changed(&Changes::new(20).set("a", b"123456789"))
            .unwrap();
        assert!(values.changed(&Changes::new(5).set("a", b"12345678")).is_ok());
        assert_eq!(
            values.changed(&Changes::new(5).set("a", b"1234567890")),
            Err(TooLarge)
        );
    }

    #[test]
    fn no_value_is_printed() {
        let changes = Changes::new(99).set("card", b"\"4111\"");
        let values = Values::default().changed(&changes).unwrap();
        assert_eq!(format!("{changes:?} {values:?}"), "Changes(1) Values(1)");
    }
}
