//! Whereas: the terms of a legal or financial plan in a file that a plan analyst edits, a command
//! checks, and any program can evaluate, exactly.
#![cfg_attr(not(test), warn(clippy::pedantic))]
#![allow(clippy::module_name_repetitions, clippy::must_use_candidate)]

pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod data;
pub mod diagnostic;
pub mod engine;
pub mod eval;
pub mod ir;
pub mod library;
pub mod limits;
pub mod number;
pub mod plan;
pub mod report;
pub mod source;
pub mod syntax;
pub mod value;

pub use engine::{EvaluateError, Evaluation, Inputs, IntoInputs, Plan, PlanError, Results};
