//! One row of a table by itself, while the figures of the plan and all other tables stay as an evaluation
//! found them.

use super::folded::{Folding, dependent, holds_row, others};
use super::outcome::{Choices, Column, Outcome};
use super::rules::Decided;
use super::walks::Walks;
use super::{Dataset, Failure, Failures, Machine};
use crate::ir::{Expr, ExprKind, FunctionId, Program, Rule, RuleBody, RuleId, Use, uses, walk};
use crate::limits::Limits;
use crate::source::Span;
use crate::value::{Type, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The rules of one table, prepared to conclude about one row at a time.
#[derive(Clone, Debug)]
pub struct Single {
    /// Each rule with what is known in place, after those it uses.
    rules: Vec<(RuleId, Rule)>,
    /// The rules asked for.
    asked: BTreeSet<RuleId>,
    /// Conclusions of other rules, where formulas still read them.
    known: Vec<Option<Column>>,
    /// Failures that formulas may come upon.
    failures: Failures,
    /// Rows of other tables that formulas walk over.
    walks: Arc<Walks>,
}

/// What was concluded about one row.
#[derive(Clone, Debug, Default)]
pub struct Concluded {
    own: Vec<Own>,
    /// Failures that stand in the way of what was asked for.
    pub failures: Vec<Failure>,
    /// Those among them that are of the evaluation whose figures are known, by index.
    pub known: BTreeSet<usize>,
}

impl Concluded {
    /// A rule's conclusion; none of rules that are not about the row, were not needed, or failed.
    #[must_use]
    pub fn value(&self, rule: RuleId) -> Option<&Value> {
        match self.own.get(rule.0)? {
            Own::Done(value, _) => Some(value),
            _ => None,
        }
    }
}

/// How far the rule for one row is concluded.
#[derive(Clone, Debug, Default)]
pub(super) enum Own {
    /// Not at all.
    #[default]
    Nothing,
    /// With this conclusion.
    Done(Value, Decided),
    /// It failed.
    Failed,
}

/// Why a rule cannot be concluded for one row by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The formula's rule, or the field whose default, or condition, it is.
    pub of: Of,
    /// What it does.
    pub why: Why,
    /// Where.
    pub span: Span,
}

/// What a formula belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// A rule.
    Rule(RuleId),
    /// A field of the table: its default, or a condition that blames it.
    Field(usize),
}

/// What cannot be known of one row by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The rule allocates among all rows.
    Allocates,
    /// It reads other rows of the table.
    ReadsRows,
    /// It asks for the row's place among them.
    ReadsPlace,
    /// It reads a reference to a row of the table.
    ReadsReference,
    /// It reads a conclusion about another table that depends on this table's rows.
    ReadsDependent(RuleId),
}

impl Single {
    /// Prepares these rules of a table.
    ///
    /// # Errors
    /// Every rule, default and condition that one row by itself does not decide.
    pub fn new(
        program: &Program,
        data: &Dataset,
        outcome: &Outcome,
        (choices, limits): (&Choices, &Limits),
        table: usize,
        asked: BTreeSet<RuleId>,
    ) -> Result<Self, Vec<Obstacle>> {
        let mut machine = Machine::new(program, data, choices, limits);
        machine.known = &outcome.columns;
        let mut folding = Folding::new(&mut machine, table);
        let mut needed: BTreeSet<RuleId> = BTreeSet::new();
        let mut functions: BTreeSet<FunctionId> = BTreeSet::new();
        let mut waiting: Vec<RuleId> = asked.iter().copied().collect();
        let mut rules: Vec<(RuleId, Rule)> = Vec::new();
        while let Some(id) = waiting.pop() {
            let Some(rule) = program.rule(id).filter(|_| needed.insert(id)) else { continue };
            if rule.table != Some(table) {
                continue;
            }
            let folded = folding.rule(rule);
            let mut found = Vec::new();
            folded.body.formulas(&mut |formula| uses(formula, &mut |u| found.push(u)));
            while let Some(used) = found.pop() {
                match used {
                    Use::Rule(id) => waiting.push(id),
                    Use::Function(id) if functions.insert(id) => {
                        let body = program.functions.get(id.0).map(|f| &f.body);
                        body.into_iter().for_each(|body| uses(body, &mut |u| found.push(u)));
                    }
                    _ => {}
                }
            }
            rules.push((id, folded));
        }
        let place = |id: &RuleId| program.order.iter().position(|o| o == id);
        rules.sort_by_key(|(id, _)| place(id));
        let obstacles = Obstacles { program, table, dependent: dependent(program, table) }.all(&rules);
        if !obstacles.is_empty() {
            return Err(obstacles);
        }
        let known = others(program, table, &outcome.columns);
        let of_table = |id: RuleId| program.rule(id).is_some_and(|r| r.table == Some(table));
        let failures = outcome.failed.without(of_table);
        let mut walks = Walks::default();
        let has_room = |of: usize| of != table && data.len_of(of) <= limits.walked_rows;
        for (_, rule) in &rules {
            rule.body.formulas(&mut |formula| walks.prepare(data, formula, &has_room));
        }
        for function in functions.iter().filter_map(|id| program.functions.get(id.0)) {
            walks.prepare(data, &function.body, &has_room);
        }
        Ok(Self { rules, asked, known, failures, walks: Arc::new(walks) })
    }

