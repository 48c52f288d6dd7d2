//! The data of a plan's tests and fixtures, held against its inputs before any test is run.

use super::testing::{blamed, choices_of};
use crate::check::overlay;
use crate::data::validate;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::eval::Choices;
use crate::ir::{Expectation, Program, Test};
use crate::limits::Limits;
use crate::plan::Fixture;
use crate::source::Span;
use crate::value::{Raw, RawKind};
use std::collections::BTreeSet;

/// Every fault of the data that tests give, but those that a test expects, each under the characters
/// that have it.
pub(super) fn check(program: &Program, limits: &Limits) -> Diagnostics {
    let mut found = Found { program, limits, known: BTreeSet::new(), faults: Diagnostics::new() };
    for test in &program.tests {
        found.test(test);
    }
    for fixture in &program.fixtures {
        found.fixture(fixture);
    }
    found.faults
}

struct Found<'a> {
    program: &'a Program,
    limits: &'a Limits,
    /// The faults told: several tests may start from the same fixture.
    known: BTreeSet<(Code, Option<Span>, String)>,
    faults: Diagnostics,
}

impl Found<'_> {
    fn test(&mut self, test: &Test) {
        let Err(faults) = validate(self.program, &test.given, &choices_of(test), self.limits) else { return };
        let expected = match &test.expect {
            Expectation::Refused(field) => Some(&*field.value),
            _ => None,
        };
        for fault in faults {
            if is_of_names(fault.code) || Some(&*blamed(&fault)) != expected {
                self.tell(fault, test.name.span);
            }
        }
    }

    /// A fixture by itself: what it gives, and one row of each table that it says something of all
    /// rows of. What it leaves out the tests may give; and what tests start from is judged with them.
    fn fixture(&mut self, fixture: &Fixture) {
        let mut given = fixture.given.clone();
        if let (RawKind::Map(entries), RawKind::Map(rows)) = (&mut given.kind, &fixture.rows.kind) {
            for (table, template) in rows {
                match entries.iter_mut().find(|(name, _)| name == table) {
                    Some((_, Raw { kind: RawKind::List(items), .. })) => {
                        items.iter_mut().for_each(|row| *row = overlay(template, row));
                    }
                    Some(_) => {}
                    None => {
                        let row = Raw { kind: RawKind::List(vec![template.clone()]), ..template.clone() };
                        entries.push((std::sync::Arc::clone(table), row));
                    }
                }
            }
        }
        let Err(faults) = validate(self.program, &given, &Choices::default(), self.limits) else { return };
        let used = self.is_used(fixture);
        for fault in faults {
            let by_itself = matches!(
                fault.code,
                Code::DataWrongType | Code::DataUnknownValue | Code::DataOutOfRange | Code::DataNotWhole
            );
            if is_of_names(fault.code) || (by_itself && !used) {
                self.tell(fault, fixture.name.span);
            }
        }
    }

    fn is_used(&self, fixture: &Fixture) -> bool {
        let tests = self.program.tests.iter().filter_map(|t| t.base.as_ref());
        let fixtures = self.program.fixtures.iter().filter_map(|f| f.base.as_ref());
        tests.chain(fixtures).any(|base| base.value == fixture.name.value)
    }

    /// Adds a fault once, pointing into the plan alone: at `otherwise`, where its data have no place.
    fn tell(&mut self, mut fault: Diagnostic, otherwise: Span) {
        let name = blamed(&fault);
        if fault.labels.is_empty() {
            fault = fault.label(otherwise, "in the data given here");
        }
        if self.known.insert((fault.code, fault.primary(), name)) {
            fault.subject = None;
            self.faults.push(fault);
        }
    }
}

/// Whether a fault means that the data name something that the plan does not have.
fn is_of_names(code: Code) -> bool {
    matches!(code, Code::DataUnknownTable | Code::DataUnknownField)
}
