//! A whole evaluation: what is asked for, what comes out.

use super::observer::Observer;
use super::rules::Decided;
use super::shared::Apart;
use super::{Dataset, Evaluated, Failures, Machine};
use crate::ir::{Expr, FunctionId, Program, Rule, RuleBody, RuleId, Selection, Use, uses};
use crate::library::{Fault, FaultKind};
use crate::limits::{LimitError, Limits};
use crate::number::Num;
use crate::progress::Watched;
use crate::value::{Cells, Gathered, Part, Value};
use chrono::NaiveDate;
use indexmap::IndexSet;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Conclusions of which whoever watches is told at a time.
const TOLD: usize = 1_024;

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
    pub values: Cells,
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
    /// All conclusions that failed, also those that nothing asked for came to need.
    pub(super) failed: Failures,
}

impl Outcome {
    /// A conclusion.
    #[must_use]
    pub fn value(&self, rule: RuleId, row: Option<u32>) -> Option<Value> {
        self.columns.get(rule.0)?.as_ref()?.values.get(row.unwrap_or(0) as usize)
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
    machine.finish(&asked_for(program, selection))
}

/// As [`evaluate`], with all that happens noted.
#[must_use]
pub fn observe(
    program: &Program,
    data: &Dataset,
    choices: &Choices,
    selection: &Selection,
    limits: &Limits,
) -> (Outcome, Observer) {
    let mut machine = Machine::new(program, data, choices, limits);
    machine.observer = Some(Box::default());
    machine.run(selection);
    let observer = machine.observer.take().map(|o| *o).unwrap_or_default();
    (machine.finish(&asked_for(program, selection)), observer)
}

impl<'a> Machine<'a> {
    /// The plan.
    #[must_use]
    pub fn program(&self) -> &'a Program {
        self.program
    }

