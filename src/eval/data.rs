//! Data that fit a plan: every field typed, references resolved.

use super::index::Index;
use crate::ir::Holder;
use crate::value::{Cells, Filling, Meaning, Packed, Part, Place, SEGMENT, Segment, Store, Value};
use std::sync::Arc;

/// The inputs of an evaluation.
#[derive(Clone, Debug, Default)]
pub struct Dataset {
    /// Records by index, the scalars first; none where one is absent as a whole.
    pub records: Vec<Option<Vec<Value>>>,
    /// Tables by index; data that differ in some share the others.
    pub tables: Vec<Arc<TableData>>,
}

/// A table's rows.
#[derive(Clone, Debug, Default)]
pub struct TableData {
    /// How many rows there are.
    pub rows: usize,
    /// Each field's values in input order.
    pub fields: Vec<Cells>,
    /// Rows by key.
    pub index: Index,
    /// Where each row stood.
    pub places: Places,
    /// Columns that the plan does not know and that results carry through.
    pub extra: Vec<Extra>,
}

/// A column that the plan does not know: text, or nothing, for each row.
#[derive(Clone, Debug)]
pub struct Extra {
    /// Its name.
    pub name: Arc<str>,
    /// Its values.
    pub cells: Cells,
}

/// Where the rows of a table stood.
#[derive(Clone, Debug)]
pub enum Places {
    /// Each place.
    Each(Vec<Place>),
    /// On lines of a file one after the other, the first on this.
    Lines(Place),
    /// On lines of a file in order, some of which are empty, or go on with the row before.
    Apart {
        /// The file.
        file: Place,
        /// The line of the first row of each segment.
        firsts: Arc<[u32]>,
        /// How far each row stands below where it would if the rows of its segment had a line each.
        beyond: Arc<Packed>,
    },
}

impl Default for Places {
    fn default() -> Self {
        Self::Each(Vec::new())
    }
}

impl Places {
    /// Where a row stood.
    #[must_use]
    pub fn of(&self, row: u32) -> Option<Place> {
        match self {
            Self::Each(places) => places.get(row as usize).cloned(),
            Self::Lines(first) => {
                let line = first.line.map(|line| line.saturating_add(row));
                Some(Place { line, ..first.clone() })
            }
            Self::Apart { file, firsts, beyond } => {
                let (segment, at) = beyond.place(row as usize)?;
                let more = beyond.parts().get(segment)?.number(at)??;
                let line = i64::from(*firsts.get(segment)?).checked_add(i64::try_from(at).ok()?)?;
                let line = u32::try_from(line.checked_add(more)?).ok();
                Some(Place { line, ..file.clone() })
            }
        }
    }
}

impl Places {
    /// The same without some of so many rows, which are in order; `starts` are the first rows of the
    /// segments of those that are left, and how many those are.
    fn without(&self, rows: &[usize], starts: &[usize], store: Option<&Arc<dyn Store>>) -> Self {
        let left = Left::new(rows);
        if let Self::Each(places) = self {
            let count = places.len().saturating_sub(rows.len());
            return Self::Each((0..count).filter_map(|row| places.get(left.row(row)).cloned()).collect());
        }
        let line = |row: usize| {
            let row = u32::try_from(left.row(row)).unwrap_or(u32::MAX);
            self.of(row).and_then(|place| place.line).unwrap_or(0)
        };
        let file = match self {
            Self::Lines(first) => first.clone(),
            Self::Apart { file, .. } => file.clone(),
            Self::Each(_) => Place::default(),
        };
        if file.line.is_none() {
            return self.clone();
        }
        let (mut firsts, mut parts) = (Vec::new(), Vec::new());
        for segment in starts.windows(2) {
            let [start, end] = *segment else { continue };
            let first = line(start);
            let beyond: Vec<i64> = (start..end)
                .zip(0_i64..)
                .map(|(row, at)| i64::from(line(row)).wrapping_sub(first.into()).wrapping_sub(at))
                .collect();
            firsts.push(first);
            parts.push(Part::stored(Segment::new(Filling::Numbers(&beyond), None, Vec::new()), store));
        }
        let beyond = Packed::of_parts(Meaning::Number { times: 1, over: 1 }, parts, store.cloned());
        Self::Apart { file, firsts: firsts.into(), beyond: Arc::new(beyond) }
    }
}

/// The rows that are left of a table without some, by their numbers in the whole.
#[derive(Clone, Copy, Debug)]
pub struct Left<'a> {
    gone: &'a [usize],
}

impl<'a> Left<'a> {
    /// Without rows of these numbers, which are in order.
    #[must_use]
    pub fn new(gone: &'a [usize]) -> Self {
        Self { gone }
    }

