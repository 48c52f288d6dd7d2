//! A derivation as plain data: each figure with what it rests on.

use super::allocate::Share;
use super::recorder::Notes;
use super::trace::{Event, Path, Rounding, Walk};
use crate::ir::{Expr, FunctionId, Holder, RuleId};
use crate::library::Fault;
use crate::source::Span;
use crate::value::{Type, Value};
use chrono::NaiveDate;
use indexmap::IndexMap;
use std::sync::Arc;

/// A derivation.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The rule asked about.
    pub root: Node,
    /// The assumptions that it rests on, wherever they were read, each with the reading relied upon.
    pub assumptions: Vec<(usize, usize)>,
    /// How many steps of a walk are told one by one, where a caller chose that.
    pub steps: Option<usize>,
}

/// What a node of a derivation is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// A rule's conclusion, for a row where it is a table's.
    Rule(RuleId, Option<u32>),
    /// A function's result for these arguments.
    Function(FunctionId, Vec<Value>),
    /// A variable of the formula above.
    Variable(Arc<str>),
    /// The step of a walk with this number, from 1.
    Step(usize),
}

/// How much of a node is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// Its value alone: where it comes from stands above.
    Above,
    /// Its value alone: where it comes from stands below, nearer to the root.
    Below,
    /// Its value alone: the tree is too deep or too large.
    Cut,
}

/// One figure and where it comes from.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is about.
    pub kind: NodeKind,
    /// The conclusion; none where it failed.
    pub value: Option<Value>,
    /// Its type.
    pub ty: Type,
    /// The formula that gave it: a rule's, that of the case that decided, a function's, a variable's.
    pub formula: Option<Span>,
    /// The part of the formula that gave it, once `let`, `if` and `match` at its head are gone through.
    pub taken: Option<Span>,
    /// Whether that part is a constant, and says no more than the value.
    pub constant: bool,
    /// Where that part is arithmetic: the values that stand for what is read in it, by place.
    pub operands: Vec<(Span, Value, Type)>,
    /// What it rests on, in the order in which it was evaluated.
    pub steps: Vec<Step>,
    /// How much of it is here.
    pub extent: Extent,
    /// Why it failed, where it did.
    pub fault: Option<Fault>,
}

/// One thing that a figure rests on.
#[derive(Clone, Debug)]
pub enum Step {
    /// A rule, a function or a variable.
    Node(Node),
    /// A condition that was asked, or was not reached.
    Branch(Branch),
    /// A rounding.
    Rounding(Rounding),
    /// A walk over rows.
    Walk(Box<Walked>),
    /// Anything that no rule concluded.
    Figure(Figure),
}

/// A walk over rows, summed up, and those of its steps that are told one by one: the first and the last
/// of a walk that calls functions, rounds or folds.
#[derive(Clone, Debug)]
pub struct Walked {
    /// The walk.
    pub walk: Walk,
    /// Its steps.
    pub steps: Vec<WalkStep>,
}

/// A step of a walk.
#[derive(Clone, Debug)]
pub struct WalkStep {
    /// Its number among the rows that passed, from 1.
    pub number: usize,
    /// The row or item.
    pub of: Value,
    /// The state before it, for a fold.
    pub before: Option<Value>,
    /// What it gives (the state after it, for a fold), and what that rests on.
    pub node: Node,
}

/// A condition, and what came of it.
#[derive(Clone, Debug)]
pub struct Branch {
    /// The condition, or the subject of a `match`; none for `otherwise`.
    pub condition: Option<Span>,
    /// What it was asked for.
    pub of: BranchOf,
    /// Its answer; none where it was not reached, or failed.
    pub answer: Option<bool>,
    /// Its clause.
    pub cite: Option<Arc<str>>,
    /// What it rests on.
    pub steps: Vec<Step>,
}

/// What a condition was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BranchOf {
    /// A case of a rule, with its value's formula.
    Case(Span),
    /// A requirement, with the reason where it is not met.
    Requirement(Arc<str>),
    /// A choice inside a formula, with the part taken; none where it is (a step to) the node's own.
    If(Option<Span>),
    /// A choice among values: the value found, its type, and the part taken as for an `if`.
    Match(Value, Type, Option<Span>),
}

/// Something that a conclusion rests on and that no rule concluded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Figure {
    /// An input.
    Input {
        /// The record or table.
        holder: Holder,
        /// The row of a table.
        row: Option<u32>,
        /// The field.
        field: usize,
        /// Its value.
        value: Value,
        /// Whether that is what the field's default gives; the data may say the same.
        default: bool,
    },
    /// Whether a record that may be absent as a whole is there.
    Record {
        /// The record.
        record: usize,
        /// Whether it is.
        present: bool,
    },
    /// A row looked for by its key.
    Lookup {
        /// The table.
        table: usize,
        /// The key.
        key: Vec<Value>,
        /// The row, where there is one.
        row: Option<u32>,
    },
    /// A term.
    Term {
        /// Which.
        term: usize,
        /// Which version.
        version: usize,
        /// The date at which it was read, where it has a history.
        date: Option<NaiveDate>,
        /// Its value.
        value: Value,
    },
    /// An assumption.
    Assumption {
        /// Which.
        assumption: usize,
        /// The reading relied upon.
        reading: usize,
    },
    /// The row or item at which a walk failed.
    Stopped {
        /// The row or item.
        at: Value,
        /// Its type.
        ty: Type,
    },
    /// A value that is worked out to be compared, or for the least or the greatest to be found.
    Computed {
        /// The formula's part.
        span: Span,
        /// Its value.
        value: Value,
        /// Its type.
        ty: Type,
    },
    /// How a row came by its part of an allocation.
    Share(Box<Share>),
}

impl Node {
    pub(super) fn new(kind: NodeKind, value: Option<Value>, ty: Type) -> Self {
        Self {
            kind,
            value,
            ty,
            formula: None,
            taken: None,
            constant: false,
            operands: Vec::new(),
            steps: Vec::new(),
            extent: Extent::Whole,
            fault: None,
        }
    }

    /// Notes the formula, the part of it that gave the value, and what went into that.
    pub(super) fn follow(&mut self, formula: Option<&Expr>, events: &[Event], notes: &Notes) -> Option<Path> {
        let formula = formula?;
        let path = Path::of(formula, events);
        self.formula = Some(formula.span);
        self.fill(&path, &notes.values);
        Some(path)
    }

    pub(super) fn fill(&mut self, path: &Path, values: &IndexMap<Span, Value>) {
        self.taken = Some(path.end);
        self.constant = path.constant;
        let value = |(span, ty): &(Span, Type)| Some((*span, values.get(span)?.clone(), ty.clone()));
        // Half a formula filled in would help nobody.
        self.operands = path.operands.iter().map(value).collect::<Option<_>>().unwrap_or_default();
    }
}
