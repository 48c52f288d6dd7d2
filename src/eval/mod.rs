//! The reference evaluator: clear, exact, able to trace. It sees a checked plan and data that fit it.

mod allocate;
mod data;
mod derivation;
mod explain;
mod failures;
mod machine;
mod outcome;
mod query;
mod recorder;
mod rules;
mod shown;
mod trace;

pub use crate::library::compare;
pub use allocate::Share;
pub use data::{Dataset, Index, Places, TableData, key_hashes};
pub use derivation::{Branch, BranchOf, Explanation, Extent, Figure, Node, NodeKind, Step};
pub use explain::explain;
pub use machine::Machine;
pub use outcome::{
    Choices, Column, Detail, Determination, Failure, Outcome, asked_for, evaluate, needed,
};
pub use machine::Evaluated;
pub use shown::{Faced, Shown, row_label};
pub use trace::{Rounding, Walk};

use crate::ir::{Expr, Program};
use crate::library::Fault;
use crate::limits::Limits;
use crate::value::Value;

/// Evaluates a constant formula of a plan that is still being checked.
///
/// # Errors
/// Where the formula has no value, such as a division by zero.
pub fn constant(program: &Program, expr: &Expr, slots: usize) -> Result<Value, Box<Fault>> {
    let data = Dataset::default();
    let choices = Choices::default();
    let mut machine = Machine::new(program, &data, &choices, &Limits::DEFAULT);
    machine.eval(expr, &mut vec![Value::Absent; slots])
}
