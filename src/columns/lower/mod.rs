//! From formulas about rows to operations on registers. What is the same for every row is evaluated
//! beforehand. A part without a column form is worked out by the reference evaluator within the pass and
//! then stands in a column too; where that cannot be, its rows are left in doubt.

mod alike;
mod choice;
mod closed;
mod compare;
mod conclude;
mod dates;
mod emit;
mod figure;
mod find;
mod folds;
mod hoist;
mod keys;
mod lists;
mod numbers;
mod others;
mod pairs;
mod planes;
mod ratios;
mod refer;
mod rows;
mod running;
mod states;
mod texts;
mod turned;
mod walks;

pub use alike::alike;
pub use closed::closed;
pub use emit::Truth;
pub use figure::{Figure, What};
pub use keys::Key;

use super::engine::Engine;
use super::program::{Mask, Op, Reg};
use crate::ir::{Expr, ExprKind, Program, RuleId};
use crate::library::{Builtin, Rounds, declared_mode};
use crate::number::RoundingMode;
use crate::value::{Packed, Type, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Operations that a program may have; formulas that need more are left to the reference evaluator.
const MOST_OPS: usize = 20_000;
/// Parts of formulas that are lowered in one go, those of functions once for each call.
const MOST_PARTS: usize = 200_000;
/// How deep formulas and the functions that they call are lowered inside each other.
const DEEPEST: usize = 128;

/// Lowers formulas about the rows of one table.
pub struct Lowering<'e, 'm, 'a> {
    /// What formulas stand on.
    pub engine: &'e mut Engine<'m, 'a>,
    program: &'a Program,
    table: usize,
    /// The operations so far.
    pub ops: Vec<Op>,
    /// Registers so far.
    pub regs: usize,
    /// Masks so far.
    pub masks: usize,
    /// Conclusions about the row at hand, worked out in the same pass.
    pub concluded: BTreeMap<RuleId, Figure>,
    /// The clauses of the cases that decided, and the reasons of requirements not met.
    decided: BTreeMap<RuleId, Figure>,
    loaded: BTreeMap<(usize, usize, bool), Figure>,
    all: Option<Mask>,
    /// What was worked out of the rows of tables, to find them by.
    worked: Vec<Arc<Packed>>,
    /// Columns whose texts were put in order.
    in_order: Vec<texts::InOrder>,
    /// The binary digits of codes, where they are known.
    planes: BTreeMap<Reg, Vec<Truth>>,
    own_row: Option<Reg>,
    /// Parts lowered so far.
    parts: usize,
    /// How deep the part at hand stands within its rule.
    nesting: usize,
    /// The choices within which the part at hand stands: conditions that hold, or do not.
    under: Vec<(Mask, bool)>,
    /// Whether the rows at hand are pairs of a walk.
    paired: bool,
    /// Whether a part of the rule at hand was beyond what is lowered.
    exhausted: bool,
    /// Parts that the reference evaluator has worked out.
    referred: usize,
    /// Whether a part of the rule at hand could be worked out once the pass has concluded what it reads.
    pub awaits: bool,
}

impl<'e, 'm, 'a> Lowering<'e, 'm, 'a> {
    /// Nothing lowered yet; formulas stand so deep within others.
    pub fn new(engine: &'e mut Engine<'m, 'a>, table: usize, nesting: usize) -> Self {
        let program = engine.program();
        Self {
            engine,
            program,
            table,
            ops: Vec::new(),
            regs: 0,
            masks: 0,
            concluded: BTreeMap::new(),
            decided: BTreeMap::new(),
            loaded: BTreeMap::new(),
            all: None,
            worked: Vec::new(),
            in_order: Vec::new(),
            planes: BTreeMap::new(),
            own_row: None,
            parts: 0,
            nesting,
            under: Vec::new(),
            paired: false,
            exhausted: false,
            referred: 0,
            awaits: false,
        }
    }

    /// The row at hand.
    #[must_use]
    pub fn own(&self) -> Figure {
        Figure::sure(What::Row { row: None, table: self.table })
    }

