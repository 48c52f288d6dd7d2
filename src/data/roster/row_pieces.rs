//! What is wrong with a table, of another format than CSV, that memory has no room for: it is read some
//! rows at a time.

use super::pieces::{Examined, Keys, PIECE};
use super::{Around, Layout, Part, Parts, fitting, joined};
use crate::data::rows::{each_row, top_of};
use crate::data::{ExtraColumns, Raw, RawKind};
use crate::diagnostic::Diagnostics;
use crate::eval::TableData;
use crate::ir::Table;
use crate::value::{Room, Sealed};
use std::sync::Arc;

/// Bytes that a value with its place takes, about.
const BYTES_OF_VALUE: usize = 16;

/// The faults of a table's own rows; none where it has none.
#[must_use]
pub fn faults_of_rows(examined: Examined<'_>, info: &Table) -> Diagnostics {
    let Examined { source, extra, limits, .. } = examined;
    let fields: Vec<Arc<str>> = info.fields.iter().map(|f| Arc::clone(&f.name.value)).collect();
    let known = if extra == ExtraColumns::Keep { &[][..] } else { &fields };
    let most = (limits.table_bytes.min(PIECE) / BYTES_OF_VALUE).max(1);
    let mut faults = Diagnostics::new();
    let mut keys = Keys::new(examined.store);
    let (mut rows, mut values, mut before) = (Vec::new(), 0_usize, 0_usize);
    let mut look = |rows: &mut Vec<Raw>, before: usize| {
        if let Some(data) = columns(examined, info, rows) {
            keys.add(info, data, before);
        }
        let numbers: Vec<usize> = (before..).take(rows.len()).collect();
        let rows = Raw { kind: RawKind::List(std::mem::take(rows)), place: top_of(source) };
        faults.extend(examined.faults_of(rows, &numbers).0);
        faults.len() < limits.faults
    };
    let read = each_row(source, known, limits, &mut |row| {
        let given = match &row.kind {
            RawKind::Map(cells) => cells.len(),
            _ => 0,
        };
        // A row has a value of each field, and may have a fault of each, whatever it gives.
        values = values.saturating_add(given.max(info.fields.len())).saturating_add(1);
        rows.push(row);
        if values < most {
            return true;
        }
        let count = rows.len();
        let goes_on = look(&mut rows, before);
        before = before.saturating_add(count);
        values = 0;
        goes_on
    });
    if let Err(found) = read {
        return found;
    }
    if !rows.is_empty() {
        look(&mut rows, before);
    }
    examined.told(faults, keys)
}

/// Rows as columns, where they fit the plan.
fn columns(examined: Examined<'_>, info: &Table, rows: &[Raw]) -> Option<TableData> {
    let Examined { program, table, source, extra, .. } = examined;
    let layout = Layout::of_named(info)?;
    let mut part = Part::new(program, info, &layout, Around::default(), Room::default())?;
    let first = rows.first().map_or_else(|| top_of(source), |row| row.place.clone());
    rows.iter().try_for_each(|row| {
        part.stand_at(row.place.line.zip(first.line))?;
        part.add_row(program, table, row, extra)
    })?;
    let (parts, sealed) = (vec![part.finish()?], Sealed::default());
    let parts = Parts { parts, sealed, extra: Vec::new(), top: first };
    fitting(info, joined(info, parts, None)?)
}
