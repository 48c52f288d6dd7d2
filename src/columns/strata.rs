//! The order of a whole evaluation: rows, then totals over them, then rows again. Rules about the
//! rows of one table that stand on nothing but each other are concluded in one pass.

use super::Crew;
use super::chosen::Chosen;
use super::engine::Engine;
use super::fading::{Fading, FieldOf};
use super::lower::{Lowering, What};
use super::store::{Stored, gathered, gathered_last};
use crate::eval::{Choices, Column, Dataset, Detail, Failure, Machine, Outcome, asked_for};
use crate::ir::{Expr, ExprKind, Program, Rule, RuleBody, RuleId, Selection, Use, uses};
use crate::library::FaultKind;
use crate::limits::{LimitError, Limits};
use crate::progress::{Phase, Watched};
use crate::value::{Cells, Packed, Part, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Bits that a fraction may have here at most: registers, with their factors and divisors, stay below.
const FRACTION_BITS: u64 = 512;

/// Evaluates the rules asked for and those they use, over columns: with the conclusions, and the
/// failures, of the reference evaluator.
///
/// Columns take fewer steps than rows do, but for totals that no row comes to ask for, and hold fewer
/// values. What reaches a limit on the whole evaluation all the same is evaluated once more, row by row, so
/// that the failure stands where it always does.
#[must_use]
pub fn evaluate<'a>(
    program: &'a Program,
    data: &'a Dataset,
    choices: &'a Choices,
    selection: &Selection,
    limits: &Limits,
    crew: Crew<'a>,
) -> Outcome {
    let found = by_columns(program, data, (choices, selection), limits, crew, Fading::default());
    found.unwrap_or_else(|| crate::eval::evaluate(program, data, choices, selection, limits))
}

/// The same over data that nobody needs afterwards but for keys, places and columns that the plan does not
/// know: other columns are given up where rules have read them, and what is concluded takes their room. None
/// where all of the data would have to be evaluated once more, row by row.
#[must_use]
pub fn evaluate_once(
    program: &Program,
    data: &mut Dataset,
    choices: &Choices,
    selection: &Selection,
    limits: &Limits,
    crew: Crew<'_>,
) -> Option<Outcome> {
    let chosen = Chosen { program, choices };
    let fading = Fading::of(chosen, &order(chosen, &asked_for(program, selection)), data);
    if fading.is_empty() || limits.fraction_bits < FRACTION_BITS {
        return Some(evaluate(program, data, choices, selection, limits, crew));
    }
    fading.lend(data);
    by_columns(program, data, (choices, selection), limits, crew, fading)
}

/// The rules that some come to need, each after those it uses. What only another reading would come to read
/// stands in nobody's way.
fn order(chosen: Chosen<'_>, asked: &BTreeSet<RuleId>) -> Vec<RuleId> {
    let come_to = chosen.needed(asked.clone());
    chosen.program.order.iter().copied().filter(|id| come_to.contains(id)).collect()
}

/// None where it is for the reference evaluator to evaluate the whole.
fn by_columns<'a>(
    program: &'a Program,
    data: &'a Dataset,
    (choices, selection): (&'a Choices, &Selection),
    limits: &Limits,
    crew: Crew<'a>,
    fading: Fading,
) -> Option<Outcome> {
    if limits.fraction_bits < FRACTION_BITS {
        return None;
    }
    let mut machine = Machine::new(program, data, choices, limits);
    let fades = !fading.is_empty();
    let chosen = Chosen { program, choices };
    let asked = asked_for(program, selection);
    let order = order(chosen, &asked);
    let rows = |id: &RuleId| program.rule(*id).and_then(|r| r.table).map_or(1, |table| data.len_of(table));
    crew.watch.begin(Phase::Rules, Some(order.iter().map(rows).fold(0, usize::saturating_add)));
    machine.watch(crew.watch);
    let mut strata = Strata {
        watch: crew.watch,
        engine: Engine::new(&mut machine, crew.pool),
        program,
        waiting: BTreeMap::new(),
        asked: asked.clone(),
        reads: reads(chosen, &order),
        fading,
    };
    strata.run(order);
    let spent = strata.engine.is_exceeded();
    let outcome = machine.finish(&asked);
    // What was given up has no value where somebody reads it all the same.
    let of_the_whole = |f: &Failure| match f.fault.kind {
        FaultKind::Limit(LimitError::Steps(_) | LimitError::Values(_)) => true,
        FaultKind::Internal => fades,
        _ => false,
    };
    (!spent && !outcome.failures.iter().any(of_the_whole)).then_some(outcome)
}