    /// The data.
    #[must_use]
    pub fn dataset(&self) -> &'a Dataset {
        self.data
    }

    /// What an evaluation may take.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Evaluates a formula that stands so deep within others.
    ///
    /// # Errors
    /// As [`Machine::eval`].
    pub fn eval_within(&mut self, nesting: usize, expr: &Expr, frame: &mut Vec<Value>) -> Evaluated {
        let before = std::mem::replace(&mut self.nesting, nesting);
        let result = self.eval(expr, frame);
        self.nesting = before;
        result
    }

    /// As [`Machine::eval_within`], for a value that is held elsewhere; none where there is none.
    pub fn look(&mut self, nesting: usize, expr: &Expr, frame: &mut Vec<Value>) -> Option<Value> {
        let before = self.account.held();
        let value = self.eval_within(nesting, expr, frame).ok();
        self.account.release(before);
        value
    }

    /// Counts steps that were taken elsewhere; whether there are any left.
    pub fn spend(&mut self, steps: u64) -> bool {
        self.account.step(steps).is_ok()
    }

    /// Makes room for values that were made elsewhere; whether there was any.
    pub fn hold(&mut self, values: u64) -> bool {
        self.account.build(usize::try_from(values).unwrap_or(usize::MAX)).is_ok()
    }

    /// Values for which there is still room.
    #[must_use]
    pub fn values_left(&self) -> u64 {
        self.account.most_values().saturating_sub(self.account.held())
    }

    /// Steps that may still be taken.
    #[must_use]
    pub fn steps_left(&self) -> u64 {
        self.account.steps_left()
    }

    /// Whether a limit on the whole evaluation was reached.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.account.step(0).is_err()
    }

    /// What functions of the language know of the plan.
    #[must_use]
    pub fn surroundings(&self) -> crate::library::Surroundings<'_> {
        self.around()
    }

    /// Tells somebody how many conclusions are made.
    pub fn watch(&mut self, watch: Watched<'a>) {
        self.watch = (watch, 0);
    }

    /// Counts a conclusion.
    fn tick(&mut self) {
        let (watch, made) = &mut self.watch;
        *made = made.saturating_add(1);
        if *made == TOLD {
            watch.advance(TOLD);
            *made = 0;
        }
    }

    /// A rule's conclusions so far.
    #[must_use]
    pub fn concluded(&self, rule: RuleId) -> Option<&Cells> {
        self.columns.get(rule.0)?.as_ref().map(|c| &c.values)
    }

    /// Keeps a rule's conclusions.
    pub fn keep(&mut self, rule: RuleId, column: Column) {
        if let Some(slot) = self.columns.get_mut(rule.0) {
            *slot = Some(column);
        }
    }

    /// What was concluded, and the failures that stand in the way of conclusions of these rules.
    #[must_use]
    pub fn finish(self, rules: &BTreeSet<RuleId>) -> Outcome {
        let failed = self.failures.clone();
        let mut failures = self.failures.behind(rules);
        let place = |id: RuleId| self.program.order.iter().position(|o| *o == id);
        failures.sort_by_key(|f| (place(f.rule), f.row));
        // That there are more than are kept is told in any case.
        let is_last = |f: &Failure| matches!(f.fault.kind, FaultKind::Limit(LimitError::Failures(_)));
        let last = failures.iter().position(is_last).map(|at| failures.remove(at));
        let more_failures = failures.len().saturating_sub(self.limits.faults);
        failures.truncate(self.limits.faults);
        failures.extend(last);
        Outcome { columns: self.columns, failures, more_failures, failed }
    }

    /// Whether any row has no conclusion among those kept.
    #[must_use]
    pub fn is_undecided(&self, id: RuleId) -> bool {
        let Some(Cells::Packed(packed)) = self.concluded(id) else { return false };
        let odd = packed.parts().iter().filter(|part| part.has_odd());
        odd.map(Part::segment).any(|segment| segment.odd().iter().any(|(_, value)| value.is_none()))
    }

    /// Concludes a rule for the rows of its table that have no conclusion among those kept, and puts what
    /// it finds in place, a segment at a time.
    pub fn decide(&mut self, id: RuleId, rule: &Rule) {
        let Some(Cells::Packed(packed)) = self.concluded(id) else { return };
        let (starts, odd): (Vec<usize>, Vec<bool>) =
            packed.starts().iter().copied().zip(packed.parts().iter().map(Part::has_odd)).unzip();
        for (index, start) in starts.into_iter().enumerate().filter(|(i, _)| odd.get(*i) == Some(&true)) {
            let Some(Cells::Packed(packed)) = self.concluded(id) else { return };
            let Some(segment) = packed.parts().get(index).map(Part::segment) else { return };
            let rows: Vec<u32> =
                segment.odd().iter().filter(|(_, v)| v.is_none()).map(|(row, _)| *row).collect();
            drop(segment);
            let before = self.account.held();
            let found: Vec<(u32, Option<Value>)> = rows
                .into_iter()
                .map(|row| {
                    let at = u32::try_from(start).ok().and_then(|start| start.checked_add(row));
                    (row, self.conclude_row(id, rule, at).map(|(value, _)| value))
                })
                .collect();
            let Some(Some(Column { values: Cells::Packed(packed), .. })) = self.columns.get_mut(id.0) else {
                return;
            };
            let packed = Arc::make_mut(packed);
            packed.revise(index, |segment| {
                found.into_iter().for_each(|(row, value)| segment.set_odd(row as usize, value));
            });
            if packed.parts().get(index).is_some_and(|part| part.store().is_some()) {
                self.account.release(before);
            }
        }
    }

    /// Evaluates the rules asked for and those they use; columns and failures stay with the machine.
    pub fn run(&mut self, selection: &Selection) {
        for id in needed(self.program, selection) {
            let Some(rule) = self.program.rule(id) else { continue };
            let column = self.conclude_rule(id, rule);
            self.keep(id, column);
        }
    }

    /// A rule's conclusions, for every row.
    pub fn conclude_rule(&mut self, id: RuleId, rule: &Rule) -> Column {
        let rows = rule.table.map_or(1, |t| self.data.len_of(t));
        let RuleBody::Allocate(allocate) = &rule.body else { return self.conclude_all(id, rule, rows) };
        let table = rule.table.and_then(|t| u32::try_from(t).ok()).unwrap_or(0);
        let root = if let Some(root) = self.ended {
            root
        } else if let Some(store) = self.shelf(table, rows) {
            let of = Apart { rule, allocate, table, rows };
            match self.relying_all(id, (None, rows), |m| m.allocate_apart(&of, &store)) {
                Ok(values) => return Column { values, detail: Detail::Formula },
                Err((row, fault)) => self.root_of(id, row, *fault),
            }
        } else {
            let allocated =
                self.relying_all(id, (None, rows), |m| m.allocate(allocate, rule.slots, table, rows));
            match allocated.and_then(|parts| self.parts_within(rule, parts)) {
                Ok(values) => return Column { values: Cells::Each(values), detail: Detail::Formula },
                Err((row, fault)) => self.root_of(id, row, *fault),
            }
        };
        (0..rows).for_each(|r| self.blame(id, u32::try_from(r).ok(), root));
        Column { values: Cells::Each(vec![None; rows]), detail: Detail::Formula }
    }

    /// The parts of an allocation as conclusions; the first outside the rule's range is a fault of all.
    fn parts_within(
        &self,
        rule: &Rule,
        parts: Vec<Num>,
    ) -> Result<Vec<Option<Value>>, (Option<u32>, Box<Fault>)> {
        let mut values = Vec::with_capacity(parts.len());
        for (row, part) in parts.into_iter().enumerate() {
            let value = Value::Number(part);
            self.within(rule, &value).map_err(|fault| (u32::try_from(row).ok(), fault))?;
            values.push(Some(value));
        }
        Ok(values)
    }

    fn conclude_all(&mut self, id: RuleId, rule: &Rule, rows: usize) -> Column {
        let store =
            rule.table.and_then(|t| self.data.tables.get(t)).and_then(|t| Some((t.starts(), t.store()?)));
        if let Some((starts, store)) = store {
            return self.conclude_apart(id, rule, rows, Gathered::new(&rule.ty, &starts, Some(store)));
        }
        let mut values = Vec::with_capacity(rows);
        let mut detail = Detail::Formula;
        for row in 0..rows {
            let at = rule.table.map(|_| u32::try_from(row).unwrap_or(u32::MAX));
            values.push(self.conclude_row(id, rule, at).map(|(value, decided)| {
                decided.add_to(&mut detail, row);
                value
            }));
        }
        Column { values: Cells::Each(values), detail }
    }

    /// A rule's conclusions for every row of a table that memory has no room for. How they were decided
    /// is worked out once more where somebody asks.
    fn conclude_apart(&mut self, id: RuleId, rule: &Rule, rows: usize, mut values: Gathered) -> Column {
        let mut before = self.account.held();
        for row in 0..rows {
            let concluded = self.conclude_row(id, rule, u32::try_from(row).ok());
            if values.push(concluded.map(|(value, _)| value)) {
                self.account.release(before);
                before = self.account.held();
            }
        }
        Column { values: Cells::Packed(Arc::new(values.finish())), detail: Detail::Formula }
    }

    /// A rule's conclusion for a row; none where it fails, which is kept then.
    pub(super) fn conclude_row(
        &mut self,
        id: RuleId,
        rule: &Rule,
        at: Option<u32>,
    ) -> Option<(Value, Decided)> {
        if let Some(root) = self.ended {
            self.blame(id, at, root);
            return None;
        }
        self.tick();
        let before = self.account.held();
        let concluded =
            self.relying_all(id, (at, 1), |m| m.conclude(rule, at)).and_then(|(value, decided)| {
                let span = rule.name.span;
                self.account
                    .conclude(before, &value)
                    .map_err(|e| Box::new(Fault { kind: e.into(), span }))?;
                Ok((value, decided))
            });
        match concluded {
            Ok(concluded) => Some(concluded),
            Err(fault) => {
                self.account.release(before);
                let root = self.root_of(id, at, *fault);
                self.blame(id, at, root);
                None
            }
        }
    }

    /// What happens within; the next rows of the rule rest on the assumptions that it reads. It is about
    /// one row, where one is given, or about all.
    fn relying_all<T>(
        &mut self,
        rule: RuleId,
        (row, rows): (Option<u32>, usize),
        within: impl FnOnce(&mut Self) -> T,
    ) -> T {
        if let Some(observer) = &mut self.observer {
            observer.open();
        }
        let (result, set) = self.relying(within);
        if let (Some(reliance), Some(set)) = (&mut self.reliance, set) {
            reliance.keep_rule(rule, set, rows);
        }
        if let Some(observer) = &mut self.observer {
            observer.close_rule(rule, row);
        }
        result
    }

    /// Records that a conclusion failed because of this failure.
    fn blame(&mut self, rule: RuleId, row: Option<u32>, root: usize) {
        if let Some(beyond) = self.failures.blame(rule, row, root, self.ended.is_some()) {
            self.ended.get_or_insert(beyond);
        }
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
