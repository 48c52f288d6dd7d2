//! Bounds, steps and uniqueness of fields.

use super::faults::{Cell, Faults, written};
use crate::data::RawKind;
use crate::diagnostic::Code;
use crate::eval::Dataset;
use crate::ir::{Field, Holder, Program};
use crate::limits::Limits;
use crate::number::{Num, RoundingMode};
use crate::value::{Type, Value};
use indexmap::IndexMap;

/// Checks every value that has no fault yet.
pub fn check(program: &Program, dataset: &Dataset, faults: &mut Faults<'_>) {
    for (index, record) in program.records.iter().enumerate() {
        if let Some(Some(values)) = dataset.records.get(index) {
            row_bounds(&record.fields, Holder::Record(index), 0, values, faults);
        }
    }
    for (index, table) in program.tables.iter().enumerate() {
        let Some(data) = dataset.tables.get(index) else { continue };
        for (row, values) in data.rows.iter().enumerate() {
            row_bounds(&table.fields, Holder::Table(index), row, values, faults);
        }
        for (field, info) in table.fields.iter().enumerate().filter(|(_, f)| f.unique) {
            unique(info, index, field, &data.rows, faults);
        }
    }
}

fn row_bounds(fields: &[Field], holder: Holder, row: usize, values: &[Value], faults: &mut Faults<'_>) {
    for (field, (info, value)) in fields.iter().zip(values).enumerate() {
        let cell = Cell { holder, row, field };
        if *value == Value::Absent || faults.is_faulty(cell) {
            continue;
        }
        let unit = match info.ty.required() {
            Type::Number(unit) if !unit.is_none() => format!(" {unit}"),
            _ => String::new(),
        };
        if let Some(bound) = info.bounds.iter().find(|b| !b.holds(value)) {
            let limit = plain(&bound.value);
            let says = format!(
                "is `{}`, expected {} `{limit}{unit}`",
                found(cell, value, faults),
                bound.kind.words()
            );
            faults.cell(Code::DataOutOfRange, cell, &says, None);
        } else if let (Some(step), Value::Number(n)) = (&info.step, value)
            && !is_multiple(n, step)
        {
            let says = format!("is `{}`, expected {}", found(cell, value, faults), multiple(step, &unit));
            faults.cell(Code::DataNotWhole, cell, &says, None);
        }
    }
}

/// The value as written, or the default that took its place.
fn found(cell: Cell, value: &Value, faults: &Faults<'_>) -> String {
    faults.raw(cell).filter(|r| r.kind != RawKind::Null).map_or_else(|| plain(value), written)
}

fn multiple(step: &Num, unit: &str) -> String {
    if *step == Num::ONE { "a whole number".to_owned() } else { format!("a multiple of `{step}{unit}`") }
}

fn is_multiple(n: &Num, step: &Num) -> bool {
    if *step == Num::ONE {
        return n.is_whole();
    }
    n.round_to(step, RoundingMode::Floor, Limits::DEFAULT.fraction_bits).is_ok_and(|down| down == *n)
}

fn plain(value: &Value) -> String {
    match value {
        Value::Number(n) => n.to_string(),
        Value::Date(d) => d.to_string(),
        _ => String::new(),
    }
}

fn unique(info: &Field, table: usize, field: usize, rows: &[Vec<Value>], faults: &mut Faults<'_>) {
    let mut seen: IndexMap<&Value, usize> = IndexMap::new();
    for (row, values) in rows.iter().enumerate() {
        let cell = Cell { holder: Holder::Table(table), row, field };
        let Some(value) = values.get(field).filter(|v| **v != Value::Absent) else { continue };
        if faults.is_faulty(cell) {
            continue;
        }
        match seen.get(value) {
            Some(before) => {
                let shown = faults.raw(cell).map_or_else(|| plain(value), written);
                let says = format!(
                    "is `{shown}`, as in row {}; no two rows may have the same `{}`",
                    before.saturating_add(1),
                    info.name.value
                );
                faults.cell(Code::DataNotUnique, cell, &says, None);
            }
            None => {
                seen.insert(value, row);
            }
        }
    }
}
