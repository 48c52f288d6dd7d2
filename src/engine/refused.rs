//! An evaluation that goes on without the rows that are refused.

use super::error::EvaluateError;
use super::evaluation::Evaluation;
use super::inputs::{Inputs, ToInputs};
use super::results::Results;
use crate::data::{Raw, RawKind, put_extras};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Subject};
use crate::eval::Extra;
use crate::ir::Program;
use crate::limits::Limits;
use crate::value::Cells;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How often rows are refused: one may fall because another did.
pub(super) const ROUNDS: usize = 64;
/// Faults that are told apart, and so rows that may be refused.
pub(super) const FAULTS: usize = 1_000_000;

/// A row that is refused, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// Its table.
    pub table: usize,
    /// The row as it was read.
    pub row: Raw,
    /// What is wrong with it.
    pub reasons: Diagnostics,
}

/// What became of an evaluation without the rows that are refused.
#[derive(Debug)]
pub struct Tried {
    /// The rows, by table and in their order.
    pub refused: Vec<Refused>,
    /// What stood in the way of evaluating all rows, where some are refused.
    pub of_all: Option<EvaluateError>,
    /// The results of all others, or what stands in their way still.
    pub results: Result<Results, EvaluateError>,
}

impl Evaluation<'_> {
    /// Evaluates without the rows that do not fit the plan, or for which a rule has no conclusion; of
    /// rows that repeat a key none is kept. What is no fault of a row ends the evaluation, and so do rows that
    /// fall one after the other without end, because each names another that was refused.
    pub fn run_without_refused(&self, inputs: &impl ToInputs) -> Tried {
        let tried = |results| Tried { refused: Vec::new(), of_all: None, results };
        let inputs = match inputs.to_inputs() {
            Ok(inputs) => inputs,
            Err(error) => return tried(Err(error.into())),
        };
        #[cfg(feature = "cli")]
        let inputs = match super::sifted::without_refused(self, &inputs) {
            Some(tried) => return tried,
            None if inputs.rosters().sifted.is_empty() => inputs,
            None => match inputs.rosters().again.as_ref().map_or_else(|| Ok(inputs.clone()), |again| again())
            {
                Ok(whole) => whole,
                Err(faults) => return tried(Err(EvaluateError::Data(faults))),
            },
        };
        let error = match self.run(&inputs) {
            Err(error @ (EvaluateError::Data(_) | EvaluateError::Rules(_))) => error,
            results => return tried(results),
        };
        let whole = inputs.rosters().again.as_ref().map_or_else(|| Ok(inputs.clone()), |again| again());
        match whole {
            Ok(whole) => self.without_refused(&whole, error),
            Err(faults) => tried(Err(EvaluateError::Data(faults))),
        }
    }

    fn without_refused(&self, inputs: &Inputs, of_all: EvaluateError) -> Tried {
        let whole = inputs.raw();
        // Of the faults of all rows none is only counted: each may refuse a row.
        let plan = self.plan().within(Limits { faults: FAULTS, ..*self.plan().limits() });
        let evaluation = self.of(&plan);
        let program = plan.program();
        let mut refused = Found::new();
        let mut round = |round| {
            let (document, places) = left(program, whole, &refused);
            let extra = left_of(inputs.extra(), &places);
            let results = evaluation.run(&Inputs::from_raw(document).with_extra(extra));
            let Err(error) = &results else { return Some(results) };
            if !of_rows(error) {
                return Some(results);
            }
            if round == ROUNDS {
                return None;
            }
            for ((table, row), reasons) in blamed(program, error.diagnostics()) {
                if let Some(place) = places.get(table).and_then(|p| p.get(row)) {
                    refused.insert((table, *place), reasons);
                }
            }
            None
        };
        let ended = (0..=ROUNDS).find_map(&mut round);
        if refused.is_empty() {
            return Tried { refused: Vec::new(), of_all: None, results: Err(of_all) };
        }
        let results = ended.map(|results| results.map(|r| r.without(counts(&refused))));
        let refused = with_rows(program, inputs, refused);
        match results {
            Some(results) => Tried { refused, of_all: Some(of_all), results },
            None => Tried { refused, of_all: None, results: Err(unended(of_all)) },
        }
    }
}

/// What stands in the way of evaluating all rows, and that there are more rows to refuse than were found.
pub(super) fn unended(mut of_all: EvaluateError) -> EvaluateError {
    if let EvaluateError::Data(faults) | EvaluateError::Rules(faults) = &mut of_all {
        let message = format!(
            "rows fall because others are refused, one after the other, and after {ROUNDS} times there are more"
        );
        let more = Diagnostic::error(Code::EvaluationLimit, message);
        faults.push(more.help("mend the rows that are told of, and run again"));
    }
    of_all
}

/// What is wrong with rows, by table and place.
pub(super) type Found = BTreeMap<(usize, usize), Diagnostics>;

/// How many rows of each table are refused.
pub(super) fn counts(refused: &Found) -> Vec<(usize, usize)> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for (table, _) in refused.keys() {
        let count = counts.entry(*table).or_default();
        *count = count.saturating_add(1);
    }
    counts.into_iter().collect()
}

