//! What an evaluation did, recorded as it happens where a trace is asked for.

use crate::ir::{Holder, RuleId};
use crate::library::FaultKind;
use crate::number::{Num, RoundingMode};
use crate::source::Span;
use crate::value::{Type, Value};
use chrono::NaiveDate;

/// A rounding: what went in, what came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rounding {
    /// The call in the plan.
    pub span: Span,
    /// Which way.
    pub mode: RoundingMode,
    /// To multiples of this.
    pub step: Num,
    /// The exact value.
    pub exact: Num,
    /// The rounded value.
    pub result: Num,
    /// The unit of all of these.
    pub ty: Type,
}

/// One thing that an evaluation did.
#[derive(Clone, Debug)]
pub enum Event {
    /// It read a rule's conclusion.
    Rule(RuleId, Option<u32>, Value),
    /// It read an input: the record or table, the row, the field.
    Input(Holder, Option<u32>, usize, Value),
    /// It read a term: which version, on which date.
    Term(usize, usize, Option<NaiveDate>, Value),
    /// It read the reading of an assumption.
    Assumption(usize, usize),
    /// It asked a condition (of an `if`, a case, a requirement), at this place, with this answer.
    Asked(Span, bool),
    /// It took the value at this place.
    Took(Span),
    /// It rounded.
    Rounded(Rounding),
    /// It called a function of the plan.
    Called(usize, Vec<Value>, Value, Vec<Event>),
    /// It walked over rows: the place, how many there were, how many passed.
    Walked(Span, usize, usize),
    /// It failed.
    Failed(FaultKind, Span),
}

/// Records events; walks over many rows are summed up instead of listed.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    stack: Vec<Vec<Event>>,
    quiet: usize,
}

impl Recorder {
    /// Starts with one open list.
    #[must_use]
    pub fn new() -> Self {
        Self { stack: vec![Vec::new()], quiet: 0 }
    }

    /// Adds an event, unless rows of a walk are being gone through.
    pub fn add(&mut self, event: impl FnOnce() -> Event) {
        if self.quiet == 0
            && let Some(top) = self.stack.last_mut()
        {
            top.push(event());
        }
    }

    /// Opens a list for what happens inside a function.
    pub fn open(&mut self) {
        self.stack.push(Vec::new());
    }

    /// Closes it.
    pub fn close(&mut self) -> Vec<Event> {
        self.stack.pop().unwrap_or_default()
    }

    /// Stops listing until [`Recorder::listen`].
    pub fn hush(&mut self) {
        self.quiet = self.quiet.saturating_add(1);
    }

    /// Goes on listing.
    pub fn listen(&mut self) {
        self.quiet = self.quiet.saturating_sub(1);
    }
}
