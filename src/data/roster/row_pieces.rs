//! What is wrong with a table, of another format than CSV, that memory has no room for: it is read some
//! rows at a time.

use super::pieces::{Keys, told};
use super::{Around, Layout, Part, assembled, is_plain};
use crate::data::rows::{each_row, top_of};
use crate::data::{ExtraColumns, Place, Raw, RawKind, Source, take_extras, validate_piece};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::eval::{Choices, TableData};
use crate::ir::Program;
use crate::limits::Limits;
use crate::value::Store;
use std::sync::Arc;

/// Bytes that a value with its place takes, about.
const BYTES_OF_VALUE: usize = 16;

/// The faults of a table's own rows; none where it has none. `others` are the rest of the data.
#[must_use]
pub fn faults_of_rows(
    program: &Program,
    table: usize,
    source: &Source,
    others: &Raw,
    (extra, store): (ExtraColumns, Option<&Arc<dyn Store>>),
    (choices, limits): (&Choices, &Limits),
) -> Diagnostics {
    let Some(info) = program.tables.get(table) else { return Diagnostics::new() };
    let fields: Vec<Arc<str>> = info.fields.iter().map(|f| Arc::clone(&f.name.value)).collect();
    let known = if extra == ExtraColumns::Keep { &[][..] } else { &fields };
    let most = (limits.table_bytes / BYTES_OF_VALUE).max(1);
    let mut faults = Diagnostics::new();
    let mut keys = Keys::new(store);
    let (mut rows, mut values, mut before) = (Vec::new(), 0_usize, 0_usize);
    let mut look = |rows: &mut Vec<Raw>, before: usize| {
        let place = top_of(source);
        if let Some(data) = columns(program, table, rows, &place, extra) {
            keys.add(program, table, &data, before);
        }
        let rows = Raw { kind: RawKind::List(std::mem::take(rows)), place };
        let mut document = others.clone();
        if let RawKind::Map(entries) = &mut document.kind {
            entries.push((Arc::clone(&info.name.value), rows));
        }
        if let Err(found) = take_extras(program, &mut document, extra) {
            faults.extend(found);
        } else {
            let found = validate_piece(program, &document, (table, before), choices, limits);
            let own = |d: &Diagnostic| {
                d.subject.as_ref().is_some_and(|s| s.table.as_deref() == Some(&*info.name.value))
            };
            faults.extend(found.into_iter().filter(own));
        }
        faults.len() < limits.faults
    };
    let read = each_row(source, known, limits, &mut |row| {
        let more = match &row.kind {
            RawKind::Map(cells) => cells.len(),
            _ => 1,
        };
        values = values.saturating_add(more);
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
    told(faults, keys, (program, table), source.shown(), limits)
}

/// Rows as columns, where they fit the plan.
fn columns(
    program: &Program,
    table: usize,
    rows: &[Raw],
    place: &Place,
    extra: ExtraColumns,
) -> Option<TableData> {
    let info = program.tables.get(table)?;
    info.fields.iter().all(is_plain).then_some(())?;
    let width = info.fields.len();
    let layout = Layout { fields: (0..width).collect(), width, extra: Vec::new() };
    let mut part = Part::new(program, info, &layout, Around::default())?;
    rows.iter().try_for_each(|row| part.add_row(program, table, row, extra))?;
    let extra = part.extra.clone();
    assembled(info, &extra, part.finish()?.into_iter(), place.clone(), None)
}
