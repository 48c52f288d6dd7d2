//! A whole evaluation: what is asked for, what comes out.

use super::{Dataset, Machine};
use crate::ir::{FunctionId, Program, RuleBody, RuleId, Selection, Use, uses};
use crate::library::{Fault, FaultKind};
use crate::limits::{LimitError, Limits};
use crate::value::Value;
use chrono::NaiveDate;
use indexmap::IndexSet;

/// What a caller chooses for an evaluation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Readings by assumption, in place of those the plan chose.
    pub readings: Vec<Option<usize>>,
    /// The date at which terms are read, in place of the plan's.
    pub as_of: Option<NaiveDate>,
}

impl Choices {
    /// Picks a reading.
    pub fn pick(&mut self, assumption: usize, reading: usize) {
        if self.readings.len() <= assumption {
            self.readings.resize(assumption.saturating_add(1), None);
        }
        if let Some(slot) = self.readings.get_mut(assumption) {
            *slot = Some(reading);
        }
    }

    /// The reading picked, where one is.
    #[must_use]
    pub fn reading(&self, assumption: usize) -> Option<usize> {
        self.readings.get(assumption).copied().flatten()
    }
}

/// A rule's conclusions, one for each row; one in all for a figure of the plan.
#[derive(Clone, Debug, Default)]
pub struct Column {
    /// The values; none where the rule failed.
    pub values: Vec<Option<Value>>,
    /// How they were decided.
    pub detail: Detail,
}

/// How a rule's conclusions were decided.
#[derive(Clone, Debug, Default)]
pub enum Detail {
    /// By a formula.
    #[default]
    Formula,
    /// By these cases.
    Cases(Vec<u32>),
    /// These requirements are not met.
    Unmet(Vec<Box<[u32]>>),
}

/// A rule that has no conclusion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The rule.
    pub rule: RuleId,
    /// The row, for a table's rule.
    pub row: Option<u32>,
    /// Why.
    pub fault: Fault,
}

/// What an evaluation concluded.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Conclusions by rule; none for rules that were not needed.
    pub columns: Vec<Option<Column>>,
    /// Rules that failed, in the order of evaluation.
    pub failures: Vec<Failure>,
    /// Further failures that are only counted.
    pub more_failures: usize,
}

impl Outcome {
    /// A conclusion.
    #[must_use]
    pub fn value(&self, rule: RuleId, row: Option<u32>) -> Option<&Value> {
        self.columns.get(rule.0)?.as_ref()?.values.get(row.unwrap_or(0) as usize)?.as_ref()
    }
}

/// The rules that a selection needs, each after those it uses.
#[must_use]
pub fn needed(program: &Program, selection: &Selection) -> Vec<RuleId> {
    let mut rules: IndexSet<RuleId> = match selection {
        Selection::All => {
            (0..program.rules.len()).map(RuleId).filter(|id| program.rule(*id).is_some_and(|r| !r.private)).collect()
        }
        Selection::Rules(rules) => rules.iter().copied().collect(),
    };
    let mut functions: IndexSet<FunctionId> = IndexSet::new();
    let (mut next_rule, mut next_function) = (0, 0);
    loop {
        let mut found = Vec::new();
        if let Some(rule) = rules.get_index(next_rule) {
            next_rule = next_rule.saturating_add(1);
            if let Some(rule) = program.rule(*rule) {
                rule.body.formulas(&mut |e| uses(e, &mut |u| found.push(u)));
            }
        } else if let Some(function) = functions.get_index(next_function) {
            next_function = next_function.saturating_add(1);
            if let Some(function) = program.functions.get(function.0) {
                uses(&function.body, &mut |u| found.push(u));
            }
        } else {
            break;
        }
        for use_ in found {
            match use_ {
                Use::Rule(id) => {
                    rules.insert(id);
                }
                Use::Function(id) => {
                    functions.insert(id);
                }
                _ => {}
            }
        }
    }
    program.order.iter().copied().filter(|id| rules.contains(id)).collect()
}

/// Evaluates the rules asked for and those they use.
#[must_use]
pub fn evaluate(program: &Program, data: &Dataset, choices: &Choices, selection: &Selection, limits: &Limits) -> Outcome {
    let mut machine = Machine::new(program, data, choices, limits);
    machine.run(selection)
}

impl Machine<'_> {
    /// Evaluates the rules asked for and those they use.
    pub fn run(&mut self, selection: &Selection) -> Outcome {
        let mut outcome = Outcome::default();
        for id in needed(self.program, selection) {
            let Some(rule) = self.program.rule(id) else { continue };
            let rows = rule.table.map_or(1, |t| self.data.len_of(t));
            let mut column = Column { values: Vec::with_capacity(rows), detail: Detail::Formula };
            if let RuleBody::Allocate(allocate) = &rule.body {
                let table = rule.table.and_then(|t| u32::try_from(t).ok()).unwrap_or(0);
                match self.allocate(allocate, rule.slots, table, rows) {
                    Ok(values) => column.values = values.into_iter().map(|n| Some(Value::Number(n))).collect(),
                    Err((row, fault)) => {
                        column.values = vec![None; rows];
                        self.note(&mut outcome, id, row, *fault);
                    }
                }
            } else {
                let mut stopped = false;
                for row in 0..rows {
                    let at = rule.table.map(|_| u32::try_from(row).unwrap_or(u32::MAX));
                    if stopped {
                        column.values.push(None);
                        continue;
                    }
                    match self.conclude(rule, at) {
                        Ok((value, decided)) => {
                            column.values.push(Some(value));
                            decided.add_to(&mut column.detail, row);
                        }
                        Err(fault) => {
                            // No further row can be evaluated within a limit on the whole evaluation.
                            stopped = matches!(fault.kind, FaultKind::Limit(LimitError::Steps(_)));
                            column.values.push(None);
                            self.note(&mut outcome, id, at, *fault);
                        }
                    }
                }
            }
            if let Some(slot) = self.columns.get_mut(id.0) {
                *slot = Some(column);
            }
        }
        outcome.columns.clone_from(&self.columns);
        outcome
    }

    fn note(&self, outcome: &mut Outcome, rule: RuleId, row: Option<u32>, fault: Fault) {
        if fault.kind == FaultKind::Dependent {
            return;
        }
        if outcome.failures.len() < self.limits.faults {
            outcome.failures.push(Failure { rule, row, fault });
        } else {
            outcome.more_failures = outcome.more_failures.saturating_add(1);
        }
    }
}
