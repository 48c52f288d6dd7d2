//! Data that fit a plan: every field typed, references resolved.

use crate::value::Place;
use crate::value::Value;
use indexmap::IndexMap;

/// The inputs of an evaluation.
#[derive(Clone, Debug, Default)]
pub struct Dataset {
    /// Records by index, the scalars first; none where one is absent as a whole.
    pub records: Vec<Option<Vec<Value>>>,
    /// Tables by index.
    pub tables: Vec<TableData>,
}

/// A table's rows.
#[derive(Clone, Debug, Default)]
pub struct TableData {
    /// The rows in input order, each with its fields in the order declared.
    pub rows: Vec<Vec<Value>>,
    /// Rows by key.
    pub index: IndexMap<Vec<Value>, u32>,
    /// Where each row stood.
    pub places: Vec<Place>,
}

impl Dataset {
    /// A field of a record.
    #[must_use]
    pub fn field(&self, record: usize, field: usize) -> Option<&Value> {
        self.records.get(record)?.as_ref()?.get(field)
    }

    /// A field of a row.
    #[must_use]
    pub fn cell(&self, table: usize, row: u32, field: usize) -> Option<&Value> {
        self.tables.get(table)?.rows.get(row as usize)?.get(field)
    }

    /// How many rows a table has.
    #[must_use]
    pub fn len_of(&self, table: usize) -> usize {
        self.tables.get(table).map_or(0, |t| t.rows.len())
    }
}
