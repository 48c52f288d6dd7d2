//! Arrow files and Parquet files: exact types as they are, binary floats refused by the column's name.

mod cells;
mod files;

use super::Raw;
use super::RawKind;
use super::contained::contained;
use super::fault::{fault, shown};
use super::rows::Each;
use super::source::Source;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Subject};
use crate::limits::Limits;
use crate::progress::Tally;
use crate::value::{Grid, Place};
use arrow_array::RecordBatch;
use arrow_schema::Schema;
use std::sync::Arc;

/// Rows made into values at a time.
const ROWS: usize = 1024;

/// Hands on every row.
pub(super) fn each_row(
    source: &Source,
    fields: &[Arc<str>],
    limits: &Limits,
    tally: &Tally,
    each: &mut Each<'_>,
) -> Result<Vec<Arc<str>>, Diagnostics> {
    let name = source.shown();
    let mut batches = files::open(source, limits, tally)?;
    let schema = batches.schema();
    check_columns(name, &schema, fields)?;
    let names: Vec<Arc<str>> = schema.fields().iter().map(|f| Arc::from(f.name().as_str())).collect();
    let file: Arc<str> = Arc::from(name);
    let grid = Arc::new(Grid::default());
    let mut before = 0_u32;
    while let Some(batch) = batches.next()? {
        let mut at = 0_usize;
        while at < batch.num_rows() {
            let length = batch.num_rows().saturating_sub(at).min(ROWS);
            let rows = contained(|| rows(&batch.slice(at, length), &names));
            let rows = rows.ok_or_else(|| files::damaged(name, "its values do not fit their columns"))?;
            for cells in rows {
                before = before.saturating_add(1);
                let place = Place::new(Arc::clone(&file), Some(before)).in_grid(&grid);
                let entry = |(name, kind)| (name, Raw { kind, place: place.clone() });
                let kind = RawKind::Map(cells.into_iter().map(entry).collect());
                if !each(Raw { kind, place: place.clone() }) {
                    return Ok(names);
                }
            }
            at = at.saturating_add(length);
        }
    }
    Ok(names)
}

/// The values of rows under the names of their columns.
fn rows(batch: &RecordBatch, names: &[Arc<str>]) -> Vec<Vec<(Arc<str>, RawKind)>> {
    let columns: Vec<_> = batch.columns().iter().map(cells::reader).collect();
    let row = |row: usize| {
        let cells = names.iter().zip(&columns);
        cells.map(|(name, value)| (Arc::clone(name), value(row))).collect()
    };
    (0..batch.num_rows()).map(row).collect()
}

/// Refuses columns that the plan reads and that have no form as data, and names given twice.
fn check_columns(name: &str, schema: &Schema, fields: &[Arc<str>]) -> Result<(), Diagnostics> {
    let mut faults = Diagnostics::new();
    for (index, column) in schema.fields().iter().enumerate() {
        let of_column = |code: Code, message: String, help: &str| {
            let field = Some(column.name().to_owned());
            let subject = Subject { file: Some(name.to_owned()), field, ..Subject::default() };
            Diagnostic::error(code, message).help(help).about(subject)
        };
        let column_name = shown(column.name());
        if schema.fields().iter().take(index).any(|earlier| earlier.name() == column.name()) {
            let message = format!("two columns are named {column_name}");
            faults.push(of_column(Code::DataGivenTwice, message, "each column has a name of its own"));
        } else if !fields.is_empty() && !fields.iter().any(|f| **f == **column.name()) {
            // What the plan does not read is refused by name, left out or carried through.
        } else if cells::is_float(column.data_type()) {
            let message =
                format!("the column {column_name} holds binary floating-point numbers, which are not exact");
            let help = "write it as decimals, such as `decimal(18, 2)`, as integers or as text";
            faults.push(of_column(Code::DataBinaryFloat, message, help));
        } else if !cells::is_read(column.data_type(), 0) {
            let kind = column.data_type();
            let message =
                format!("the column {column_name} holds values of a kind that is not read: `{kind}`");
            let help = "write it as decimals, integers, text, dates, booleans or lists of these";
            faults.push(of_column(Code::DataWrongType, message, help));
        }
    }
    if schema.fields().is_empty() {
        faults.push(
            fault(Code::DataSyntax, name, None, "the file has no columns")
                .help("check that it is the right file"),
        );
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}