    /// Concludes about the row that is the only one of its table in these data.
    #[must_use]
    pub fn conclude(
        &self,
        program: &Program,
        data: &Dataset,
        choices: &Choices,
        limits: &Limits,
    ) -> Concluded {
        let mut machine = Machine::for_row(program, data, (choices, limits), &self.known);
        machine.walks = Walks::after(Arc::clone(&self.walks));
        if !self.failures.is_empty() {
            machine.failures = self.failures.clone();
        }
        for (id, rule) in &self.rules {
            let concluded = machine.conclude_row(*id, rule, Some(0));
            if let Some(own) = machine.own.get_mut(id.0) {
                *own = concluded.map_or(Own::Failed, |(value, decided)| Own::Done(value, decided));
            }
        }
        machine.concluded_row(&self.asked, self.failures.roots())
    }
}

impl Machine<'_> {
    /// What was concluded about the row; so many failures are of the evaluation before.
    fn concluded_row(self, asked: &BTreeSet<RuleId>, before: usize) -> Concluded {
        if self.failures.roots() == before && self.failures.is_blameless() {
            return Concluded { own: self.own, ..Concluded::default() };
        }
        let found = self.failures.behind_numbered(asked);
        let known = (0..).zip(&found).filter(|(_, (number, _))| *number < before).map(|(at, _)| at).collect();
        let failures = found.into_iter().map(|(_, failure)| failure).collect();
        Concluded { own: self.own, failures, known }
    }
}

/// Finds what one row by itself does not decide.
struct Obstacles<'p> {
    program: &'p Program,
    table: usize,
    /// Rules about other tables that depend on the rows of this one.
    dependent: BTreeSet<RuleId>,
}

impl Obstacles<'_> {
    fn all(&self, rules: &[(RuleId, Rule)]) -> Vec<Obstacle> {
        let mut found = Vec::new();
        for (id, rule) in rules {
            let of = Of::Rule(*id);
            if matches!(rule.body, RuleBody::Allocate(_)) {
                found.push(Obstacle { of, why: Why::Allocates, span: rule.name.span });
                continue;
            }
            rule.body.formulas(&mut |formula| found.extend(self.of(of, formula)));
        }
        let Some(table) = self.program.tables.get(self.table) else { return found };
        for (field, info) in table.fields.iter().enumerate() {
            found.extend(info.default.as_ref().and_then(|default| self.of(Of::Field(field), default)));
        }
        for condition in &table.conditions {
            found.extend(self.of(Of::Field(condition.field), &condition.that));
        }
        found
    }

    /// The first thing of a formula that stands in the way.
    fn of(&self, of: Of, formula: &Expr) -> Option<Obstacle> {
        let (why, span) = self.why(formula, &mut BTreeSet::new())?;
        Some(Obstacle { of, why, span })
    }

    fn why(&self, formula: &Expr, functions: &mut BTreeSet<FunctionId>) -> Option<(Why, Span)> {
        let mut found: Option<(Why, Span)> = None;
        walk(formula, &mut |part| {
            if found.is_some() {
                return;
            }
            let refers = || holds_row(&part.ty, self.table).then_some(Why::ReadsReference);
            let why = match &part.kind {
                ExprKind::Table(table) if *table == self.table => Some(Why::ReadsRows),
                ExprKind::Lookup(table, _) if *table == self.table => Some(Why::ReadsRows),
                // A key that is the row itself is held against references to rows of the table.
                ExprKind::Lookup(_, keys) => {
                    keys.iter().any(|key| holds_row(&key.ty, self.table)).then_some(Why::ReadsReference)
                }
                ExprKind::Input { .. }
                | ExprKind::Record(_)
                | ExprKind::RowField(..)
                | ExprKind::Const(_) => refers(),
                ExprKind::Rule(id)
                | ExprKind::RowRule(_, id)
                | ExprKind::ClauseOf(id, _)
                | ExprKind::ReasonsOf(id, _) => match self.program.rule(*id).and_then(|r| r.table) {
                    Some(table) if table == self.table => None,
                    Some(_) if self.dependent.contains(id) => Some(Why::ReadsDependent(*id)),
                    _ => refers(),
                },
                ExprKind::Term(_, None) => {
                    let date = self.program.term_date.as_ref();
                    found = date.and_then(|date| self.why(date, functions));
                    None
                }
                // What is made of the row itself, and not of what stands in it, is its place.
                ExprKind::Builtin(_, args) => {
                    let of_row = |arg: &Expr| matches!(arg.ty.required(), Type::Row(of) if *of == self.table);
                    args.iter().any(of_row).then_some(Why::ReadsPlace)
                }
                ExprKind::Call(id, _) => {
                    if functions.insert(*id) {
                        let body = self.program.functions.get(id.0).map(|f| &f.body);
                        found = body.and_then(|body| self.why(body, functions));
                    }
                    None
                }
                _ => None,
            };
            found = found.or_else(|| why.map(|why| (why, part.span)));
        });
        found
    }
}
