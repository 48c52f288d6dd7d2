//! Data that fit a plan: every field typed, references resolved.

use crate::ir::Holder;
use crate::value::{Place, Value};
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

    /// A field's value, of a record or of a table's row.
    #[must_use]
    pub fn value(&self, holder: Holder, row: usize, field: usize) -> Option<&Value> {
        match holder {
            Holder::Record(record) => self.field(record, field),
            Holder::Table(table) => self.tables.get(table)?.rows.get(row)?.get(field),
        }
    }

    /// The place of a field's value, of a record or of a table's row.
    pub fn value_mut(&mut self, holder: Holder, row: usize, field: usize) -> Option<&mut Value> {
        match holder {
            Holder::Record(record) => self.records.get_mut(record)?.as_mut()?.get_mut(field),
            Holder::Table(table) => self.tables.get_mut(table)?.rows.get_mut(row)?.get_mut(field),
        }
    }

    /// How many rows all tables have.
    #[must_use]
    pub fn rows(&self) -> u64 {
        let rows = self.tables.iter().map(|t| u64::try_from(t.rows.len()).unwrap_or(u64::MAX));
        rows.fold(0, u64::saturating_add)
    }

    /// How many rows a table has.
    #[must_use]
    pub fn len_of(&self, table: usize) -> usize {
        self.tables.get(table).map_or(0, |t| t.rows.len())
    }
}
