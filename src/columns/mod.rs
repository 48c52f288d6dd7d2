//! The column evaluator: the same checked plan over whole tables, a batch of rows at a time.
//!
//! Each formula about a table's rows becomes operations on registers of whole numbers. What the same
//! for every row is evaluated once, by the reference evaluator; a row for which an operation could
//! leave its register is in doubt, and the reference evaluator decides it, with the same result or
//! the same failure.

mod allocate;
mod apart;
mod batch;
mod chosen;
mod common;
mod days;
mod ends;
mod engine;
mod extremes;
mod fading;
mod fold;
mod groups;
mod lists;
mod lower;
mod number;
mod planes;
mod program;
mod rooms;
mod sheet;
mod store;
mod strata;
mod totals;
mod walk;
mod within;

pub use rooms::Rooms;
pub use strata::{evaluate, evaluate_once, not_held};

use crate::progress::Watched;

/// Who shares the work of an evaluation, and who is told of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Crew<'w> {
    /// Threads.
    pub pool: Option<&'w rayon::ThreadPool>,
    /// Whoever watches.
    pub watch: Watched<'w>,
}

/// Threads to share work among; none where the caller's own is enough, or where the system gives none.
#[must_use]
pub fn pool(threads: usize) -> Option<rayon::ThreadPool> {
    (threads > 1).then(|| rayon::ThreadPoolBuilder::new().num_threads(threads).build().ok()).flatten()
}
