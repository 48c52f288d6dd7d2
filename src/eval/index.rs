//! Rows of a table by key: looked up one by one, or for a whole segment of references together.

use crate::value::{Cells, Held, Meaning, Packed, Pairs, PairsOf, Segment, Value};
use indexmap::IndexMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, OnceLock};

/// Rows by key.
#[derive(Clone, Debug)]
pub enum Index {
    /// By the values of the key.
    Keys(IndexMap<Vec<Value>, u32>),
    /// By the columns of the key, found by a hash once somebody looks for a row.
    Columns(Vec<Cells>, Arc<OnceLock<Pairs>>),
}

impl Default for Index {
    fn default() -> Self {
        Self::Keys(IndexMap::new())
    }
}

/// The rows of some columns by a hash of their values.
fn key_hashes(columns: &[Cells]) -> Pairs {
    let mut hashes = PairsOf::new(columns.first().and_then(Cells::store));
    add_key_hashes(columns, 0, &mut hashes);
    hashes.finish()
}

/// Adds the rows of some columns by a hash of their values; so many stand before them.
pub fn add_key_hashes(columns: &[Cells], before: usize, hashes: &mut PairsOf) {
    let number = |row: usize| u32::try_from(row.saturating_add(before)).unwrap_or(u32::MAX);
    if let [Cells::Packed(column)] = columns {
        for (segment, start) in column.segments().zip(column.starts()) {
            for row in 0..segment.len() {
                let hash = hash_in(column, &segment, row).unwrap_or_else(|| key_hash([&Value::Absent]));
                hashes.push((hash, number(start.saturating_add(row))));
            }
        }
        return;
    }
    let rows = columns.first().map_or(0, Cells::len);
    for row in 0..rows {
        let values: Vec<Value> = columns.iter().map(|c| c.get(row).unwrap_or_default()).collect();
        hashes.push((key_hash(&values), number(row)));
    }
}

/// A hash of a key's values, the same in every run.
#[must_use]
pub fn key_hash<'v>(values: impl IntoIterator<Item = &'v Value>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for value in values {
        match value {
            Value::Text(text) => add_text(text.as_bytes(), &mut hasher),
            value => value.hash(&mut hasher),
        }
    }
    hasher.finish()
}

/// A text with its end, so that no two rows of texts are alike where they are not.
fn add_text(text: &[u8], hasher: &mut DefaultHasher) {
    hasher.write(text);
    hasher.write_u8(u8::MAX);
}

/// The text of a row of a segment, where it is one.
fn text_in<'s>(column: &Packed, segment: &'s Segment, row: usize) -> Option<&'s [u8]> {
    let is_text = *column.meaning() == Meaning::Text && segment.odd_at(row).is_none();
    let is_there = is_text && !segment.absent().is_some_and(|absent| absent.get(row));
    if is_there { segment.text_bytes(row) } else { None }
}

/// The hash of a key that is the value of a row of a segment; none where the row has none.
fn hash_in(column: &Packed, segment: &Segment, row: usize) -> Option<u64> {
    if let Some(text) = text_in(column, segment, row) {
        let mut hasher = DefaultHasher::new();
        add_text(text, &mut hasher);
        return Some(hasher.finish());
    }
    let value = column.value_of(segment, row).filter(|value| *value != Value::Absent)?;
    Some(key_hash([&value]))
}

impl Index {
    /// An index with room for so many rows.
    #[must_use]
    pub fn with_capacity(rows: usize) -> Self {
        Self::Keys(IndexMap::with_capacity(rows))
    }

    /// An index of a table whose keys are known not to repeat.
    #[must_use]
    pub fn of_columns(key: Vec<Cells>) -> Self {
        Self::Columns(key, Arc::default())
    }

    /// The row with this key.
    #[must_use]
    pub fn row(&self, key: &[Value]) -> Option<u32> {
        match self {
            Self::Keys(rows) => rows.get(key).copied(),
            Self::Columns(columns, hashes) => {
                let hashes = hashes.get_or_init(|| key_hashes(columns));
                let fits = |row: u32| {
                    columns.len() == key.len()
                        && columns.iter().zip(key).all(|(c, k)| c.get(row as usize).as_ref() == Some(k))
                };
                hashes.find(key_hash(key), fits)
            }
        }
    }

