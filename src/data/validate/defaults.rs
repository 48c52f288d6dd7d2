//! Defaults, each after those it uses.

use super::bounds;
use super::faults::{Cell, Faults};
use crate::data::RawKind;
use crate::diagnostic::Code;
use crate::eval::{Choices, Dataset, Machine};
use crate::ir::{Expr, ExprKind, Holder, Program, Use, uses};
use crate::library::{Account, FaultKind};
use crate::limits::Limits;
use crate::value::{Cells, Part, Value};
use std::sync::Arc;

/// How a record or a table is held whose defaults are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// As it was read, with the place of every value.
    AsRead,
    /// In columns, where defaults that are constants stand in place already.
    InColumns,
    /// It has its defaults.
    Filled,
}

/// Fills in the defaults of fields that the data does not give; answers what that took.
pub fn fill(
    program: &Program,
    dataset: &mut Dataset,
    held: impl Fn(Holder) -> Held,
    (choices, limits): (&Choices, &Limits),
    faults: &mut Faults<'_>,
) -> Account {
    let mut account = Account::new(limits, dataset.rows());
    for (holder, field) in &program.defaults {
        match (held(*holder), holder) {
            (Held::AsRead, _) => {}
            (Held::InColumns, Holder::Table(table)) => {
                let machine = (choices, limits, account.clone());
                account = fill_column(machine, dataset, (*table, *field), faults).unwrap_or(account);
                continue;
            }
            _ => continue,
        }
        let rows = match holder {
            Holder::Record(r) => usize::from(dataset.records.get(*r).is_some_and(Option::is_some)),
            Holder::Table(t) => dataset.len_of(*t),
        };
        let of = faults.program;
        let default = of.fields(*holder).get(*field).and_then(|f| f.default.as_ref());
        let Some(default) = default.filter(|_| rows > 0) else { continue };
        let missing = |row: &usize, faults: &Faults<'_>| {
            let cell = Cell { holder: *holder, row: *row, field: *field };
            let given = faults.raw(cell).is_some_and(|r| r.kind != RawKind::Null);
            !given && !faults.is_faulty(cell)
        };
        if let ExprKind::Const(value) = &default.kind {
            for row in (0..rows).filter(|row| missing(row, faults)) {
                dataset.set_value(*holder, row, *field, value.clone());
            }
            continue;
        }
        let mut found: Vec<(usize, Value)> = Vec::new();
        let mut failed: Vec<(usize, String)> = Vec::new();
        let mut ended = false;
        {
            let mut machine = Machine::with_account(program, dataset, choices, limits, account);
            for row in 0..rows {
                if !missing(&row, faults) {
                    continue;
                }
                let cell = Cell { holder: *holder, row, field: *field };
                if reads_faulty(default, cell, faults) {
                    faults.doubt(cell);
                    continue;
                }
                match machine.eval(default, &mut frame(*holder, row)) {
                    Ok(value) => found.push((row, value)),
                    Err(fault) => {
                        failed.push((row, fault.kind.to_string()));
                        if matches!(fault.kind, FaultKind::Limit(limit) if limit.ends_evaluation()) {
                            ended = true;
                            break;
                        }
                    }
                }
            }
            account = machine.into_account();
        }
        for (row, value) in found {
            dataset.set_value(*holder, row, *field, value);
        }
        for (row, why) in failed {
            let cell = Cell { holder: *holder, row, field: *field };
            faults.cell(
                Code::DataMissing,
                cell,
                &format!("is missing, and its default has no value: {why}"),
                Some("give the field a value".to_owned()),
            );
        }
        // Nothing more can be evaluated within a limit on all of it.
        if ended {
            break;
        }
    }
    account
}

/// Fills in a default of a table in columns that is worked out; notes the rows for which it has no value that
/// fits. Answers what that took; none where it took nothing.
fn fill_column(
    (choices, limits, account): (&Choices, &Limits, Account),
    dataset: &mut Dataset,
    (table, field): (usize, usize),
    faults: &mut Faults<'_>,
) -> Option<Account> {
    let info = faults.program.tables.get(table)?.fields.get(field)?;
    let default = info.default.as_ref().filter(|default| !matches!(default.kind, ExprKind::Const(_)))?;
    let Cells::Packed(column) = dataset.tables.get(table)?.fields.get(field)?.clone() else { return None };
    column.parts().iter().any(Part::has_absent).then_some(())?;
    let mut machine = Machine::with_account(faults.program, dataset, choices, limits, account);
    let filled = column.filled(|row| {
        match machine.eval(default, &mut frame(Holder::Table(table), row)) {
            Ok(value) if value == Value::Absent || bounds::fits(info, &value) => Some(value),
            // Nothing more can be evaluated within a limit on all of it.
            Err(fault) if matches!(fault.kind, FaultKind::Limit(limit) if limit.ends_evaluation()) => {
                faults.is_not_filled(table, row);
                None
            }
            _ => faults.is_not_filled(table, row).then_some(Value::Absent),
        }
    });
    let account = machine.into_account();
    if let Some(filled) = filled
        && let Some(cells) = Arc::make_mut(dataset.tables.get_mut(table)?).fields.get_mut(field)
    {
        *cells = Cells::Packed(Arc::new(filled));
    }
    Some(account)
}

/// The frame of a formula about a row.
pub fn frame(holder: Holder, row: usize) -> Vec<Value> {
    match holder {
        Holder::Record(_) => Vec::new(),
        Holder::Table(table) => vec![Value::Row {
            table: u32::try_from(table).unwrap_or(u32::MAX),
            row: u32::try_from(row).unwrap_or(u32::MAX),
        }],
    }
}

/// Whether a formula reads a value of its own row, or of a record, that has a fault already.
pub fn reads_faulty(formula: &Expr, cell: Cell, faults: &Faults<'_>) -> bool {
    let mut faulty = false;
    uses(formula, &mut |u| {
        let read = match u {
            Use::RecordField(record, field) => Cell { holder: Holder::Record(record), row: 0, field },
            Use::TableField(table, field) if cell.holder == Holder::Table(table) => Cell { field, ..cell },
            _ => return,
        };
        faulty |= faults.is_faulty(read);
    });
    faulty
}
