//! What an evaluation did, recorded as it happens where a trace is asked for.

use crate::ir::{Expr, ExprKind, FunctionId, Holder, RuleId};
use crate::number::{Num, RoundingMode};
use crate::source::Span;
use crate::value::{Type, Value};
use chrono::NaiveDate;
use indexmap::IndexMap;
use std::sync::Arc;

/// How many items of a walk are kept; the rest are only counted.
const KEPT_ITEMS: usize = 12;
/// How many of the first steps of a walk are recorded one by one, and how many of the last.
const TOLD_STEPS: usize = 100;

/// A rounding: what went in, what came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rounding {
    /// The call in the plan.
    pub span: Span,
    /// Which way.
    pub mode: RoundingMode,
    /// To multiples of this.
    pub step: Num,
    /// The exact value.
    pub exact: Num,
    /// The rounded value.
    pub result: Num,
    /// The unit of all of these.
    pub ty: Type,
}

/// What a condition is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedFor {
    /// The case of a rule with this index.
    Case(usize),
    /// The requirement of a rule with this index.
    Requirement(usize),
    /// A choice inside a formula.
    If,
}

/// A walk over rows or items, summed up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// The walk's characters in the plan.
    pub span: Span,
    /// What is walked over, as the plan writes it.
    pub source: Span,
    /// The type of its rows or items.
    pub row: Type,
    /// The condition that rows must pass.
    pub filter: Option<Span>,
    /// How many rows there are.
    pub all: usize,
    /// How many passed.
    pub passed: usize,
    /// The first of those that passed, each with what it gives; the one alone that decided.
    pub items: Vec<(Value, Value)>,
    /// Whether one item decided: what `any` found, `all` stopped at, or `first` and `last` picked.
    pub decided: bool,
    /// The type of what they give.
    pub item: Type,
    /// The characters of what is made of them, as far as that is known: those of the walk where
    /// nothing is.
    pub whole: Span,
    /// What is made of them (`sum`, `max`, `fold`), and its value; none for a plain list.
    pub result: Option<(&'static str, Value, Type)>,
}

impl Walk {
    /// Keeps an item where there is room for it.
    pub(super) fn keep(&mut self, row: &Value, gives: &Value) {
        if self.items.len() < KEPT_ITEMS {
            self.items.push((row.clone(), gives.clone()));
        }
    }

    /// Counts one more item that passed.
    pub(super) fn passes(&mut self) {
        self.passed = self.passed.saturating_add(1);
    }

    /// Whether the step with this number, from 1, is among those recorded one by one.
    pub(super) fn tells(&self, number: usize) -> bool {
        number <= TOLD_STEPS || number > self.passed.saturating_sub(TOLD_STEPS)
    }

    /// Keeps the item alone that decides what is made of them, where one does by its place.
    pub(super) fn pick(&mut self, made: &str, steps: &mut Vec<Stepped>) {
        let number = match made {
            "first" => 1,
            "last" => self.passed,
            _ => return,
        };
        let gives = steps.iter().find(|s| s.number == number).map(|s| (s.of.clone(), s.gives.clone()));
        let kept = gives.or_else(|| self.items.get(number.checked_sub(1)?).cloned());
        self.decided = kept.is_some();
        self.items = kept.into_iter().collect();
        steps.retain(|s| s.number == number);
    }
}

/// One step of a walk that calls functions, rounds, or folds.
#[derive(Clone, Debug)]
pub struct Stepped {
    /// Its number among those that passed, from 1.
    pub number: usize,
    /// The row or item.
    pub of: Value,
    /// The state before it, for a fold.
    pub before: Option<Value>,
    /// What it gives: the state after it, for a fold.
    pub gives: Value,
    /// The formula of that.
    pub formula: Span,
    /// The way taken through the formula.
    pub path: Path,
    /// The values of operands, by place.
    pub values: IndexMap<Span, Value>,
    /// What was done for it.
    pub events: Vec<Event>,
}

/// Whether a formula has more to tell than its value: it calls a function of the plan, rounds or folds.
pub(super) fn tells(part: &Expr) -> bool {
    let mut found = match &part.kind {
        ExprKind::Call(..) | ExprKind::Fold { .. } => true,
        ExprKind::Builtin(builtin, _) => builtin.rounds.is_some(),
        _ => false,
    };
    if !found {
        part.children(&mut |child| found = found || tells(child));
    }
    found
}

/// A variable that was given its value.
#[derive(Clone, Debug)]
pub struct Named {
    /// Its number among all that the recorder has seen.
    pub number: usize,
    /// Its name.
    pub name: Arc<str>,
    /// The formula of its value.
    pub formula: Span,
    /// The way taken through that.
    pub path: Path,
    /// Its value; none where the formula failed.
    pub value: Option<Value>,
    /// Its type.
    pub ty: Type,
    /// What was done for it.
    pub events: Vec<Event>,
}