/// The rows of a table for which some condition does not hold, or cannot be asked; so many of each
/// condition at most. What columns leave in doubt the reference evaluator decides.
#[must_use]
pub fn not_held(
    program: &Program,
    data: &Dataset,
    (choices, limits): (&Choices, &Limits),
    table: usize,
    most: usize,
) -> Vec<usize> {
    let conditions = program.tables.get(table).map_or(&[][..], |t| &t.conditions);
    let mut machine = Machine::new(program, data, choices, limits);
    let mut engine = Engine::new(&mut machine, None);
    let mut found = BTreeSet::new();
    for condition in conditions {
        if engine.holds(&condition.that, table) {
            continue;
        }
        let doubtful = engine.doubtful(&condition.that, table);
        let rows: Box<dyn Iterator<Item = usize>> = match doubtful {
            Some(rows) => Box::new(rows.into_iter()),
            None => Box::new(0..data.len_of(table)),
        };
        let fails = |row: &usize| {
            let (table, row) = (u32::try_from(table), u32::try_from(*row));
            let own = Value::Row { table: table.unwrap_or(u32::MAX), row: row.unwrap_or(u32::MAX) };
            !matches!(engine.value(&condition.that, &mut vec![own], 0), Ok(Value::Bool(true)))
        };
        found.extend(rows.filter(fails).take(most));
    }
    found.into_iter().collect()
}

/// What a rule reads of other rules.
#[derive(Clone, Debug, Default)]
struct Reads {
    /// For the row at hand.
    own: BTreeSet<RuleId>,
    /// In any other way: of other rows, of other tables, of the plan.
    other: BTreeSet<RuleId>,
}

struct Strata<'m, 'a> {
    watch: Watched<'a>,
    engine: Engine<'m, 'a>,
    program: &'a Program,
    /// Rules about a table's rows that wait for the next pass over it.
    waiting: BTreeMap<usize, Vec<RuleId>>,
    reads: BTreeMap<RuleId, Reads>,
    /// Rules whose conclusions are results.
    asked: BTreeSet<RuleId>,
    /// Columns of inputs that are given up once they are read for the last time.
    fading: Fading,
}

impl Strata<'_, '_> {
    fn run(&mut self, order: Vec<RuleId>) {
        let mut left = order;
        let mut done: BTreeSet<RuleId> = BTreeSet::new();
        self.give_up(&done);
        while !left.is_empty() && !self.engine.is_exceeded() {
            let before = left.len();
            let mut later = Vec::with_capacity(before);
            for id in std::mem::take(&mut left) {
                if !self.is_ready(id, &done) {
                    later.push(id);
                    continue;
                }
                match self.program.rule(id).and_then(|r| r.table) {
                    Some(table) if self.has_column_form(id) => {
                        self.waiting.entry(table).or_default().push(id);
                    }
                    _ => {
                        self.refer(id);
                        done.insert(id);
                        self.give_up(&done);
                    }
                }
            }
            if self.waiting.is_empty() && later.len() == before {
                // The order of a checked plan leaves nothing behind; what did would have no end.
                later.iter().for_each(|id| self.refer(*id));
                return;
            }
            left = later;
            // What is left needs a pass first.
            for (table, rules) in std::mem::take(&mut self.waiting) {
                let later = self.pass(table, &rules);
                done.extend(rules.into_iter().filter(|id| !later.contains(id)));
                self.give_up(&done);
                left.extend(later);
            }
        }
    }

    /// Gives up the columns that no rule is to read any more, once these are concluded.
    fn give_up(&mut self, done: &BTreeSet<RuleId>) {
        let gone = self.fading.without(done);
        let spare = Arc::clone(&self.engine.spare);
        for column in self.columns(gone) {
            column.parts().iter().for_each(|part| part.give_up(&spare));
        }
    }

    fn columns(&mut self, fields: Vec<FieldOf>) -> Vec<Arc<Packed>> {
        fields.into_iter().filter_map(|(table, field)| self.engine.field(table, field)).collect()
    }

    /// Whether everything that a rule reads is concluded, or waits for the same pass.
    fn is_ready(&self, id: RuleId, done: &BTreeSet<RuleId>) -> bool {
        let Some(reads) = self.reads.get(&id) else { return true };
        let table = self.program.rule(id).and_then(|r| r.table);
        let waits = |other: &RuleId| {
            self.has_column_form(id)
                && table.and_then(|t| self.waiting.get(&t)).is_some_and(|rules| rules.contains(other))
        };
        reads.other.iter().all(|r| done.contains(r)) && reads.own.iter().all(|r| done.contains(r) || waits(r))
    }

    fn has_column_form(&self, id: RuleId) -> bool {
        self.program.rule(id).is_some_and(|r| !matches!(r.body, RuleBody::Allocate(_)))
    }