    /// What a formula is for the rows of a batch; `frame` holds its variables.
    pub fn lower(&mut self, expr: &Expr, frame: &mut Vec<Figure>) -> Figure {
        self.parts = self.parts.saturating_add(1);
        let deepest = DEEPEST.min(self.engine.machine.limits().nesting);
        if self.ops.len() > MOST_OPS || self.parts > MOST_PARTS || self.nesting >= deepest {
            self.exhausted = true;
            return self.nothing();
        }
        match &expr.kind {
            ExprKind::Const(value) => return Figure::constant(value.clone()),
            ExprKind::Local(slot) => {
                return frame.get(*slot).cloned().unwrap_or_else(|| self.nothing());
            }
            _ => {}
        }
        match self.constant(expr, frame) {
            Some(Ok(value)) => return Figure::constant(value),
            Some(Err(())) => return self.nothing(),
            None => {}
        }
        self.nesting = self.nesting.saturating_add(1);
        let figure = self.part(expr, frame);
        self.nesting = self.nesting.saturating_sub(1);
        if matches!(figure.what, What::Nothing)
            && self.is_all(figure.doubt)
            && let Some(referred) = self.referred(expr, frame, false)
        {
            return referred;
        }
        figure
    }

    /// The same of a formula that stands so much deeper.
    fn lower_at(&mut self, expr: &Expr, depth: usize, frame: &mut Vec<Figure>) -> Figure {
        let before = self.nesting;
        self.nesting = before.saturating_add(depth);
        let figure = self.lower(expr, frame);
        self.nesting = before;
        figure
    }