/// The way taken through the choices that a formula begins with, to the part that gave its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The part.
    pub end: Span,
    /// Whether the part is a constant.
    pub constant: bool,
    /// The conditions and subjects of the choices on the way.
    pub choices: Vec<Span>,
    /// Where the part is arithmetic, or a record of such parts: the values that go into it, by place,
    /// with their types.
    pub operands: Vec<(Span, Type)>,
}

impl Path {
    /// Follows a formula as far as the events tell which way it went.
    pub(super) fn of(formula: &Expr, events: &[Event]) -> Self {
        let took = |part: &Expr| events.iter().any(|e| matches!(e, Event::Took(at) if *at == part.span));
        let mut choices = Vec::new();
        let mut end = formula;
        loop {
            let next = match &end.kind {
                ExprKind::Let(_, _, _, body) => Some(&**body),
                ExprKind::If(condition, yes, no) => {
                    choices.push(condition.span);
                    [yes, no].into_iter().map(|e| &**e).find(|e| took(e))
                }
                ExprKind::Match(subject, arms, otherwise) => {
                    choices.push(subject.span);
                    arms.iter().map(|a| &a.value).chain(otherwise.as_deref()).find(|e| took(e))
                }
                ExprKind::Otherwise(a, b) => [a, b].into_iter().map(|e| &**e).find(|e| took(e)),
                _ => None,
            };
            match next {
                Some(next) => end = next,
                None => break,
            }
        }
        let mut operands = Vec::new();
        let arithmetic = !is_operand(end) && collect(end, &mut operands);
        if !arithmetic {
            operands.clear();
        }
        Self { end: end.span, constant: matches!(end.kind, ExprKind::Const(_)), choices, operands }
    }
}

/// Whether a part is read or concluded elsewhere, so that its value can stand for it.
pub(super) fn is_operand(part: &Expr) -> bool {
    match &part.kind {
        ExprKind::Local(_)
        | ExprKind::Input { .. }
        | ExprKind::RowField(..)
        | ExprKind::RowRule(..)
        | ExprKind::Rule(_)
        | ExprKind::RecordField(..)
        | ExprKind::Term(..)
        | ExprKind::Call(..)
        | ExprKind::Otherwise(..)
        | ExprKind::Fold { .. } => true,
        ExprKind::Builtin(_, args) => {
            args.iter().any(|a| matches!(a.kind, ExprKind::Query(_) | ExprKind::Project { .. }))
        }
        _ => false,
    }
}

/// The operands of arithmetic; false where a part is anything else.
fn collect(part: &Expr, operands: &mut Vec<(Span, Type)>) -> bool {
    if is_operand(part) {
        operands.push((part.span, part.ty.clone()));
        return true;
    }
    let arithmetic = matches!(
        part.kind,
        ExprKind::Const(_)
            | ExprKind::Builtin(..)
            | ExprKind::Negate(_)
            | ExprKind::Power(..)
            | ExprKind::Arith(..)
            | ExprKind::DateStep(..)
            | ExprKind::DateDifference(..)
            | ExprKind::MakeRecord(_)
            | ExprKind::With(..)
    );
    let mut all = arithmetic;
    part.children(&mut |child| all = all && collect(child, operands));
    all
}

/// One thing that an evaluation did.
#[derive(Clone, Debug)]
pub enum Event {
    /// It read a rule's conclusion, if there is one.
    Rule(RuleId, Option<u32>),
    /// It called a function of the plan; no value where that failed.
    Called(FunctionId, Vec<Value>, Option<Value>),
    /// It read an input: the record or table, the row, the field.
    Input(Holder, Option<u32>, usize, Value),
    /// It asked whether a record that may be absent as a whole is there.
    Record(usize, bool),
    /// It looked for the row of a table with a key.
    Looked(usize, Vec<Value>, Option<u32>),
    /// It read a term: which version, on which date.
    Term(usize, usize, Option<NaiveDate>, Value),
    /// It read the reading of an assumption.
    Assumption(usize, usize),
    /// It asked a condition; no answer where that failed. What it read for it comes with it.
    Asked(AskedFor, Span, Option<bool>, Vec<Event>),
    /// It looked at the subject of a `match`.
    Matched(Span, Value, Type, Vec<Event>),
    /// It took the value at this place: of a case, an `if`, an arm of a `match`.
    Took(Span),
    /// It gave a variable its value; none where that failed.
    Named(Box<Named>),
    /// It worked out a value that is compared, or that the least or the greatest is found of.
    Computed(Span, Value, Type),
    /// It rounded.
    Rounded(Rounding),
    /// It walked over rows; with the steps that are told one by one.
    Walked(Box<Walk>, Vec<Stepped>),
    /// A walk over rows or items of this type failed at this one.
    Stopped(Value, Type),
}
