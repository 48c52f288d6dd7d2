//! Bounds, steps and uniqueness of fields.

use super::faults::{Cell, Faults, plain, written};
use crate::data::RawKind;
use crate::diagnostic::Code;
use crate::eval::Dataset;
use crate::ir::{Field, Holder, Program};
use crate::number::{Num, RoundingMode};
use crate::plan::BoundKind;
use crate::value::{Cells, Presentation, Type, Unit, Value};
use indexmap::IndexMap;

/// Checks every value that has no fault yet.
pub fn check(program: &Program, dataset: &Dataset, of_rosters: &[usize], faults: &mut Faults<'_>) {
    for (index, record) in program.records.iter().enumerate() {
        if let Some(Some(values)) = dataset.records.get(index) {
            row_bounds(&record.fields, Holder::Record(index), 0, values, faults);
        }
    }
    for (index, table) in program.tables.iter().enumerate() {
        let Some(data) = dataset.tables.get(index).filter(|_| !of_rosters.contains(&index)) else { continue };
        for row in 0..data.rows {
            let values: Vec<Value> = data.fields.iter().map(|f| f.get(row).unwrap_or_default()).collect();
            row_bounds(&table.fields, Holder::Table(index), row, &values, faults);
        }
        for (field, _) in table.fields.iter().enumerate().filter(|(_, f)| f.unique) {
            if let Some(cells) = data.fields.get(field) {
                unique(index, field, cells, faults);
            }
        }
    }
}

/// Checks the bounds and steps of a record's or row's values.
pub fn row_bounds(fields: &[Field], holder: Holder, row: usize, values: &[Value], faults: &mut Faults<'_>) {
    for (field, (info, value)) in fields.iter().zip(values).enumerate() {
        let cell = Cell { holder, row, field };
        if *value == Value::Absent || faults.is_faulty(cell) {
            continue;
        }
        if faults.is_full() {
            if !fits(info, value) {
                faults.cell(Code::DataOutOfRange, cell, "", None);
            }
            continue;
        }
        let shown = |limit: &Value| match (info.ty.required(), limit) {
            (Type::Number(unit), Value::Number(n)) => in_unit(n, unit),
            _ => plain(limit),
        };
        if let Some(bound) = info.bounds.iter().find(|b| !b.holds(value)) {
            let limit = shown(&bound.value);
            let expected = match (&bound.value, bound.kind) {
                (Value::Date(_), BoundKind::Min) => format!("`{limit}` or a later day"),
                (Value::Date(_), BoundKind::Max) => format!("`{limit}` or an earlier day"),
                (Value::Date(_), BoundKind::Above) => format!("a day after `{limit}`"),
                (Value::Date(_), BoundKind::Below) => format!("a day before `{limit}`"),
                (_, kind) => format!("{} `{limit}`", kind.words()),
            };
            let says = format!("is `{}`, expected {expected}", found(cell, value, faults));
            faults.cell(
                Code::DataOutOfRange,
                cell,
                &says,
                Some("mend the value; the plan sets this bound".to_owned()),
            );
        } else if let (Some(step), Value::Number(n)) = (&info.step, value)
            && !is_multiple(n, step)
        {
            let step = if *step == Num::ONE {
                "a whole number".to_owned()
            } else {
                format!("a multiple of `{}`", shown(&Value::Number(step.clone())))
            };
            let says = format!("is `{}`, expected {step}", found(cell, value, faults));
            faults.cell(
                Code::DataNotWhole,
                cell,
                &says,
                Some("mend the value; the plan sets this step".to_owned()),
            );
        }
    }
}

/// Whether a value is within its field's bounds, and a multiple of its step.
pub fn fits(info: &Field, value: &Value) -> bool {
    let on_step = match (&info.step, value) {
        (Some(step), Value::Number(n)) => is_multiple(n, step),
        _ => true,
    };
    on_step && info.bounds.iter().all(|b| b.holds(value))
}

/// Refuses the value of a row that another row has too, which is the one of this number.
pub fn taken(cell: Cell, value: &Value, before: usize, faults: &mut Faults<'_>) {
    let name = faults.field_name(cell);
    let says = format!(
        "is `{}`, as in row {}; no two rows may have the same `{name}`",
        found(cell, value, faults),
        faults.number_of(cell.holder, before),
    );
    let help = "give each row a value of its own, or leave one of the two out";
    faults.cell(Code::DataNotUnique, cell, &says, Some(help.to_owned()));
}

/// The value as written, or the default that took its place.
fn found(cell: Cell, value: &Value, faults: &Faults<'_>) -> String {
    faults.raw(cell).filter(|r| r.kind != RawKind::Null).map_or_else(|| plain(value), written)
}

/// A number with its unit: `0 shares`, `100%`.
fn in_unit(n: &Num, unit: &Unit) -> String {
    if unit.is_none() {
        let percent = unit.presentation() == Presentation::Percent;
        let hundredfold = n.mul(&Num::from(100), Num::ANY_SIZE);
        return match hundredfold {
            Ok(percentage) if percent => format!("{percentage}%"),
            _ => n.to_string(),
        };
    }
    // Things counted are written in the plural: `shares`, `days`.
    match unit.single() {
        Some(name) if name.starts_with(char::is_lowercase) && *n != Num::ONE => format!("{n} {name}s"),
        _ => format!("{n} {unit}"),
    }
}

fn is_multiple(n: &Num, step: &Num) -> bool {
    if *step == Num::ONE {
        return n.is_whole();
    }
    n.round_to(step, RoundingMode::Floor, Num::ANY_SIZE).is_ok_and(|down| down == *n)
}

fn unique(table: usize, field: usize, cells: &Cells, faults: &mut Faults<'_>) {
    let mut seen: IndexMap<Value, usize> = IndexMap::new();
    for (row, value) in cells.iter().enumerate() {
        let cell = Cell { holder: Holder::Table(table), row, field };
        let Some(value) = value.filter(|v| *v != Value::Absent) else { continue };
        if faults.is_faulty(cell) {
            continue;
        }
        match seen.get(&value) {
            Some(_) if faults.is_full() => faults.cell(Code::DataNotUnique, cell, "", None),
            Some(before) => {
                taken(cell, &value, *before, faults);
                faults.blame(cell.holder, *before);
            }
            None => {
                seen.insert(value, row);
            }
        }
    }
}
