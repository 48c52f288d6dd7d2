//! The syntax tree of formulas and of type expressions. It knows nothing of types or names' meaning.

use crate::number::Num;
use crate::source::{Name, Span};
use chrono::NaiveDate;
use std::sync::Arc;

/// A formula, or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its characters in the plan file.
    pub span: Span,
}

/// Calls `visit` on each direct part of a formula, to look at it or to change it.
macro_rules! parts_of {
    ($expr:expr, $visit:ident, $children:ident, $iter:ident $(, $mutable:tt)?) => {{
        use ExprKind as K;
        match &$($mutable)? $expr.kind {
            K::Absent | K::Bool(_) | K::Number { .. } | K::Date(_) | K::Text(_) | K::Name(_) | K::Fail(_) => {
            }
            K::Field(e, _)
            | K::Negate(e)
            | K::Not(e)
            | K::Power(e, _)
            | K::ClauseOf(e)
            | K::ReasonsOf(e)
            | K::IsPresent { value: e, .. } => $visit(e),
            K::Call(_, items) | K::List(items) => items.$iter().for_each($visit),
            K::Lookup(e, items) => {
                $visit(e);
                items.$iter().for_each($visit);
            }
            K::At(a, b)
            | K::Binary(_, _, a, b)
            | K::Otherwise(a, b)
            | K::In { item: a, list: b, .. }
            | K::Let { value: a, body: b, .. } => {
                $visit(a);
                $visit(b);
            }
            K::Compare(first, rest) => {
                $visit(first);
                rest.$iter().for_each(|(_, _, e)| $visit(e));
            }
            K::If(c, a, b) => {
                $visit(c);
                $visit(a);
                $visit(b);
            }
            K::Match { subject, arms, otherwise } => {
                $visit(subject);
                for arm in arms {
                    arm.patterns.$iter().for_each(&mut *$visit);
                    $visit(&$($mutable)? arm.value);
                }
                if let Some(e) = otherwise {
                    $visit(e);
                }
            }
            K::Record(fields) => fields.$iter().for_each(|(_, e)| $visit(e)),
            K::With(base, fields) => {
                $visit(base);
                fields.$iter().for_each(|(_, e)| $visit(e));
            }
            K::Query(query) => query.$children($visit),
            K::Fold { initial, query, .. } => {
                $visit(initial);
                query.$children($visit);
            }
        }
    }};
}

/// Calls `visit` on each direct part of a query, to look at it or to change it.
macro_rules! parts_of_query {
    ($query:expr, $visit:ident, $iter:ident $(, $mutable:tt)?) => {{
        $visit(&$($mutable)? $query.source);
        if let Some(filter) = &$($mutable)? $query.filter {
            $visit(filter);
        }
        $query.order.$iter().for_each(|k| $visit(&$($mutable)? k.key));
        $visit(&$($mutable)? $query.value);
    }};
}

impl Expr {
    /// Calls `visit` on each direct part.
    pub fn children<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        parts_of!(self, visit, children, iter);
    }

    /// Calls `visit` on each direct part, to change it.
    pub fn children_mut(&mut self, visit: &mut dyn FnMut(&mut Expr)) {
        parts_of!(self, visit, children_mut, iter_mut, mut);
    }
}

impl Query {
    fn children<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        parts_of_query!(self, visit, iter);
    }

    fn children_mut(&mut self, visit: &mut dyn FnMut(&mut Expr)) {
        parts_of_query!(self, visit, iter_mut, mut);
    }
}

/// A unit as written after a number: `USD/share` is `[(USD, 1), (share, -1)]`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct UnitExpr {
    /// Unit names as written (singular or plural) with their exponents.
    pub factors: Vec<(Name, i32)>,
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum CmpOp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl CmpOp {
    /// How it is written.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "<>",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }
}

/// Arithmetic and logic on two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BinOp {
    Add,
    Sub,
    Mul,
    Div,
    And,
    Or,
}

