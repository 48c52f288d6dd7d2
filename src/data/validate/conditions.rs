//! Conditions between fields.

use super::defaults::{frame, reads_faulty};
use super::faults::{Cell, Faults, in_a_word, written};
use crate::data::RawKind;
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Choices, Dataset, Machine};
use crate::ir::{Condition, Expr, ExprKind, Holder, Program, SCALARS, walk};
use crate::library::{Account, FaultKind};
use crate::limits::Limits;
use crate::value::Value;
use indexmap::IndexMap;

/// Checks every condition whose values have no fault of their own.
pub fn check(
    program: &Program,
    dataset: &Dataset,
    of_rosters: &[usize],
    (choices, limits): (&Choices, &Limits),
    account: Account,
    faults: &mut Faults<'_>,
) {
    let mut machine = Machine::with_account(program, dataset, choices, limits, account);
    for (index, record) in program.records.iter().enumerate() {
        if dataset.records.get(index).is_some_and(Option::is_some) {
            for condition in &record.conditions {
                if !one(condition, (Holder::Record(index), 0), dataset, &mut machine, faults) {
                    return;
                }
            }
        }
    }
    for (index, table) in program.tables.iter().enumerate().filter(|(i, _)| !of_rosters.contains(i)) {
        for row in 0..dataset.len_of(index) {
            for condition in &table.conditions {
                if !one(condition, (Holder::Table(index), row), dataset, &mut machine, faults) {
                    return;
                }
            }
        }
    }
}

/// Checks the conditions of one table's row.
pub fn check_row(table: usize, dataset: &Dataset, machine: &mut Machine<'_>, faults: &mut Faults<'_>) {
    for condition in faults.program.tables.get(table).map_or(&[][..], |t| &t.conditions) {
        if !one(condition, (Holder::Table(table), 0), dataset, machine, faults) {
            return;
        }
    }
}

/// Checks one condition; answers whether more can be evaluated.
fn one(
    condition: &Condition,
    (holder, row): (Holder, usize),
    dataset: &Dataset,
    machine: &mut Machine<'_>,
    faults: &mut Faults<'_>,
) -> bool {
    let cell = Cell { holder, row, field: condition.field };
    if reads_faulty(&condition.that, cell, faults) {
        return true;
    }
    match machine.eval(&condition.that, &mut frame(holder, row)) {
        Ok(Value::Bool(true)) => {}
        Ok(_) if faults.is_full() => faults.count(),
        Ok(_) => {
            let values = values(condition, cell, dataset, faults);
            let message = format!(
                "{}`{}` {} ({})",
                faults.of(cell),
                faults.field_name(cell),
                condition.message,
                values.join(", ")
            );
            let subject = faults.subject(cell);
            let place = condition.that.span;
            let diagnostic = Diagnostic::error(Code::DataCondition, message)
                .about(subject)
                .help("mend one of these values; the plan says how they must go together")
                .label(place, "the plan's condition");
            faults.push(faults.marked(diagnostic, cell));
        }
        // Where other faults stand, a condition that cannot be asked is likely their consequence.
        Err(fault) if faults.any() && !ends(&fault.kind) => {}
        Err(fault) => {
            let says = format!("cannot be checked: {}", fault.kind);
            faults.cell(
                Code::DataCondition,
                cell,
                &says,
                Some("check the values that this condition of the plan compares".to_owned()),
            );
            return !ends(&fault.kind);
        }
    }
    true
}

/// Whether nothing more can be evaluated within a limit on all of it.
fn ends(kind: &FaultKind) -> bool {
    matches!(kind, FaultKind::Limit(limit) if limit.ends_evaluation())
}

/// Every field that a condition reads of its own row, of records, and of the rows that these refer to,
/// with its value as written.
fn values(condition: &Condition, cell: Cell, dataset: &Dataset, faults: &Faults<'_>) -> Vec<String> {
    let mut cells: IndexMap<Cell, String> = IndexMap::new();
    cells.insert(cell, faults.field_name(cell).to_owned());
    walk(&condition.that, &mut |e| {
        if let Some((read, name)) = reached(e, cell, dataset, faults) {
            cells.entry(read).or_insert(name);
        }
    });
    cells.into_iter().map(|(read, name)| value(read, &name, dataset, faults)).collect()
}

/// The cell that a part of a condition reads, with its name in the condition's words: a field of its own
/// row or of a record, or from there a field of the row that a reference names.
fn reached(expr: &Expr, cell: Cell, dataset: &Dataset, faults: &Faults<'_>) -> Option<(Cell, String)> {
    match &expr.kind {
        ExprKind::Input { record, field } => {
            let read = Cell { holder: Holder::Record(*record), row: 0, field: *field };
            let own = read.holder == cell.holder || *record == SCALARS;
            let name = faults.field_name(read);
            let of = faults.program.holder_name(read.holder);
            Some((read, if own { name.to_owned() } else { format!("{of}.{name}") }))
        }
        ExprKind::RowField(row, field)
            if matches!(row.kind, ExprKind::Local(0)) && matches!(cell.holder, Holder::Table(_)) =>
        {
            let read = Cell { field: *field, ..cell };
            Some((read, faults.field_name(read).to_owned()))
        }
        ExprKind::RowField(row, field) => {
            let (reference, name) = reached(row, cell, dataset, faults)?;
            let Value::Row { table, row } =
                dataset.value(reference.holder, reference.row, reference.field)?
            else {
                return None;
            };
            let holder = Holder::Table(usize::try_from(table).ok()?);
            let read = Cell { holder, row: usize::try_from(row).ok()?, field: *field };
            let name = format!("{name}.{}", faults.field_name(read));
            Some((read, name))
        }
        _ => None,
    }
}

fn value(read: Cell, name: &str, dataset: &Dataset, faults: &Faults<'_>) -> String {
    if let Some(raw) = faults.raw(read).filter(|r| r.kind != RawKind::Null) {
        return format!("{name} is `{}`", written(raw));
    }
    match faults.program.fields(read.holder).get(read.field).and_then(|f| f.default.as_ref()) {
        Some(_) => match defaulted(read, dataset) {
            Some(value) => format!("{name} is `{value}` by default"),
            None => format!("{name} has its default"),
        },
        None => match defaulted(read, dataset) {
            // A table that was read straight into columns has values without their places.
            Some(value) => format!("{name} is `{value}`"),
            None => format!("{name} is absent"),
        },
    }
}

/// The default that took the place of a value, where it can be shown in a word.
fn defaulted(read: Cell, dataset: &Dataset) -> Option<String> {
    in_a_word(&dataset.value(read.holder, read.row, read.field)?)
}
