//! The checked plan: names resolved, types and units known, rules in the order of evaluation. Both
//! evaluators, the reader of data and the reports see a plan only in this form.

mod expr;
mod program;
mod walk;

pub use expr::{Arith, DateStep, Expr, ExprKind, MatchArm, OrderKey, Query};
pub use program::{
    Allocate, Assumption, Bound, Case, Clause, ClauseStatus, Condition, Expectation, Field, Function,
    FunctionId, Holder, Program, Record, Requirement, Rule, RuleBody, RuleId, SCALARS, Selection, Table,
    Term, TermVersion, Test,
};
pub use walk::{Use, conjuncts, reached, uses, walk};
