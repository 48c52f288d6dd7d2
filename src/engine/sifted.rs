//! An evaluation without the rows that are refused, of tables that were read straight into columns: of these
//! only the rows that are refused are read with their places.

use super::error::EvaluateError;
use super::evaluation::Evaluation;
use super::inputs::{Inputs, Rosters};
use super::refused::{
    FAULTS, Found, ROUNDS, Refused, Tried, blamed, counts, left, left_of, of_rows, row_of, unended,
};
use super::results::Results;
use crate::data::{Raw, Sifted, faults_apart, more_faults};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::limits::Limits;
use std::collections::BTreeMap;
use std::sync::Arc;

/// As the evaluation of all rows with their places does it; none where there are no tables in columns, or
/// where not all about them can be told so.
pub(super) fn without_refused(evaluation: &Evaluation<'_>, inputs: &Inputs) -> Option<Tried> {
    let mut tables = Tables::of(evaluation, inputs)?;
    let limits = evaluation.plan().limits();
    let plan = evaluation.plan().within(Limits { faults: FAULTS, ..*limits });
    let (evaluation, program) = (evaluation.of(&plan), plan.program());
    let mut of_all: Option<EvaluateError> = None;
    let mut ended = None;
    for round in 0..=ROUNDS {
        let found = tables.round(&evaluation, inputs, round == 0)?;
        let Err(error) = &found.results else {
            ended = Some(found.results);
            break;
        };
        of_all.get_or_insert_with(|| {
            let mut all = capped(error, limits);
            if let (EvaluateError::Data(faults), false) = (&mut all, found.is_all) {
                faults.push(more_faults());
            }
            all
        });
        if !of_rows(error) {
            ended = Some(found.results);
            break;
        }
        if round == ROUNDS {
            break;
        }
        tables.refuse(&evaluation, inputs, &found)?;
        if tables.refused.len() > tables.most {
            let message = format!(
                "more than {} rows do not fit the plan, and there is no room to tell why of all of them",
                tables.most
            );
            let help = "mend those that are told of without `--reject` first, or allow more memory";
            let fault = Diagnostic::error(Code::EvaluationLimit, message).help(help);
            let results = Err(EvaluateError::Data(vec![fault]));
            return Some(Tried { refused: Vec::new(), of_all: None, results });
        }
    }
    let Tables { refused, mut rows, .. } = tables;
    let whole = |of_all: Option<EvaluateError>| of_all.unwrap_or_else(|| EvaluateError::Data(Vec::new()));
    if refused.is_empty() {
        let results = match ended {
            Some(Ok(results)) => Ok(results),
            _ => Err(whole(of_all)),
        };
        return Some(Tried { refused: Vec::new(), of_all: None, results });
    }
    let number = counts(&refused);
    let results = ended.map(|results| results.map(|r| r.without(number)));
    let told = refused.into_iter().filter_map(|((table, at), reasons)| {
        let row = rows.remove(&(table, at)).or_else(|| row_of(program, inputs, (table, at)))?;
        Some(Refused { table, row, reasons })
    });
    let refused = told.collect();
    Some(match results {
        Some(results) => Tried { refused, of_all, results },
        None => Tried { refused, of_all: None, results: Err(unended(whole(of_all))) },
    })
}

/// What is known of the tables so far.
struct Tables {
    sifted: Vec<Sifted>,
    refused: Found,
    /// The refused rows of the tables in columns, as they were read.
    rows: BTreeMap<(usize, usize), Raw>,
    /// How many rows may be refused.
    most: usize,
}

/// What came of one look at the data that are left.
struct Looked {
    results: Result<Results, EvaluateError>,
    /// Of other tables, the numbers of the rows that are left.
    places: Vec<Vec<usize>>,
    /// Whether no more could be told before rows are refused.
    is_all: bool,
}

