//! Columns of values: as they are, or packed into as few bytes as their range needs.

mod bits;
mod encoded;
mod gathered;
mod long;
mod packed;
mod pairs;
mod part;
mod segment;
mod slab;
mod store;
mod texts;

pub use bits::Bits;
pub use encoded::{read_back, write_down};
pub use gathered::Gathered;
pub use long::{BLOCK, Entry, Long, LongOf, Recent};
pub use packed::{Meaning, Packed};
pub use pairs::{Pairs, PairsOf, Sorter};
pub use part::{Held, Part};
pub use segment::{Filling, SEGMENT, Segment};
pub use slab::{Placed, Room, Sealed, Slabs, Spare, Stay};
pub use store::Store;
pub use texts::{Looked, Texts, append};

use super::Value;
use std::sync::Arc;

/// One value for each row; none where a row has no value at all, as where its rule failed.
#[derive(Clone, Debug)]
pub enum Cells {
    /// Each as it is.
    Each(Vec<Option<Value>>),
    /// Packed.
    Packed(Arc<Packed>),
}

impl Default for Cells {
    fn default() -> Self {
        Self::Each(Vec::new())
    }
}

impl Cells {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Each(values) => values.len(),
            Self::Packed(packed) => packed.len(),
        }
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where segments go that memory has no room for.
    #[must_use]
    pub fn store(&self) -> Option<&Arc<dyn Store>> {
        match self {
            Self::Each(_) => None,
            Self::Packed(packed) => packed.store(),
        }
    }

    /// A row's value; none where there is no such row, or where it has none.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<Value> {
        match self {
            Self::Each(values) => values.get(row).cloned().flatten(),
            Self::Packed(packed) => packed.get(row),
        }
    }

    /// Puts a value in place of a row's.
    pub fn set(&mut self, row: usize, value: Option<Value>) {
        match self {
            Self::Each(values) => {
                if let Some(place) = values.get_mut(row) {
                    *place = value;
                }
            }
            Self::Packed(packed) => Arc::make_mut(packed).set(row, value),
        }
    }

    /// Adds a row.
    pub fn push(&mut self, value: Option<Value>) {
        match self {
            Self::Each(values) => values.push(value),
            Self::Packed(packed) => {
                let mut values: Vec<Option<Value>> = (0..packed.len()).map(|row| packed.get(row)).collect();
                values.push(value);
                *self = Self::Each(values);
            }
        }
    }

    /// Every row's value in order.
    pub fn iter(&self) -> impl Iterator<Item = Option<Value>> + '_ {
        (0..self.len()).map(|row| self.get(row))
    }
}

impl FromIterator<Value> for Cells {
    fn from_iter<T: IntoIterator<Item = Value>>(values: T) -> Self {
        Self::Each(values.into_iter().map(Some).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Store;
    use std::sync::{Arc, Mutex};

    /// Puts everything away, into memory all the same.
    #[derive(Debug, Default)]
    struct Shelf(Mutex<Vec<u8>>);

    impl Store for Shelf {
        fn keeps(&self, _: usize) -> bool {
            false
        }

        fn put(&self, bytes: &[u8]) -> Option<u64> {
            let mut shelf = self.0.lock().unwrap();
            let at = shelf.len();
            shelf.extend_from_slice(bytes);
            Some(at as u64)
        }

        fn read(&self, at: u64, out: &mut [u8]) -> bool {
            let at = usize::try_from(at).unwrap();
            out.copy_from_slice(&self.0.lock().unwrap()[at..at + out.len()]);
            true
        }

        fn share(&self) -> usize {
            0
        }

        fn rows(&self) -> usize {
            128
        }
    }

    pub fn shelf() -> Arc<dyn Store> {
        Arc::new(Shelf::default())
    }
}
