//! The column evaluator: the same checked plan over whole tables, a batch of rows at a time.
//!
//! Each formula about a table's rows becomes operations on registers of whole numbers. What the same
//! for every row is evaluated once, by the reference evaluator; a row for which an operation could
//! leave its register is in doubt, and the reference evaluator decides it, with the same result or
//! the same failure.

mod batch;
mod engine;
mod lower;
mod number;
mod program;
mod sheet;
mod store;
mod strata;

pub use strata::evaluate;
