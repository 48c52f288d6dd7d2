//! What each of a plan's tests comes to: the parts of formulas that it evaluates, and of those the ones
//! that stand behind what it expects.

use super::rows;
use super::testing::{asked, choices_of, judge};
use super::{Plan, Verdict};
use crate::data::validate;
use crate::diagnostic::Diagnostics;
use crate::eval::{self, Dataset, Observer, Seen};
use crate::ir::{Condition, Expectation, Program, RuleId, Test};
use crate::limits::Limits;
use indexmap::IndexSet;

/// A confirmed test, and what happens when it runs.
#[derive(Debug)]
pub struct ObservedTest {
    /// Its number among the plan's tests, from 0.
    pub index: usize,
    /// Its data; none where the plan refuses them.
    pub data: Result<Dataset, Diagnostics>,
    /// Everything that happens in it.
    pub all: IndexSet<Seen>,
    /// What happens behind the figures that it expects.
    pub expected: IndexSet<Seen>,
    /// Whether it passes.
    pub passed: bool,
}

impl Plan {
    /// Runs the confirmed tests, noting what each evaluates; `filter` keeps those whose name holds it.
    #[must_use]
    pub fn observe_tests(&self, filter: Option<&str>) -> Vec<ObservedTest> {
        let tests = self.program().tests.iter().enumerate();
        let named = |test: &Test| filter.is_none_or(|f| test.name.value.contains(f));
        tests
            .filter(|(_, test)| !test.unconfirmed && named(test))
            .map(|(index, test)| observed(self.program(), index, test, self.limits()))
            .collect()
    }
}

fn observed(program: &Program, index: usize, test: &Test, limits: &Limits) -> ObservedTest {
    let choices = choices_of(test);
    let data = validate(program, &test.given, &choices, limits);
    let passed = matches!(judge(program, test, data.as_ref(), limits), Verdict::Passed);
    let (mut all, mut expected) = (IndexSet::new(), IndexSet::new());
    match &data {
        Ok(found) => {
            let (_, observer) = eval::observe(program, found, &choices, &asked(test), limits);
            all.extend(observer.all());
            expected = behind(program, found, test, &observer);
            // Data that a plan accepts met every condition.
            each_condition(program, found, &mut |condition| {
                expected.insert(Seen::Held(condition.that.span));
            });
        }
        // Data that a test expects to be refused did not.
        Err(faults) => {
            let places: Vec<_> = faults.iter().flat_map(|f| f.labels.iter().map(|l| l.span)).collect();
            for condition in conditions(program).filter(|c| places.contains(&c.that.span)) {
                expected.insert(Seen::Not(condition.that.span));
            }
        }
    }
    all.extend(expected.iter().copied());
    ObservedTest { index, data, all, expected, passed }
}

/// Conditions of all inputs.
pub fn conditions(program: &Program) -> impl Iterator<Item = &Condition> {
    let records = program.records.iter().flat_map(|r| &r.conditions);
    records.chain(program.tables.iter().flat_map(|t| &t.conditions))
}

/// Conditions that these data were held to.
fn each_condition<'p>(program: &'p Program, data: &Dataset, met: &mut dyn FnMut(&'p Condition)) {
    for (index, record) in program.records.iter().enumerate() {
        if data.records.get(index).is_some_and(Option::is_some) {
            record.conditions.iter().for_each(&mut *met);
        }
    }
    for (_, table) in program.tables.iter().enumerate().filter(|(index, _)| data.len_of(*index) > 0) {
        table.conditions.iter().for_each(&mut *met);
    }
}

/// What happened behind the conclusions that a test expects.
fn behind(program: &Program, data: &Dataset, test: &Test, observer: &Observer) -> IndexSet<Seen> {
    let conclusions: Vec<(RuleId, Option<u32>)> = match &test.expect {
        Expectation::Values(values) => values
            .iter()
            .map(|(id, key, ..)| {
                let table = program.rule(*id).and_then(|r| r.table);
                let row =
                    table.zip(key.as_ref()).and_then(|(t, k)| rows::find(program, data, t, &k.value).ok());
                (*id, row)
            })
            .collect(),
        // That a rule fails rests on every row.
        Expectation::Fails(id, ..) => match program.rule(*id).and_then(|r| r.table) {
            Some(table) => (0..data.len_of(table)).map(|row| (*id, u32::try_from(row).ok())).collect(),
            None => vec![(*id, None)],
        },
        Expectation::Refused(_) => Vec::new(),
    };
    observer.behind(&conclusions)
}
