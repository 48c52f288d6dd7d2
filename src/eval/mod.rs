//! The reference evaluator: clear, exact, able to trace. It sees a checked plan and data that fit it.

mod allocate;
mod data;
mod derivation;
mod explain;
mod failures;
mod folded;
mod forms;
mod index;
mod items;
mod leaves;
mod machine;
mod memory;
mod observer;
mod ordered;
mod outcome;
mod passing;
mod pieces;
mod query;
mod recorder;
mod reliance;
mod rules;
mod shared;
mod shorten;
mod shown;
mod single;
mod trace;
mod walks;

pub use crate::library::compare;
pub use allocate::Share;
pub use data::{Dataset, Extra, Left, Places, TableData};
pub use derivation::{Branch, BranchOf, Explanation, Extent, Figure, Node, NodeKind, Step, WalkStep, Walked};
pub use explain::explain;
pub use index::{Firsts, Index, add_key_hashes};
pub use machine::Evaluated;
pub use machine::Machine;
pub use observer::{Observer, Seen};
pub use ordered::in_order;
pub use outcome::{
    Choices, Column, Detail, Determination, Failure, Outcome, asked_for, evaluate, needed, observe,
};
pub use shown::{Faced, Shown, row_key_of, row_label};
pub use single::{Concluded, Obstacle, Of, Single, Why};
pub use trace::{Rounding, Walk};

use crate::ir::{Expr, Program};
use crate::library::Fault;
use crate::limits::Limits;
use crate::value::Value;
use failures::Failures;

/// Evaluates a constant formula of a plan that is still being checked, and answers the steps it took.
///
/// # Errors
/// Where the formula has no value, such as a division by zero, or takes more than `limits` allow.
pub fn constant(
    program: &Program,
    expr: &Expr,
    slots: usize,
    limits: &Limits,
) -> (Result<Value, Box<Fault>>, u64) {
    let data = Dataset::default();
    let choices = Choices::default();
    let mut machine = Machine::new(program, &data, &choices, limits);
    let value = machine.eval(expr, &mut vec![Value::Absent; slots]).and_then(|value| {
        let fits = machine.account.conclude(0, &value);
        fits.map_err(|e| Box::new(Fault { kind: e.into(), span: expr.span }))?;
        Ok(value)
    });
    (value, machine.into_account().steps())
}
