//! Defaults, each after those it uses.

use super::faults::{Cell, Faults};
use crate::data::RawKind;
use crate::diagnostic::Code;
use crate::eval::{Choices, Dataset, Machine};
use crate::ir::{Expr, ExprKind, Holder, Program, Use, uses};
use crate::library::{Account, FaultKind};
use crate::limits::Limits;
use crate::value::Value;

/// Fills in the defaults of fields that the data does not give, but of those that are skipped; answers
/// what that took.
pub fn fill(
    program: &Program,
    dataset: &mut Dataset,
    skipped: impl Fn(Holder) -> bool,
    (choices, limits): (&Choices, &Limits),
    faults: &mut Faults<'_>,
) -> Account {
    let mut account = Account::new(limits, dataset.rows());
    for (holder, field) in &program.defaults {
        if skipped(*holder) {
            continue;
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