/// The data without the rows that are refused, and of each table the places of those that are left.
pub(super) fn left(program: &Program, whole: &Raw, refused: &Found) -> (Raw, Vec<Vec<usize>>) {
    let mut places = vec![Vec::new(); program.tables.len()];
    let RawKind::Map(entries) = &whole.kind else { return (whole.clone(), places) };
    let entries = entries.iter().map(|(name, value)| {
        let (Some(table), Some(rows)) = (program.find_table(name), value.kind.items()) else {
            return (Arc::clone(name), value.clone());
        };
        let stay: Vec<usize> = (0..rows.len()).filter(|row| !refused.contains_key(&(table, *row))).collect();
        let rows = stay.iter().filter_map(|row| rows.get(*row)).cloned().collect();
        let kind = match &value.kind {
            RawKind::Sheet { columns, .. } => RawKind::Sheet { columns: columns.clone(), rows },
            _ => RawKind::List(rows),
        };
        if let Some(place) = places.get_mut(table) {
            *place = stay;
        }
        (Arc::clone(name), Raw { kind, place: value.place.clone() })
    });
    let kind = RawKind::Map(entries.collect());
    (Raw { kind, place: whole.place.clone() }, places)
}

/// The columns that the plan does not know, for the rows that are left.
pub(super) fn left_of(extra: &[(usize, Vec<Extra>)], places: &[Vec<usize>]) -> Vec<(usize, Vec<Extra>)> {
    let of_rows = |one: &Extra, rows: &[usize]| {
        let cells = rows.iter().map(|row| one.cells.get(*row)).collect();
        Extra { name: Arc::clone(&one.name), cells: Cells::Each(cells) }
    };
    let of_table = |(table, columns): &(usize, Vec<Extra>)| {
        let rows = places.get(*table).map_or(&[][..], Vec::as_slice);
        (*table, columns.iter().map(|one| of_rows(one, rows)).collect())
    };
    extra.iter().map(of_table).collect()
}

/// Whether every fault is a row's.
pub(super) fn of_rows(error: &EvaluateError) -> bool {
    match error {
        EvaluateError::Data(faults) | EvaluateError::Rules(faults) => {
            faults.iter().all(|d| d.subject.as_ref().is_some_and(|s| !s.rows.is_empty()))
        }
        _ => false,
    }
}

/// The rows to blame, each with what is wrong with it.
pub(super) fn blamed(program: &Program, faults: &[Diagnostic]) -> Found {
    let mut found = Found::new();
    for fault in faults {
        let Some(subject) = &fault.subject else { continue };
        let Some(table) = subject.table.as_deref().and_then(|name| program.find_table(name)) else {
            continue;
        };
        for (at, row) in subject.rows.iter().enumerate() {
            let reasons = found.entry((table, *row)).or_default();
            let is_earlier = at > 0 && matches!(fault.code, Code::DataDuplicateKey | Code::DataNotUnique);
            match subject.rows.first().filter(|_| is_earlier) {
                None => reasons.push(fault.clone()),
                // However many rows have what an earlier one has, that one names the first of them.
                Some(_) if reasons.iter().any(|known| is_of_field(known, fault)) => {}
                Some(by) => reasons.push(repeated(fault, *row, *by)),
            }
        }
    }
    found
}

/// Whether two faults of a row are of one kind and field.
fn is_of_field(known: &Diagnostic, other: &Diagnostic) -> bool {
    let field = |fault: &Diagnostic| fault.subject.as_ref().and_then(|s| s.field.clone());
    known.code == other.code && field(known) == field(other)
}

/// What is told of a row that is refused because another has the same key or value: both numbers count from 0.
fn repeated(fault: &Diagnostic, row: usize, by: usize) -> Diagnostic {
    let subject = fault.subject.as_ref();
    let table = subject.and_then(|s| s.table.as_deref()).unwrap_or_default();
    let field = subject.and_then(|s| s.field.as_deref()).unwrap_or_default();
    let (own, other) = (row.saturating_add(1), by.saturating_add(1));
    let what = if fault.code == Code::DataDuplicateKey { "the key" } else { "the value" };
    let message = format!("{table}, row {own}: `{field}` has {what} that row {other} has too");
    let place = Subject {
        table: Some(table.to_owned()),
        field: Some(field.to_owned()),
        rows: vec![row],
        ..Subject::default()
    };
    Diagnostic::error(fault.code, message).help_maybe(fault.help.clone()).about(place)
}

/// Rows that are refused, as they were read.
fn with_rows(program: &Program, inputs: &Inputs, found: Found) -> Vec<Refused> {
    found
        .into_iter()
        .filter_map(|((table, at), reasons)| {
            Some(Refused { table, row: row_of(program, inputs, (table, at))?, reasons })
        })
        .collect()
}

/// A row as it was read, columns that the plan does not know behind the others where they are kept.
pub(super) fn row_of(program: &Program, inputs: &Inputs, (table, at): (usize, usize)) -> Option<Raw> {
    let entry = |table: usize| {
        let name = program.tables.get(table)?;
        match &inputs.raw().kind {
            RawKind::Map(entries) => {
                entries.iter().find(|(n, _)| *n == name.name.value).map(|(_, v)| &v.kind)
            }
            _ => None,
        }
    };
    let mut row = entry(table)?.items()?.get(at).cloned()?;
    for (_, extras) in inputs.extra().iter().filter(|(of, _)| *of == table) {
        put_extras(&mut row, at, extras);
    }
    Some(row)
}
