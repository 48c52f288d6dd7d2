//! A whole evaluation: what is asked for, what comes out.

use super::{Dataset, Machine};
use crate::ir::{FunctionId, Program, Rule, RuleBody, RuleId, Selection, Use, uses};
use crate::library::{Fault, FaultKind};
use crate::limits::Limits;
use crate::value::Value;
use chrono::NaiveDate;
use indexmap::IndexSet;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a caller chooses for an evaluation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Readings by assumption, in place of those the plan chose.
    pub readings: Vec<Option<usize>>,
    /// The date at which terms are read, in place of the plan's.
    pub as_of: Option<NaiveDate>,
    /// Recorded decisions by assumption; a reading picked goes before one decided.
    pub determinations: Vec<Option<Determination>>,
}

/// A recorded decision on an assumption, as of those whom the document lets decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Determination {
    /// The reading decided, by index.
    pub reading: usize,
    /// Who decided.
    pub by: Arc<str>,
    /// When.
    pub on: NaiveDate,
    /// Why, or where it is recorded.
    pub note: Option<Arc<str>>,
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

    /// Records a decision.
    pub fn determine(&mut self, assumption: usize, determination: Determination) {
        if self.determinations.len() <= assumption {
            self.determinations.resize(assumption.saturating_add(1), None);
        }
        if let Some(slot) = self.determinations.get_mut(assumption) {
            *slot = Some(determination);
        }
    }

    /// The decision recorded on an assumption.
    #[must_use]
    pub fn determination(&self, assumption: usize) -> Option<&Determination> {
        self.determinations.get(assumption)?.as_ref()
    }

    /// The reading picked, or decided, where one is.
    #[must_use]
    pub fn reading(&self, assumption: usize) -> Option<usize> {
        let picked = self.readings.get(assumption).copied().flatten();
        picked.or_else(|| self.determination(assumption).map(|d| d.reading))
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
        Selection::All => (0..program.rules.len())
            .map(RuleId)
            .filter(|id| program.rule(*id).is_some_and(|r| !r.private))
            .collect(),
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

/// The rules that a selection asks for by name.
#[must_use]
pub fn asked_for(program: &Program, selection: &Selection) -> BTreeSet<RuleId> {
    match selection {
        Selection::All => {
            program.rules.iter().enumerate().filter(|(_, r)| !r.private).map(|(i, _)| RuleId(i)).collect()
        }
        Selection::Rules(rules) => rules.iter().copied().collect(),
    }
}

/// Evaluates the rules asked for and those they use. Failures are those that stand in the way of a
/// conclusion asked for: a step that fails for a row and that nothing there comes to need is none.
#[must_use]
pub fn evaluate(
    program: &Program,
    data: &Dataset,
    choices: &Choices,
    selection: &Selection,
    limits: &Limits,
) -> Outcome {
    let mut machine = Machine::new(program, data, choices, limits);
    machine.run(selection);
    let columns = std::mem::take(&mut machine.columns);
    let mut failures = machine.failures.behind(&asked_for(program, selection));
    let more_failures = failures.len().saturating_sub(limits.faults);
    failures.truncate(limits.faults);
    Outcome { columns, failures, more_failures }
}

impl Machine<'_> {
    /// Evaluates the rules asked for and those they use; columns and failures stay with the machine.
    pub fn run(&mut self, selection: &Selection) {
        for id in needed(self.program, selection) {
            let Some(rule) = self.program.rule(id) else { continue };
            let rows = rule.table.map_or(1, |t| self.data.len_of(t));
            let column = match &rule.body {
                RuleBody::Allocate(allocate) => {
                    let table = rule.table.and_then(|t| u32::try_from(t).ok()).unwrap_or(0);
                    if let Some(root) = self.ended {
                        (0..rows).for_each(|r| self.failures.blame(id, u32::try_from(r).ok(), root));
                        let column = Column { values: vec![None; rows], detail: Detail::Formula };
                        self.columns.get_mut(id.0).into_iter().for_each(|c| *c = Some(column.clone()));
                        continue;
                    }
                    match self.allocate(allocate, rule.slots, table, rows) {
                        Ok(parts) => {
                            let values = parts.into_iter().map(|n| Some(Value::Number(n))).collect();
                            Column { values, detail: Detail::Formula }
                        }
                        Err((row, fault)) => {
                            let root = self.root_of(id, row, *fault);
                            (0..rows).for_each(|r| self.failures.blame(id, u32::try_from(r).ok(), root));
                            Column { values: vec![None; rows], detail: Detail::Formula }
                        }
                    }
                }
                _ => self.conclude_all(id, rule, rows),
            };
            if let Some(slot) = self.columns.get_mut(id.0) {
                *slot = Some(column);
            }
        }
    }

    fn conclude_all(&mut self, id: RuleId, rule: &Rule, rows: usize) -> Column {
        let mut column = Column { values: Vec::with_capacity(rows), detail: Detail::Formula };
        for row in 0..rows {
            let at = rule.table.map(|_| u32::try_from(row).unwrap_or(u32::MAX));
            if let Some(root) = self.ended {
                self.failures.blame(id, at, root);
                column.values.push(None);
                continue;
            }
            let before = self.account.held();
            let concluded = self.conclude(rule, at).and_then(|(value, decided)| {
                let span = rule.name.span;
                self.account
                    .conclude(before, &value)
                    .map_err(|e| Box::new(Fault { kind: e.into(), span }))?;
                Ok((value, decided))
            });
            match concluded {
                Ok((value, decided)) => {
                    column.values.push(Some(value));
                    decided.add_to(&mut column.detail, row);
                }
                Err(fault) => {
                    self.account.release(before);
                    let root = self.root_of(id, at, *fault);
                    self.failures.blame(id, at, root);
                    column.values.push(None);
                }
            }
        }
        column
    }

    /// The failure that a fault comes from: another conclusion's, or a new one.
    fn root_of(&mut self, rule: RuleId, row: Option<u32>, fault: Fault) -> usize {
        match fault.kind {
            FaultKind::Dependent(root) => root,
            kind => {
                // Nothing more can be evaluated within a limit on the whole evaluation.
                let ends = matches!(kind, FaultKind::Limit(limit) if limit.ends_evaluation());
                let root = self.failures.add(Failure { rule, row, fault: Fault { kind, ..fault } });
                if ends {
                    self.ended.get_or_insert(root);
                }
                root
            }
        }
    }
}