    /// What a formula is whose parts differ by row.
    fn part(&mut self, expr: &Expr, frame: &mut Vec<Figure>) -> Figure {
        match &expr.kind {
            ExprKind::RowField(of, field) => {
                let of = self.lower(of, frame);
                self.field(&of, *field)
            }
            ExprKind::RowRule(of, rule) => {
                let of = self.lower(of, frame);
                self.conclusion(&of, *rule)
            }
            ExprKind::RecordField(base, field) => {
                let base = self.lower(base, frame);
                match base.what {
                    What::Record(mut fields) if *field < fields.len() => {
                        let found = fields.swap_remove(*field);
                        let absent = self.either(found.absent, base.absent);
                        let doubt = self.either(found.doubt, base.doubt);
                        Figure { what: found.what, absent, doubt }
                    }
                    _ => self.nothing(),
                }
            }
            ExprKind::Call(id, args) => {
                let Some(function) = self.program.functions.get(id.0) else { return self.nothing() };
                let args: Vec<Figure> = args.iter().map(|a| self.lower(a, frame)).collect();
                let doubt = args.iter().fold(None, |doubt, a| self.either(doubt, a.doubt));
                let mut inner = args;
                inner.iter_mut().for_each(|a| a.doubt = None);
                inner.resize(function.slots.max(inner.len()), Figure::constant(Value::Absent));
                let mut result = self.lower(&function.body, &mut inner);
                result.doubt = self.either(result.doubt, doubt);
                result
            }
            ExprKind::Builtin(builtin, args) => self.builtin(expr, builtin, args, frame),
            ExprKind::Lookup(table, keys) => {
                let keys: Vec<Figure> = keys.iter().map(|key| self.lower(key, frame)).collect();
                self.look_up(*table, &keys)
            }
            ExprKind::Negate(inner) => {
                let zero = Figure::constant(Value::Number(crate::number::Num::ZERO));
                let inner = self.lower(inner, frame);
                self.arithmetic(crate::ir::Arith::Sub, &zero, &inner)
            }
            ExprKind::Not(inner) => {
                let inner = self.lower(inner, frame);
                let (truth, doubt) = self.truth(&inner);
                let truth = self.not(truth);
                Self::flag(truth, doubt)
            }
            ExprKind::Power(base, exponent @ 1..=4) => {
                let base = self.lower(base, frame);
                let mut product = base.clone();
                for _ in 1..*exponent {
                    product = self.arithmetic(crate::ir::Arith::Mul, &product, &base);
                }
                product
            }
            ExprKind::Arith(op, a, b) => {
                let (a, b) = (self.lower(a, frame), self.lower(b, frame));
                self.arithmetic(*op, &a, &b)
            }
            ExprKind::DateStep(step, back, date, amount) => {
                let (date, amount) = (self.lower(date, frame), self.lower(amount, frame));
                self.move_date(*step, *back, &date, &amount)
            }
            ExprKind::DateDifference(a, b) => {
                let (a, b) = (self.lower(a, frame), self.lower(b, frame));
                self.days_between(&a, &b)
            }
            ExprKind::And(a, b) => {
                let a = self.lower(a, frame);
                let (first, doubt) = self.truth(&a);
                if matches!(first, Truth::Known(false)) {
                    return Self::flag(first, doubt);
                }
                let b = self.within(first, true, |s| s.lower(b, frame));
                let (second, more) = self.truth(&b);
                let more = self.where_(more, first, true);
                let doubt = self.either(doubt, more);
                let both = self.and(first, second);
                Self::flag(both, doubt)
            }
            ExprKind::Or(a, b) => {
                let a = self.lower(a, frame);
                let (first, doubt) = self.truth(&a);
                if matches!(first, Truth::Known(true)) {
                    return Self::flag(first, doubt);
                }
                let b = self.within(first, false, |s| s.lower(b, frame));
                let (second, more) = self.truth(&b);
                let more = self.where_(more, first, false);
                let doubt = self.either(doubt, more);
                let either = self.or(first, second);
                Self::flag(either, doubt)
            }
            ExprKind::Compare(first, rest) => self.chain(first, rest, frame),
            ExprKind::In(item, list, negated) => {
                let quick = self.among_rows(expr, item, list, frame);
                let quick = quick.or_else(|| self.among_listed(expr, item, list, frame));
                let found = if let Some(found) = quick {
                    found
                } else {
                    let (item, list) = (self.lower(item, frame), self.lower(list, frame));
                    self.among(&item, &list)
                };
                if !negated {
                    return found;
                }
                let (truth, doubt) = self.truth(&found);
                let truth = self.not(truth);
                Self::flag(truth, doubt)
            }
            ExprKind::IsPresent(value, negated) => {
                let value = self.lower(value, frame);
                let absent = self.absence(&value);
                let truth = if *negated { absent } else { self.not(absent) };
                Self::flag(truth, value.doubt)
            }
            ExprKind::Otherwise(a, b) => self.otherwise(a, b, frame),
            ExprKind::If(condition, then, otherwise) => {
                let condition = self.lower(condition, frame);
                let condition = self.truth(&condition);
                let mut scope = frame.clone();
                self.choose(condition, |s| s.lower(then, frame), |s| s.lower(otherwise, &mut scope))
            }
            ExprKind::Match(subject, arms, otherwise) => {
                self.matching(subject, arms, otherwise.as_deref(), frame)
            }
            ExprKind::Let(slot, _, value, body) => {
                let mut value = self.lower(value, frame);
                // The value is worked out even where the formula comes to not need it.
                let doubt = value.doubt.take();
                set(frame, *slot, value);
                let mut result = self.lower(body, frame);
                result.doubt = self.either(result.doubt, doubt);
                result
            }
            ExprKind::List(items) | ExprKind::MakeRecord(items) => {
                let mut parts: Vec<Figure> = items.iter().map(|i| self.lower(i, frame)).collect();
                let mut doubt = None;
                for part in &mut parts {
                    doubt = self.either(doubt, part.doubt.take());
                }
                let is_list = matches!(expr.kind, ExprKind::List(_));
                let what = if is_list { What::List(parts) } else { What::Record(parts) };
                Figure { what, absent: None, doubt }
            }
            ExprKind::With(base, changes) => {
                let base = self.lower(base, frame);
                let base = self.present(&base);
                let What::Record(mut fields) = base.what else { return self.nothing() };
                let mut doubt = base.doubt;
                for (index, change) in changes {
                    let mut value = self.lower(change, frame);
                    doubt = self.either(doubt, value.doubt.take());
                    if let Some(field) = fields.get_mut(*index) {
                        *field = value;
                    }
                }
                Figure { what: What::Record(fields), absent: None, doubt }
            }
            ExprKind::Query(query) => self.list(expr, query, frame),
            ExprKind::Fold { slot, initial, query, running } => {
                self.fold(expr, (*slot, initial), (query, *running), frame)
            }
            ExprKind::Term(term, Some(date)) => {
                let date = self.lower(date, frame);
                self.term_at(*term, &date)
            }
            ExprKind::ClauseOf(rule, Some(row)) | ExprKind::ReasonsOf(rule, Some(row)) => {
                let row = self.lower(row, frame);
                match (&row.what, self.decided.get(rule).cloned()) {
                    (What::Row { row: None, table }, Some(decided)) if *table == self.table => {
                        let doubt = self.either(row.doubt, decided.doubt);
                        Figure { doubt, ..decided }
                    }
                    _ => self.nothing(),
                }
            }
            _ => self.nothing(),
        }
    }