    /// The number in the whole of a row that is left.
    #[must_use]
    pub fn row(&self, left: usize) -> usize {
        // Before the row of each number that is gone, as many are left as that less those gone before it.
        let (mut low, mut high) = (0, self.gone.len());
        while low < high {
            let middle = low.midpoint(high);
            let before = self.gone.get(middle).map_or(usize::MAX, |row| row.saturating_sub(middle));
            if before <= left {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        left.saturating_add(low)
    }
}

impl TableData {
    /// The table without some rows, which are in order.
    #[must_use]
    pub fn without(&self, rows: &[usize]) -> Self {
        let cells = |cells: &Cells| match cells {
            Cells::Packed(packed) => Cells::Packed(Arc::new(packed.without(rows))),
            Cells::Each(values) => {
                let left = Left::new(rows);
                let count = values.len().saturating_sub(rows.len());
                Cells::Each((0..count).map(|row| values.get(left.row(row)).cloned().flatten()).collect())
            }
        };
        let fields: Vec<Cells> = self.fields.iter().map(cells).collect();
        let extra = self.extra.iter().map(|e| Extra { name: Arc::clone(&e.name), cells: cells(&e.cells) });
        // A column of the key is most often a field's own.
        let of_key = |column: &Cells| {
            let same = |field: &&Cells| match (field, column) {
                (Cells::Packed(field), Cells::Packed(column)) => Arc::ptr_eq(field, column),
                _ => false,
            };
            let own = self.fields.iter().position(|field| same(&field));
            own.and_then(|own| fields.get(own)).cloned().unwrap_or_else(|| cells(column))
        };
        let index = match &self.index {
            Index::Columns(columns, _) => Index::of_columns(columns.iter().map(of_key).collect()),
            Index::Keys(keys) => {
                let left = keys.iter().filter_map(|(key, row)| {
                    let before = rows.binary_search(&(*row as usize)).err()?;
                    Some((key.clone(), row.saturating_sub(u32::try_from(before).ok()?)))
                });
                Index::Keys(left.collect())
            }
        };
        let mut data = Self {
            rows: self.rows.saturating_sub(rows.len()),
            fields,
            index,
            places: Places::default(),
            extra: extra.collect(),
        };
        data.places = self.places.without(rows, &data.starts(), self.store());
        data
    }

    /// A table of rows, each with so many fields in the order declared.
    #[must_use]
    pub fn of_rows(rows: Vec<Vec<Value>>, fields: usize, places: Vec<Place>) -> Self {
        let count = rows.len();
        let mut columns: Vec<Vec<Option<Value>>> = (0..fields).map(|_| Vec::with_capacity(count)).collect();
        for row in rows {
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(Some(value));
            }
        }
        Self {
            rows: count,
            fields: columns.into_iter().map(Cells::Each).collect(),
            index: Index::default(),
            places: Places::Each(places),
            extra: Vec::new(),
        }
    }

    /// A field of a row.
    #[must_use]
    pub fn cell(&self, row: usize, field: usize) -> Option<Value> {
        self.fields.get(field)?.get(row)
    }

    /// The first row of each segment, and the number of rows at the end.
    #[must_use]
    pub fn starts(&self) -> Arc<[usize]> {
        let packed = self.fields.iter().find_map(|f| match f {
            Cells::Packed(packed) => Some(packed.starts().into()),
            Cells::Each(_) => None,
        });
        packed.unwrap_or_else(|| (0..self.rows).step_by(SEGMENT).chain([self.rows]).collect())
    }

    /// Where segments of the table go that memory has no room for.
    #[must_use]
    pub fn store(&self) -> Option<&Arc<dyn Store>> {
        self.fields.iter().find_map(Cells::store)
    }
}

impl Dataset {
    /// A field of a record.
    #[must_use]
    pub fn field(&self, record: usize, field: usize) -> Option<&Value> {
        self.records.get(record)?.as_ref()?.get(field)
    }

    /// A field of a row.
    #[must_use]
    pub fn cell(&self, table: usize, row: u32, field: usize) -> Option<Value> {
        self.tables.get(table)?.cell(row as usize, field)
    }

    /// The row of a table with this key.
    #[must_use]
    pub fn find(&self, table: usize, key: &[Value]) -> Option<u32> {
        self.tables.get(table)?.index.row(key)
    }

    /// Where a row stood.
    #[must_use]
    pub fn place(&self, table: usize, row: u32) -> Option<Place> {
        self.tables.get(table)?.places.of(row)
    }

    /// A field's value, of a record or of a table's row.
    #[must_use]
    pub fn value(&self, holder: Holder, row: usize, field: usize) -> Option<Value> {
        match holder {
            Holder::Record(record) => self.field(record, field).cloned(),
            Holder::Table(table) => self.tables.get(table)?.cell(row, field),
        }
    }

    /// The same data with one row of a table as its only one.
    #[must_use]
    pub fn with_only(&self, table: usize, row: u32) -> Self {
        let mut alone = self.clone();
        if let Some(of) = alone.tables.get_mut(table) {
            let values = of.fields.iter().map(|f| f.get(row as usize).unwrap_or_default()).collect();
            let place = of.places.of(row).unwrap_or_default();
            *of = Arc::new(TableData::of_rows(vec![values], of.fields.len(), vec![place]));
        }
        alone
    }

    /// Puts a value in place of a field's, of a record or of a table's row.
    pub fn set_value(&mut self, holder: Holder, row: usize, field: usize, value: Value) {
        match holder {
            Holder::Record(record) => {
                let fields = self.records.get_mut(record).and_then(Option::as_mut);
                if let Some(slot) = fields.and_then(|f| f.get_mut(field)) {
                    *slot = value;
                }
            }
            Holder::Table(table) => {
                let table = self.tables.get_mut(table).map(Arc::make_mut);
                if let Some(cells) = table.and_then(|t| t.fields.get_mut(field)) {
                    cells.set(row, Some(value));
                }
            }
        }
    }

    /// How many rows all tables have.
    #[must_use]
    pub fn rows(&self) -> u64 {
        let rows = self.tables.iter().map(|t| u64::try_from(t.rows).unwrap_or(u64::MAX));
        rows.fold(0, u64::saturating_add)
    }

    /// How many rows a table has.
    #[must_use]
    pub fn len_of(&self, table: usize) -> usize {
        self.tables.get(table).map_or(0, |t| t.rows)
    }
}
