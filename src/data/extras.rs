//! Columns that the plan does not know: refused, left out, or carried through to the results.

use super::fault::shown;
use super::{Raw, RawKind};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Subject};
use crate::eval::Extra;
use crate::ir::{Program, Table};
use crate::value::{Cells, Place, Value};
use indexmap::IndexMap;
use std::sync::Arc;

/// What becomes of columns of tables that the plan does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExtraColumns {
    /// They are faults.
    #[default]
    Refuse,
    /// They are left out.
    Ignore,
    /// They stand in the results of their table, as they were written.
    Keep,
}

/// Takes the columns that the plan does not know out of its tables. Answers those that are kept, by table.
///
/// # Errors
///
/// A column that is kept and has the name of a conclusion.
pub fn take_extras(
    program: &Program,
    document: &mut Raw,
    mode: ExtraColumns,
) -> Result<Vec<(usize, Vec<Extra>)>, Diagnostics> {
    let RawKind::Map(entries) = &mut document.kind else { return Ok(Vec::new()) };
    let (mut kept, mut faults) = (Vec::new(), Diagnostics::new());
    if mode == ExtraColumns::Refuse {
        return Ok(kept);
    }
    for (name, value) in entries {
        let Some(table) = program.find_table(name) else { continue };
        let Some(info) = program.tables.get(table) else { continue };
        let place = value.place.clone();
        let mut columns = Columns::new();
        if let RawKind::Sheet { columns: names, rows } = &mut value.kind {
            let is_known = |name: &Arc<str>| info.fields.iter().any(|f| f.name.value == *name);
            let empty = || (place.clone(), vec![Some(Value::Absent); rows.len()]);
            columns.extend(names.iter().filter(|n| !is_known(n)).map(|n| (Arc::clone(n), empty())));
            names.retain(is_known);
        }
        let Some(rows) = value.kind.items_mut() else { continue };
        out_of(info, rows, &mut columns);
        if mode == ExtraColumns::Ignore {
            continue;
        }
        for (column, (place, _)) in &columns {
            faults.extend(clash(program, table, column, place).map(|fault| *fault));
        }
        let extras = columns.into_iter().map(|(name, (_, cells))| Extra { name, cells: Cells::Each(cells) });
        kept.push((table, extras.collect()));
    }
    if faults.is_empty() { Ok(kept) } else { Err(faults) }
}

/// Columns by name, with the place of the first value and every row's.
type Columns = IndexMap<Arc<str>, (Place, Vec<Option<Value>>)>;

fn out_of(info: &Table, rows: &mut [Raw], columns: &mut Columns) {
    let count = rows.len();
    for (row, raw) in rows.iter_mut().enumerate() {
        let RawKind::Map(cells) = &mut raw.kind else { continue };
        cells.retain(|(name, cell)| {
            if info.fields.iter().any(|f| f.name.value == *name) {
                return true;
            }
            let empty = || (cell.place.clone(), vec![Some(Value::Absent); count]);
            let (_, values) = columns.entry(Arc::clone(name)).or_insert_with(empty);
            if let Some(slot) = values.get_mut(row) {
                *slot = Some(written(cell));
            }
            false
        });
    }
}

/// Puts the columns that were taken out of a table back into one of its rows, behind its own.
pub fn put_extras(row: &mut Raw, at: usize, extras: &[Extra]) {
    let RawKind::Map(cells) = &mut row.kind else { return };
    let place = &row.place;
    cells.extend(extras.iter().map(|extra| {
        let kind = match extra.cells.get(at) {
            Some(Value::Text(text)) => RawKind::Text(text),
            _ => RawKind::Null,
        };
        (Arc::clone(&extra.name), Raw { kind, place: place.clone() })
    }));
}

/// A value as it was written, as text.
pub(super) fn written(raw: &Raw) -> Value {
    let text = match &raw.kind {
        RawKind::Null => return Value::Absent,
        RawKind::Cell(text) | RawKind::Text(text) | RawKind::Number(text) | RawKind::Date(text) => {
            Arc::clone(text)
        }
        RawKind::Float(text) => Arc::clone(text),
        RawKind::Bool(value) => Arc::from(value.to_string()),
        RawKind::List(_) | RawKind::Sheet { .. } | RawKind::Map(_) => {
            let mut text = String::new();
            put_json(raw, &mut text);
            Arc::from(text)
        }
    };
    if text.is_empty() { Value::Absent } else { Value::Text(text) }
}

/// Adds a list or a record as JSON: names in their order, numbers with the digits that they were written with.
fn put_json(raw: &Raw, out: &mut String) {
    match &raw.kind {
        RawKind::Null => out.push_str("null"),
        RawKind::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        // What no text was is a number, where it is one in JSON: TOML and binary floats have others.
        RawKind::Number(text) | RawKind::Float(text) | RawKind::Cell(text) if is_number(text) => {
            out.push_str(text);
        }
        RawKind::Number(text)
        | RawKind::Float(text)
        | RawKind::Cell(text)
        | RawKind::Text(text)
        | RawKind::Date(text) => put_text(text, out),
        RawKind::List(items) | RawKind::Sheet { rows: items, .. } => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                put_json(item, out);
            }
            out.push(']');
        }
        RawKind::Map(entries) => {
            out.push('{');
            for (index, (name, value)) in entries.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                put_text(name, out);
                out.push(':');
                put_json(value, out);
            }
            out.push('}');
        }
    }
}

fn put_text(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// Whether a text is a number in JSON.
pub(super) fn is_number(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
    let ends = text.ends_with(|c: char| c.is_ascii_digit());
    begins && ends && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// The fault of a column that has the name of a conclusion about its table.
pub(super) fn clash(program: &Program, table: usize, column: &str, place: &Place) -> Option<Box<Diagnostic>> {
    let of = program.tables.get(table).map_or("", |t| &t.name.value);
    program.rules_of(Some(table)).find(|(_, rule)| *rule.name.value == *column)?;
    let message =
        format!("{of}: the column {} has the name of a conclusion, and cannot be kept", shown(column));
    let help = "name the column otherwise, or leave columns out that the plan does not know with `--extra-columns ignore`";
    let subject = Subject { table: Some(of.to_owned()), field: Some(column.to_owned()), ..place.subject() };
    Some(Box::new(Diagnostic::error(Code::DataUnknownField, message).help(help).about(subject)))
}