    /// Concludes a rule by the reference evaluator, totals over whole tables worked out beforehand; an
    /// allocation over columns, where it has that form.
    fn refer(&mut self, id: RuleId) {
        let Some(rule) = self.program.rule(id) else { return };
        if let Some(values) = self.engine.allocated(id) {
            return self.engine.machine.keep(id, Column { values, detail: Detail::Formula });
        }
        let summed = self.summed(rule);
        let column = self.engine.machine.conclude_rule(id, &summed);
        self.engine.machine.keep(id, column);
    }

    /// A rule with its totals over whole tables in place, so that no row works them out anew.
    fn summed(&mut self, rule: &Rule) -> Rule {
        let many = rule.table.is_some_and(|table| self.engine.machine.dataset().len_of(table) > 1);
        let mut summed = rule.clone();
        summed.body.formulas_mut(&mut |formula| {
            if let Some(sum) = self.engine.summed(formula, 0, many) {
                *formula = sum;
            }
        });
        summed
    }

    /// Those of some rules whose conclusions are results, or that a rule not among them comes to read.
    fn read_later(&self, rules: &[RuleId]) -> BTreeSet<RuleId> {
        let others = self.reads.iter().filter(|(id, _)| !rules.contains(id));
        let read = others.flat_map(|(_, reads)| reads.own.iter().chain(&reads.other));
        let read: BTreeSet<RuleId> = read.chain(&self.asked).copied().collect();
        rules.iter().copied().filter(|id| read.contains(id)).collect()
    }

    /// One pass over a table's rows: rules in order, each after those it uses. Answers the rules that
    /// must wait for one that has no column form: once it is concluded, they can stand on its column. Beyond a
    /// limit nothing is concluded.
    fn pass(&mut self, table: usize, rules: &[RuleId]) -> Vec<RuleId> {
        let read_later = self.read_later(rules);
        let mut lowering = Lowering::new(&mut self.engine, table, 0);
        let (mut stored, mut packed) = (Vec::with_capacity(rules.len()), Vec::with_capacity(rules.len()));
        let (mut spare, mut passing) = (Vec::new(), Vec::new());
        let (mut concluded, mut waiting) = (Vec::with_capacity(rules.len()), Vec::new());
        let mut blocked: BTreeSet<RuleId> = BTreeSet::new();
        // Lists of varying length are read from the column that they will stand in.
        let mut whole: BTreeSet<RuleId> = BTreeSet::new();
        for id in rules {
            let Some(rule) = self.program.rule(*id) else { continue };
            let waits = |r: &RuleId| blocked.contains(r) || whole.contains(r);
            if self.reads.get(id).is_some_and(|reads| reads.own.iter().any(waits)) {
                blocked.insert(*id);
                waiting.push(*id);
                continue;
            }
            concluded.push((*id, rule));
            lowering.rule(*id, rule);
            let Some(figure) = lowering.concluded.get(id).cloned() else { continue };
            let stored_as = Stored::new(&figure, &mut lowering);
            if stored_as.is_some() && matches!(figure.what, What::Listed(..) | What::Whole(_)) {
                whole.insert(*id);
            }
            match stored_as {
                Some(one) if !read_later.contains(id) => {
                    // Nothing but this pass reads it. That it is in doubt for a row must be known all the same.
                    passing.extend(one.only_doubt());
                    spare.push((*id, one));
                }
                Some(one) => {
                    stored.push(one);
                    packed.push(*id);
                }
                None if lowering.awaits => {
                    // It has a column form once what it reads stands in columns.
                    blocked.insert(*id);
                    waiting.push(*id);
                    concluded.pop();
                }
                None => {
                    blocked.insert(*id);
                }
            }
        }
        let ops = std::mem::take(&mut lowering.ops);
        lowering.engine.forget_indexes();
        if !blocked.is_empty() {
            // Rules that wait may read what no other does.
            for (id, one) in spare.drain(..) {
                packed.push(id);
                stored.push(one);
            }
            passing.clear();
        }
        let again = if spare.is_empty() { Vec::new() } else { ops.clone() };
        stored.append(&mut passing);
        // Rows in doubt are decided afterwards, and what they read must be there then: that of their own segments,
        // or of all where rules that were left out are to be packed after all.
        let goes_on = blocked.is_empty()
            && packed.len().saturating_add(spare.len()) == concluded.len()
            && (spare.is_empty() || !stored.iter().any(Stored::may_be_in_doubt));
        let last = if goes_on {
            let concluded = concluded.iter().map(|(id, _)| *id).collect();
            self.columns(self.fading.read_last(&concluded))
        } else {
            Vec::new()
        };
        let gathered_now = gathered_last(&mut self.engine, table, ops, &mut stored, (self.watch, &last));
        let Some(mut columns) = gathered_now else { return Vec::new() };
        let in_doubt = columns.iter().any(|column| column.parts().iter().any(Part::has_odd));
        columns.truncate(packed.len());
        let mut unread: BTreeSet<RuleId> = spare.iter().map(|(id, _)| *id).collect();
        if in_doubt {
            // The reference evaluator decides some rows, for which it reads whatever there is.
            let (ids, mut stored): (Vec<RuleId>, Vec<Stored>) = spare.into_iter().unzip();
            let more = gathered(&mut self.engine, table, again, &mut stored, Watched::default());
            let Some(more) = more else { return Vec::new() };
            packed.extend(ids);
            columns.extend(more);
            unread.clear();
        }
        if self.engine.machine.dataset().tables.get(table).is_some_and(|data| data.store().is_none()) {
            self.engine.hold_lists();
        }
        let mut kept: BTreeSet<RuleId> = BTreeSet::new();
        for (id, column) in packed.into_iter().zip(columns) {
            let values = Cells::Packed(Arc::new(column));
            self.engine.machine.keep(id, Column { values, detail: Detail::Formula });
            kept.insert(id);
        }
        self.engine.forget();
        // What is in doubt the reference evaluator decides.
        for (id, rule) in concluded.into_iter().filter(|(id, _)| !unread.contains(id)) {
            if kept.contains(&id) && !self.engine.machine.is_undecided(id) {
                continue;
            }
            let summed = self.summed(rule);
            // What it read of the same pass may be put in place yet.
            self.engine.forget();
            if kept.contains(&id) {
                self.engine.machine.decide(id, &summed);
            } else {
                let column = self.engine.machine.conclude_rule(id, &summed);
                self.engine.machine.keep(id, column);
            }
        }
        self.engine.forget();
        waiting
    }
}

