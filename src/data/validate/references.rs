//! References: keys of rows become the rows, one by one or a column at a time.

use super::faults::{Cell, Faults, plain};
use crate::diagnostic::{Code, meant};
use crate::eval::{Dataset, Index};
use crate::ir::{Field, Holder, Program};
use crate::value::{Bits, Cells, Filling, Meaning, Packed, Part, Segment, Texts, Type, Value};
use std::sync::Arc;

/// The type in which a reference is written: that of the key it names.
pub fn key_type(program: &Program, ty: &Type) -> Type {
    match ty {
        Type::Optional(inner) => key_type(program, inner).optional(),
        Type::List(item) => key_type(program, item).list(),
        Type::Row(table) => {
            let key = program.tables.get(*table).and_then(|t| t.fields.get(*t.key.first()?));
            key.map_or(Type::Text, |field| match &field.ty {
                Type::Row(_) => Type::Text,
                ty => ty.clone(),
            })
        }
        other => other.clone(),
    }
}

/// The table that a field refers to.
pub fn referred(info: &Field) -> Option<usize> {
    match info.ty.required() {
        Type::Row(table) => Some(*table),
        Type::List(item) => match item.required() {
            Type::Row(table) => Some(*table),
            _ => None,
        },
        _ => None,
    }
}

/// Turns the keys that a field names into rows.
pub(super) fn references(
    info: &Field,
    holder: Holder,
    field: usize,
    dataset: &mut Dataset,
    faults: &mut Faults<'_>,
) {
    let Some(target) = referred(info) else { return };
    let rows = match holder {
        Holder::Record(_) => 1,
        Holder::Table(t) => dataset.len_of(t),
    };
    // A row whose key could not be read may be the one that is meant.
    let in_doubt = faults.is_doubtful()
        && (0..dataset.len_of(target).max(1)).any(|row| {
            let key = faults.program.tables.get(target).map_or(&[][..], |t| &t.key);
            key.iter()
                .any(|field| faults.is_unknown(Cell { holder: Holder::Table(target), row, field: *field }))
        });
    for row in 0..rows {
        let cell = Cell { holder, row, field };
        let Some(old) = dataset.value(holder, row, field) else { continue };
        let mut missing = None;
        let new = resolve(&old, target, &|key| dataset.find(target, key), &mut missing);
        match missing {
            None => dataset.set_value(holder, row, field, new),
            Some(_) if in_doubt => faults.doubt(cell),
            Some(name) => unknown_reference(&name, cell, target, dataset, faults),
        }
    }
}

/// Turns the keys that a field of a table in columns names into rows, all together.
pub(super) fn references_of_column(
    info: &Field,
    (table, field): (usize, usize),
    dataset: &mut Dataset,
    faults: &mut Faults<'_>,
) {
    let Some(target) = referred(info) else { return };
    let found = {
        let (Some(own), Some(keys)) = (dataset.tables.get(table), dataset.tables.get(target)) else { return };
        let Some(Cells::Packed(column)) = own.fields.get(field) else { return };
        match info.ty.required() {
            Type::List(_) => lists_of(column, target, &keys.index),
            _ => rows_of(column, target, &keys.index),
        }
    };
    faults.names_nothing(table, target, found.unknown.into_iter());
    let own = dataset.tables.get_mut(table).map(Arc::make_mut);
    if let Some(cells) = own.and_then(|own| own.fields.get_mut(field)) {
        *cells = Cells::Packed(Arc::new(found.column));
    }
}

/// References as rows.
struct Resolved {
    column: Packed,
    /// Rows that name none.
    unknown: Vec<usize>,
}

fn rows_of(column: &Packed, target: usize, keys: &Index) -> Resolved {
    let (mut parts, mut unknown) = (Vec::with_capacity(column.parts().len()), Vec::new());
    for (segment, start) in column.segments().zip(column.starts()) {
        let rows = keys.rows_named(column, &segment);
        let mut absent = Bits::none(rows.len());
        let is_absent = |row: usize| {
            let odd = segment.odd_at(row).is_some_and(|value| value.as_ref() == Some(&Value::Absent));
            odd || segment.absent().is_some_and(|bits| bits.get(row))
        };
        for (row, _) in rows.iter().enumerate().filter(|(_, named)| named.is_none()) {
            absent.set(row);
            if !is_absent(row) {
                unknown.push(start.saturating_add(row));
            }
        }
        let numbers: Vec<i64> = rows.iter().map(|row| row.unwrap_or(0).into()).collect();
        let packed = Segment::new(Filling::Numbers(&numbers), Some(absent), Vec::new());
        parts.push(Part::stored(packed, column.store()));
    }
    let meaning = Meaning::Row(u32::try_from(target).unwrap_or(u32::MAX));
    Resolved { column: Packed::of_parts(meaning, parts, column.store().cloned()), unknown }
}

/// Lists of references as lists of rows.
fn lists_of(column: &Packed, target: usize, keys: &Index) -> Resolved {
    let (mut parts, mut unknown) = (Vec::with_capacity(column.parts().len()), Vec::new());
    for (segment, start) in column.segments().zip(column.starts()) {
        let (mut texts, mut odd) = (Texts::default(), Vec::new());
        for row in 0..segment.len() {
            let mut missing = None;
            let value = column.value_of(&segment, row).unwrap_or_default();
            let value = resolve(&value, target, &|key| keys.row(key), &mut missing);
            if missing.is_some() {
                unknown.push(start.saturating_add(row));
            }
            if !texts.push_whole(&value) {
                odd.push((u32::try_from(row).unwrap_or(u32::MAX), Some(value)));
            }
        }
        let packed = Segment::new(Filling::Texts(&texts), segment.absent().cloned(), odd);
        parts.push(Part::stored(packed, column.store()));
    }
    Resolved { column: Packed::of_parts(Meaning::Whole, parts, column.store().cloned()), unknown }
}

/// A reference to a row that there is not.
pub(super) fn unknown_reference(
    name: &str,
    cell: Cell,
    target: usize,
    dataset: &Dataset,
    faults: &mut Faults<'_>,
) {
    if faults.is_full() {
        faults.cell(Code::DataUnknownReference, cell, "names no row", None);
        return;
    }
    let of = faults.program.holder_name(Holder::Table(target));
    let candidates: Vec<String> = dataset
        .tables
        .get(target)
        .map(|t| t.index.firsts().take(5_000).map(|v| plain(&v)).collect())
        .unwrap_or_default();
    let help = meant(name, candidates.iter().map(String::as_str))
        .unwrap_or_else(|| format!("name the key of a row of `{of}`"));
    let says = format!("names `{name}`, and `{of}` has no such row");
    faults.cell(Code::DataUnknownReference, cell, &says, Some(help));
}

/// The rows that keys name, as `find` finds them in the table that they refer to.
pub(super) fn resolve(
    value: &Value,
    target: usize,
    find: &dyn Fn(&[Value]) -> Option<u32>,
    missing: &mut Option<String>,
) -> Value {
    match value {
        Value::Absent => Value::Absent,
        Value::List(items) => Value::List(items.iter().map(|v| resolve(v, target, find, missing)).collect()),
        key => {
            if let Some(row) = find(std::slice::from_ref(key)) {
                Value::Row { table: u32::try_from(target).unwrap_or(u32::MAX), row }
            } else {
                missing.get_or_insert_with(|| plain(key));
                Value::Absent
            }
        }
    }
}