    fn builtin(
        &mut self,
        expr: &Expr,
        builtin: &'static Builtin,
        args: &[Expr],
        frame: &mut Vec<Figure>,
    ) -> Figure {
        if let [list] = args
            && matches!(list.ty, Type::List(_))
        {
            return self.of_list(expr, builtin, list, frame);
        }
        let figures: Vec<Figure> = args.iter().map(|a| self.lower(a, frame)).collect();
        match (builtin.name, figures.as_slice()) {
            ("min" | "earliest", [_, _, ..]) => self.extreme_among(&figures, false),
            ("max" | "latest", [_, _, ..]) => self.extreme_among(&figures, true),
            ("abs", [figure]) => self.size(figure),
            ("year" | "month" | "day" | "month_end", [date]) => self.part_of_date(builtin.name, date),
            ("range", [from, to]) => self.range(from, to),
            ("date", [year, month, day]) => self.date_of([year, month, day]),
            ("position", [row]) => {
                let row = self.present(row);
                let Some(reg) = self.row_reg(&row.what) else { return self.nothing() };
                self.position(reg, row.doubt)
            }
            _ => match (builtin.rounds, figures.as_slice()) {
                (Some(rounds), [figure, step, ..]) => {
                    let Some(mode) = self.mode(rounds, &figures) else { return self.nothing() };
                    match step.as_constant() {
                        Some(Value::Number(step)) => self.round(figure, step, mode),
                        _ => self.round_by_row(figure, step, mode),
                    }
                }
                _ => self.nothing(),
            },
        }
    }

    fn mode(&self, rounds: Rounds, args: &[Figure]) -> Option<RoundingMode> {
        match rounds {
            Rounds::Always(mode) => Some(mode),
            Rounds::AsDeclared => {
                // The amount and the step make no difference to the mode.
                let values: Vec<Value> = args
                    .iter()
                    .enumerate()
                    .map(|(i, a)| if i < 2 { Some(Value::Absent) } else { a.as_constant().cloned() })
                    .collect::<Option<_>>()?;
                Some(declared_mode(&self.engine.around(), &values))
            }
        }
    }

    pub(super) fn extreme_among(&mut self, figures: &[Figure], greater: bool) -> Figure {
        let Some((first, rest)) = figures.split_first() else { return self.nothing() };
        rest.iter().fold(first.clone(), |best, next| {
            let dates = |f: &Figure| matches!(f.what, What::Date(_) | What::Const(Value::Date(_)));
            if dates(&best) || dates(next) {
                self.extreme_day(&best, next, greater)
            } else {
                self.extreme(&best, next, greater)
            }
        })
    }
}

/// Gives a variable its figure.
fn set(frame: &mut Vec<Figure>, slot: usize, figure: Figure) {
    if frame.len() <= slot {
        frame.resize(slot.saturating_add(1), Figure::constant(Value::Absent));
    }
    if let Some(place) = frame.get_mut(slot) {
        *place = figure;
    }
}
