//! One row of a table by itself, held against data that fit the plan.

use super::defaults::Held;
use super::faults::{Cell, Faults};
use super::{bounds, conditions, defaults, read, references};
use crate::data::{Raw, RawKind};
use crate::diagnostic::Diagnostics;
use crate::eval::{Choices, Dataset, Machine, TableData};
use crate::ir::{Holder, Program};
use crate::limits::Limits;
use crate::value::Value;
use std::sync::Arc;

/// Checks one row of a table against the plan and against data that fit it. The answer is these data with
/// the row as the only one of its table. References name rows of `data`, and to its own table also the
/// row itself; its key may be one that `data` have, whose row it then stands for.
///
/// # Errors
/// Every fault of the row, as [`super::validate`] finds it.
pub fn validate_row(
    program: &Program,
    data: &Dataset,
    table: usize,
    row: Raw,
    choices: &Choices,
    limits: &Limits,
) -> Result<Dataset, Diagnostics> {
    let Some(info) = program.tables.get(table) else { return Ok(data.clone()) };
    let holder = Holder::Table(table);
    let place = row.place.clone();
    let rows = Raw { kind: RawKind::List(vec![row]), place: place.clone() };
    let entries = vec![(Arc::clone(&info.name.value), rows)];
    let document = Raw { kind: RawKind::Map(entries), place: place.clone() };
    let mut faults = Faults::new(program, &document, limits);
    let Some(raw) = faults.raw_row(table, 0) else { return Ok(data.clone()) };
    let values = read::fields(&info.fields, holder, 0, raw, None, &mut faults);
    let mut alone = data.clone();
    if let Some(slot) = alone.tables.get_mut(table) {
        *slot = Arc::new(TableData::of_rows(vec![values], info.fields.len(), vec![place]));
    }
    let key: Vec<Value> = info.key.iter().filter_map(|k| alone.cell(table, 0, *k)).collect();
    let instead_of = data.find(table, &key);
    for (field, target) in
        info.fields.iter().enumerate().filter_map(|(f, i)| Some((f, references::referred(i)?)))
    {
        let cell = Cell { holder, row: 0, field };
        let Some(old) = alone.cell(table, 0, field).filter(|_| !faults.is_faulty(cell)) else { continue };
        let next = u32::try_from(data.len_of(table)).unwrap_or(u32::MAX);
        let find = |name: &[Value]| {
            let itself = || (target == table && name == key.as_slice()).then_some(next);
            data.find(target, name).or_else(itself)
        };
        let mut missing = None;
        let new = references::resolve(&old, target, &find, &mut missing);
        match missing {
            None => alone.set_value(holder, 0, field, new),
            Some(name) => references::unknown_reference(&name, cell, target, data, &mut faults),
        }
    }
    let held = |of: Holder| if of == holder { Held::AsRead } else { Held::Filled };
    let account = defaults::fill(program, &mut alone, held, (choices, limits), &mut faults);
    let values: Vec<Value> =
        (0..info.fields.len()).map(|field| alone.cell(table, 0, field).unwrap_or_default()).collect();
    bounds::row_bounds(&info.fields, holder, 0, &values, &mut faults);
    for (field, _) in info.fields.iter().enumerate().filter(|(_, f)| f.unique) {
        let (cell, value) = (Cell { holder, row: 0, field }, values.get(field));
        let cells = data.tables.get(table).and_then(|t| t.fields.get(field));
        let Some((value, cells)) = value.filter(|v| **v != Value::Absent).zip(cells) else { continue };
        let other = |(at, of): (usize, Option<Value>)| {
            let is_other = of.as_ref() == Some(value) && u32::try_from(at).ok() != instead_of;
            is_other.then_some(at)
        };
        if let Some(before) = cells.iter().enumerate().find_map(other).filter(|_| !faults.is_faulty(cell)) {
            bounds::taken(cell, value, before, &mut faults);
        }
    }
    let mut machine = Machine::with_account(program, &alone, choices, limits, account);
    conditions::check_row(table, &alone, &mut machine, &mut faults);
    let found = faults.finish();
    if found.is_empty() { Ok(alone) } else { Err(found) }
}