impl Tables {
    fn of(evaluation: &Evaluation<'_>, inputs: &Inputs) -> Option<Self> {
        let sifted = inputs.rosters().sifted.clone();
        let most = evaluation.plan().limits().refused_rows.min(FAULTS);
        (!sifted.is_empty()).then(|| Self { sifted, refused: Found::new(), rows: BTreeMap::new(), most })
    }

    /// Looks for faults, and where there are none evaluates.
    fn round(&mut self, evaluation: &Evaluation<'_>, inputs: &Inputs, first: bool) -> Option<Looked> {
        let (program, limits) = (evaluation.plan().program(), evaluation.plan().limits());
        let given = (evaluation.choices(), limits);
        let (document, places) = left(program, inputs.raw(), &self.refused);
        let tables: Vec<_> = self.sifted.iter().map(|one| (one.table, one.data().clone())).collect();
        let told = faults_apart(program, &document, &self.sifted, given, (first, self.most))?;
        let (faults, is_all) = (told.faults, told.is_all && told.more == 0);
        self.rows.extend(told.rows);
        let results = if faults.is_empty() {
            let again = Arc::new(|| Err(Diagnostics::new()));
            let rosters = Rosters { tables, again: Some(again), sifted: Vec::new() };
            let extra = left_of(inputs.extra(), &places);
            evaluation.run(&Inputs::from_raw(document).with_extra(extra).with_rosters(rosters))
        } else {
            Err(EvaluateError::Data(faults))
        };
        // Data without a fault that do not fit all the same are for the ordinary reader.
        let lost = matches!(&results, Err(EvaluateError::Data(faults)) if faults.is_empty());
        (!lost).then_some(Looked { results, places, is_all })
    }

    /// Refuses the rows that are blamed.
    fn refuse(&mut self, evaluation: &Evaluation<'_>, inputs: &Inputs, looked: &Looked) -> Option<()> {
        let Err(error) = &looked.results else { return Some(()) };
        let (program, limits) = (evaluation.plan().program(), evaluation.plan().limits());
        let is_data = matches!(error, EvaluateError::Data(_));
        let mut numbers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for ((table, row), reasons) in blamed(program, error.diagnostics()) {
            let own = self.sifted.iter().find(|one| one.table == table);
            let number = match own {
                Some(_) if is_data => row,
                Some(one) => one.number(row),
                None => *looked.places.get(table)?.get(row)?,
            };
            if own.is_some() {
                numbers.entry(table).or_default().push(number);
            }
            self.refused.insert((table, number), reasons);
        }
        for one in &mut self.sifted {
            let Some(mut numbers) = numbers.remove(&one.table) else { continue };
            numbers.sort_unstable();
            let unread: Vec<usize> =
                numbers.iter().filter(|n| !self.rows.contains_key(&(one.table, **n))).copied().collect();
            if !unread.is_empty() {
                let given = (evaluation.choices(), limits);
                let (_, rows) = one.faults(program, (inputs.raw(), &[]), given, &unread)?;
                let rows = unread.into_iter().zip(rows);
                self.rows.extend(rows.map(|(number, row)| ((one.table, number), row)));
            }
            one.refuse(&numbers);
        }
        Some(())
    }
}

/// Why not all rows are evaluated, with as many faults as are listed.
fn capped(error: &EvaluateError, limits: &Limits) -> EvaluateError {
    let cut = |found: &Diagnostics, code, what: &str| {
        let mut found = found.clone();
        let more = found.len().saturating_sub(limits.faults);
        found.truncate(limits.faults);
        if more > 0 {
            let last = Diagnostic::error(code, format!("{more} more {what} are not listed"));
            found.push(last.help("mend those above and run again"));
        }
        found
    };
    match error {
        EvaluateError::Data(found) => {
            EvaluateError::Data(cut(found, Code::DataCondition, "faults of the data"))
        }
        EvaluateError::Rules(found) => EvaluateError::Rules(cut(found, Code::RuleFailed, "failures")),
        other => other.clone(),
    }
}