/// What each rule reads of others, through the functions that it calls too.
fn reads(chosen: Chosen<'_>, rules: &[RuleId]) -> BTreeMap<RuleId, Reads> {
    let functions: Vec<BTreeSet<RuleId>> = functions(chosen);
    let mut all = BTreeMap::new();
    for id in rules {
        let Some(rule) = chosen.program.rule(*id) else { continue };
        let mut reads = Reads::default();
        chosen.formulas(&rule.body, &mut |formula| {
            chosen.walk(formula, &mut |part| read_of(part, chosen.program, &functions, &mut reads));
        });
        // What is read both ways must be there before.
        let other = reads.other.clone();
        reads.own.retain(|r| !other.contains(r));
        all.insert(*id, reads);
    }
    all
}

fn read_of(part: &Expr, program: &Program, functions: &[BTreeSet<RuleId>], reads: &mut Reads) {
    match &part.kind {
        ExprKind::RowRule(of, id) | ExprKind::ClauseOf(id, Some(of)) | ExprKind::ReasonsOf(id, Some(of))
            if matches!(of.kind, ExprKind::Local(0)) =>
        {
            reads.own.insert(*id);
        }
        ExprKind::RowRule(_, id)
        | ExprKind::Rule(id)
        | ExprKind::ClauseOf(id, _)
        | ExprKind::ReasonsOf(id, _) => {
            reads.other.insert(*id);
        }
        ExprKind::Call(id, _) => reads.other.extend(functions.get(id.0).into_iter().flatten()),
        ExprKind::Term(term, None) => {
            // A term with a history is read on the plan's date, which may be a rule's.
            let history = program.terms.get(*term).is_some_and(crate::ir::Term::has_history);
            if let Some(date) = program.term_date.as_ref().filter(|_| history) {
                uses(date, &mut |u| {
                    if let Use::Rule(id) = u {
                        reads.other.insert(id);
                    }
                });
            }
        }
        _ => {}
    }
}

/// The rules that each function reads, directly or through others.
fn functions(chosen: Chosen<'_>) -> Vec<BTreeSet<RuleId>> {
    let direct: Vec<(BTreeSet<RuleId>, BTreeSet<usize>)> = chosen
        .program
        .functions
        .iter()
        .map(|function| {
            let (mut rules, mut calls) = (BTreeSet::new(), BTreeSet::new());
            chosen.walk(&function.body, &mut |part| match Use::of(part) {
                Some(Use::Rule(id)) => {
                    rules.insert(id);
                }
                Some(Use::Function(id)) => {
                    calls.insert(id.0);
                }
                _ => {}
            });
            (rules, calls)
        })
        .collect();
    (0..direct.len())
        .map(|first| {
            let (mut rules, mut seen, mut waiting) = (BTreeSet::new(), BTreeSet::new(), vec![first]);
            while let Some(next) = waiting.pop() {
                if let Some((own, calls)) = direct.get(next).filter(|_| seen.insert(next)) {
                    rules.extend(own);
                    waiting.extend(calls);
                }
            }
            rules
        })
        .collect()
}
