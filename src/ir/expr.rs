//! Typed, resolved formulas.

use super::{FunctionId, RuleId};
use crate::library::Builtin;
use crate::source::Span;
use crate::syntax::ast::CmpOp;
use crate::value::{Type, Value};
use std::sync::Arc;

/// A formula, or a part of one.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it does.
    pub kind: ExprKind,
    /// The type of its value, narrowed by what is known where it stands.
    pub ty: Type,
    /// Its characters in the plan.
    pub span: Span,
}

/// Arithmetic on two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Arith {
    Add,
    Sub,
    Mul,
    Div,
}

/// A date moved by a number of units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateStep {
    /// Calendar days.
    Days,
    /// Months, under the plan's month-end convention.
    Months,
    /// Years: twelve months each.
    Years,
}

/// What a formula does. Variables live in numbered slots of a frame; slot 0 of a table's rule is its row.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// A constant.
    Const(Value),
    /// A variable.
    Local(usize),
    /// A field of an input record (record 0 holds the scalars); absent where the record is.
    Input {
        /// The record.
        record: usize,
        /// The field.
        field: usize,
    },
    /// An input record as a whole.
    Record(usize),
    /// All rows of an input table.
    Table(usize),
    /// A field of a row; absent where the row is.
    RowField(Box<Expr>, usize),
    /// A rule's conclusion for a row; absent where the row is.
    RowRule(Box<Expr>, RuleId),
    /// A figure of the plan.
    Rule(RuleId),
    /// A field of a record value; absent where the record is.
    RecordField(Box<Expr>, usize),
    /// The given access on each item of a list; the item is the variable in the slot.
    Project {
        /// The list.
        list: Box<Expr>,
        /// The item's slot.
        slot: usize,
        /// What is taken of each.
        access: Box<Expr>,
    },
    /// A term, read at the date given or at the plan's term date.
    Term(usize, Option<Box<Expr>>),
    /// The reading chosen of an assumption.
    Assumption(usize),
    /// A function of the plan.
    Call(FunctionId, Vec<Expr>),
    /// A function of the language.
    Builtin(&'static Builtin, Vec<Expr>),
    /// A row by its key; absent where there is none.
    Lookup(usize, Vec<Expr>),
    /// `-x`.
    Negate(Box<Expr>),
    /// `not x`.
    Not(Box<Expr>),
    /// `x ^ n`.
    Power(Box<Expr>, i32),
    /// Arithmetic on numbers.
    Arith(Arith, Box<Expr>, Box<Expr>),
    /// A date plus (or, with `true`, minus) a duration.
    DateStep(DateStep, bool, Box<Expr>, Box<Expr>),
    /// Days from the second date to the first.
    DateDifference(Box<Expr>, Box<Expr>),
    /// Texts or lists put together.
    Concat(Box<Expr>, Box<Expr>),
    /// Both.
    And(Box<Expr>, Box<Expr>),
    /// Either.
    Or(Box<Expr>, Box<Expr>),
    /// A chain of comparisons.
    Compare(Box<Expr>, Vec<(CmpOp, Expr)>),
    /// Whether a list holds a value (or, with `true`, does not).
    In(Box<Expr>, Box<Expr>, bool),
    /// Whether a value is present (or, with `true`, absent).
    IsPresent(Box<Expr>, bool),
    /// The first where present, else the second.
    Otherwise(Box<Expr>, Box<Expr>),
    /// A choice.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// A choice among values.
    Match(Box<Expr>, Vec<MatchArm>, Option<Box<Expr>>),
    /// A variable.
    Let(usize, Arc<str>, Box<Expr>, Box<Expr>),
    /// A list.
    List(Vec<Expr>),
    /// A record, its fields in its type's order.
    MakeRecord(Vec<Expr>),
    /// A record with some fields, by index, replaced.
    With(Box<Expr>, Vec<(usize, Expr)>),
    /// A list made of rows.
    Query(Box<Query>),
    /// A fold over rows in order; the query's value is the next state.
    Fold {
        /// The state's slot.
        slot: usize,
        /// The first state.
        initial: Box<Expr>,
        /// The rows.
        query: Box<Query>,
        /// Whether every state is wanted.
        running: bool,
    },
    /// A failure with its message.
    Fail(Arc<str>),
    /// The clause of the case that decided a rule; the row where it is a table's.
    ClauseOf(RuleId, Option<Box<Expr>>),
    /// The reasons of the requirements of a rule that are not met.
    ReasonsOf(RuleId, Option<Box<Expr>>),
}

/// An arm of a match.
#[derive(Clone, Debug)]
pub struct MatchArm {
    /// The values.
    pub patterns: Vec<Expr>,
    /// What they give.
    pub value: Expr,
}

/// A walk over a list.
#[derive(Clone, Debug)]
pub struct Query {
    /// The item's slot.
    pub slot: usize,
    /// The list.
    pub source: Expr,
    /// Which items.
    pub filter: Option<Expr>,
    /// In which order; ties keep the list's.
    pub order: Vec<OrderKey>,
    /// What each gives.
    pub value: Expr,
}

/// One key of an order.
#[derive(Clone, Debug)]
pub struct OrderKey {
    /// The key.
    pub key: Expr,
    /// Largest first.
    pub descending: bool,
}