    /// The row that each row of a segment names by its key; none where it names none, or no row that is there.
    #[must_use]
    pub fn rows_named(&self, column: &Packed, segment: &Segment) -> Vec<Option<u32>> {
        let keys = match self {
            Self::Columns(columns, hashes) => match columns.as_slice() {
                [Cells::Packed(keys)] => Some((keys, hashes.get_or_init(|| key_hashes(columns)))),
                _ => None,
            },
            Self::Keys(_) => None,
        };
        if let Some((keys, hashes)) = keys {
            return named_by_hash((keys, hashes), column, segment);
        }
        let mut last: Option<(Value, Option<u32>)> = None;
        let one = |row| {
            let value = column.value_of(segment, row).filter(|value| *value != Value::Absent)?;
            if let Some((_, row)) = last.as_ref().filter(|(of, _)| *of == value) {
                return *row;
            }
            let found = self.row(std::slice::from_ref(&value));
            last = Some((value, found));
            found
        };
        (0..segment.len()).map(one).collect()
    }

    /// The rows of keys in columns, each with the hash of its key: rows of one hash stand together, in order. Rows
    /// that have no value are left out; it ends where `each` answers no.
    pub fn each_hashed(&self, mut each: impl FnMut(u64, u32) -> bool) {
        if let Self::Columns(columns, hashes) = self {
            let absent = key_hash(&vec![Value::Absent; columns.len()]);
            hashes
                .get_or_init(|| key_hashes(columns))
                .in_order(|hash, row| hash == absent || each(hash, row));
        }
    }

    /// Adds a row; the first with a key keeps it.
    pub fn add(&mut self, key: Vec<Value>, row: u32) {
        if let Self::Keys(rows) = self {
            rows.entry(key).or_insert(row);
        }
    }

    /// The first fields of keys, in the order of the rows.
    pub fn firsts(&self) -> Box<dyn Iterator<Item = Value> + '_> {
        match self {
            Self::Keys(rows) => Box::new(rows.keys().filter_map(|k| k.first().cloned())),
            Self::Columns(columns, _) => Box::new(columns.iter().take(1).flat_map(|c| c.iter().flatten())),
        }
    }
}

/// For each value of a column the first row that has it.
pub struct Firsts<'c> {
    column: &'c Packed,
    hashes: Pairs,
}

impl<'c> Firsts<'c> {
    /// Of rows that share a hash the first is known alone: others that hold something else are not found.
    #[must_use]
    pub fn of(column: &'c Packed) -> Self {
        let mut all = PairsOf::new(column.store());
        for (segment, start) in column.segments().zip(column.starts()) {
            for row in 0..segment.len() {
                if let Some(hash) = hash_in(column, &segment, row) {
                    all.push((hash, u32::try_from(start.saturating_add(row)).unwrap_or(u32::MAX)));
                }
            }
        }
        let mut firsts = PairsOf::new(column.store());
        let mut last = None;
        all.finish().in_order(|hash, row| {
            if last.replace(hash) != Some(hash) {
                firsts.push((hash, row));
            }
            true
        });
        Self { column, hashes: firsts.finish() }
    }

    /// The first row with the value of each row of a segment of the same or of another column; none where that
    /// is absent, or no row is known to have it.
    #[must_use]
    pub fn rows(&self, column: &Packed, segment: &Segment) -> Vec<Option<u32>> {
        named_by_hash((self.column, &self.hashes), column, segment)
    }
}

/// As [`Index::rows_named`], by the hashes of a column of keys. Hashes and then keys are gone through in
/// their order, so that what is put away is read once for all rows of the segment.
fn named_by_hash((keys, hashes): (&Packed, &Pairs), column: &Packed, segment: &Segment) -> Vec<Option<u32>> {
    let mut wanted: Vec<(u64, u32)> = (0_u32..)
        .zip(0..segment.len())
        .filter_map(|(number, row)| Some((hash_in(column, segment, row)?, number)))
        .collect();
    wanted.sort_unstable();
    let mut candidates: Vec<(u32, u32)> = Vec::with_capacity(wanted.len());
    hashes.find_each(&wanted, |key, row| candidates.push((key, row)));
    candidates.sort_unstable();
    let mut found = vec![None; segment.len()];
    let mut at: Option<(usize, Held<'_>)> = None;
    for (key, row) in candidates {
        let Some((index, place)) = keys.place(key as usize) else { continue };
        if at.as_ref().is_none_or(|(of, _)| *of != index) {
            at = keys.parts().get(index).map(|part| (index, part.segment()));
        }
        let Some((_, own)) = &at else { continue };
        let row = row as usize;
        let is_same = match (text_in(keys, own, place), text_in(column, segment, row)) {
            (Some(key), Some(text)) => key == text,
            _ => keys.value_of(own, place) == column.value_of(segment, row),
        };
        // Where keys repeat, the first counts.
        if let Some(found) = found.get_mut(row).filter(|found| is_same && found.is_none()) {
            *found = Some(key);
        }
    }
    found
}