/// The forms a formula can take.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `absent`: no value.
    Absent,
    /// `true`, `false`.
    Bool(bool),
    /// `25_000 USD`, `66 2/3%` (already the ratio, with `percent` set), `1 5/16 USD/share`.
    Number {
        /// The number, a percentage already divided by 100.
        value: Num,
        /// The unit after it.
        unit: Option<UnitExpr>,
        /// Whether a `%` stood after it.
        percent: bool,
    },
    /// `2001-02-20`.
    Date(NaiveDate),
    /// `"text"`.
    Text(Arc<str>),
    /// A name: a field, a rule, a term, an input, a variable, an enumeration's value.
    Name(Name),
    /// `base.field`.
    Field(Box<Expr>, Name),
    /// `function(arguments)`.
    Call(Name, Vec<Expr>),
    /// `table[key, key]`.
    Lookup(Box<Expr>, Vec<Expr>),
    /// `term at date`.
    At(Box<Expr>, Box<Expr>),
    /// `-x`.
    Negate(Box<Expr>),
    /// `not x`.
    Not(Box<Expr>),
    /// `x ^ 3`, the exponent a whole literal, possibly negative.
    Power(Box<Expr>, i32),
    /// `a + b` and the like; the span is the operator's.
    Binary(BinOp, Span, Box<Expr>, Box<Expr>),
    /// `a <= b < c`: the first value and each comparison after it, with the operator's span.
    Compare(Box<Expr>, Vec<(CmpOp, Span, Expr)>),
    /// `x in list`, `x not in list`.
    In {
        /// The value looked for.
        item: Box<Expr>,
        /// Where.
        list: Box<Expr>,
        /// `not in`.
        negated: bool,
    },
    /// `x is present` (`negated`: `x is absent`).
    IsPresent {
        /// The value asked about.
        value: Box<Expr>,
        /// `is absent`.
        negated: bool,
    },
    /// `a otherwise b`.
    Otherwise(Box<Expr>, Box<Expr>),
    /// `if c then a else b`.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `match x when a, b then v when c then w else z`.
    Match {
        /// The value looked at.
        subject: Box<Expr>,
        /// Values and what they give.
        arms: Vec<MatchArm>,
        /// `else`.
        otherwise: Option<Box<Expr>>,
    },
    /// `let x = a; body`.
    Let {
        /// The variable.
        name: Name,
        /// What it stands for.
        value: Box<Expr>,
        /// Where it does.
        body: Box<Expr>,
    },
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `{ name: a, other: b }`.
    Record(Vec<(Name, Expr)>),
    /// `record with { name: a }`.
    With(Box<Expr>, Vec<(Name, Expr)>),
    /// `[value for row in source where c order by k]`, also as the only argument of a call.
    Query(Box<Query>),
    /// `fold s = initial for row in source where c order by k then next`.
    Fold {
        /// The state's variable.
        state: Name,
        /// The state before the first row.
        initial: Box<Expr>,
        /// The rows, in order; the query's value is the next state.
        query: Box<Query>,
        /// `running fold`: the list of states after each row instead of the last state.
        running: bool,
    },
    /// `fail "message"`.
    Fail(Arc<str>),
    /// `clause of rule`: the clause of the case that decided.
    ClauseOf(Box<Expr>),
    /// `reasons of rule`: the reasons of the requirements that are not met.
    ReasonsOf(Box<Expr>),
}

/// `when a, b then v`.
#[derive(Clone, Debug, PartialEq)]
pub struct MatchArm {
    /// The values.
    pub patterns: Vec<Expr>,
    /// What they give.
    pub value: Expr,
}

/// A walk over the rows of a table or the items of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// What each row gives; the row variable itself for `row in source where ...`.
    pub value: Expr,
    /// The row variable.
    pub row: Name,
    /// The table or list.
    pub source: Expr,
    /// `where`.
    pub filter: Option<Expr>,
    /// `order by`, the first key first; ties keep their input order.
    pub order: Vec<OrderKey>,
}

/// One key of an `order by`.
#[derive(Clone, Debug, PartialEq)]
pub struct OrderKey {
    /// The key.
    pub key: Expr,
    /// Largest first.
    pub descending: bool,
}

/// A type as written: `USD/share?`, `list of text`, `one of a, b`.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeExpr {
    /// What it is.
    pub kind: TypeExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The forms of a type.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeExprKind {
    /// `%`.
    Percent,
    /// A word or a unit with one factor: `text`, `date`, `boolean`, `number`, `count`, `USD`, an alias.
    Named(Name),
    /// A unit of several factors: `USD/share`.
    Unit(UnitExpr),
    /// `one of a, b, c`.
    OneOf(Vec<Name>),
    /// `list of T`.
    List(Box<TypeExpr>),
    /// `ref table`: the key of a row of that table.
    Ref(Name),
    /// `{ name: T, other: U }`.
    Record(Vec<(Name, TypeExpr)>),
    /// `T?`.
    Optional(Box<TypeExpr>),
}
