//! Whereas: the terms of a legal or financial plan in a file that a plan analyst edits, a command
//! checks, and any program can evaluate, exactly.

// Tests may be plain: what they unwrap, index and add is their own.
#![cfg_attr(
    test,
    allow(clippy::pedantic, clippy::arithmetic_side_effects, clippy::string_slice, clippy::float_arithmetic)
)]

pub mod check;
#[cfg(feature = "cli")]
pub mod cli;
pub mod columns;
pub mod compare;
pub mod data;
pub mod diagnostic;
pub mod engine;
pub mod eval;
pub mod format;
pub mod ir;
mod lanes;
pub mod library;
pub mod limits;
pub mod lint;
pub mod mutate;
pub mod number;
pub mod plan;
pub mod progress;
pub mod proof;
pub mod report;
pub mod source;
pub mod syntax;
pub mod value;

pub use engine::{
    EvaluateError, Evaluation, Inputs, Plan, PlanError, Results, Row, RowEvaluator, RowResults, ToInputs,
};

/// The blocks of the manual for embedders, run as tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/embedding.md")]
mod embedding {}
