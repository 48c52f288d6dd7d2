//! What can go wrong while a formula is evaluated.

use crate::limits::LimitError;
use crate::source::Span;
use chrono::NaiveDate;
use std::sync::Arc;
use thiserror::Error;

/// A formula that has no value, and the part of it that failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{kind}")]
pub struct Fault {
    /// What went wrong.
    pub kind: FaultKind,
    /// Where in the plan.
    pub span: Span,
}

/// Why a formula has no value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FaultKind {
    /// A divisor is zero.
    #[error("a division by zero")]
    DivisionByZero,
    /// A date beyond the years 1 to 9999.
    #[error("a date outside the years 1 to 9999")]
    DateRange,
    /// A date built from parts that does not exist.
    #[error("there is no day `{0:0>4}-{1:0>2}-{2:0>2}`")]
    NoSuchDate(String, String, String),
    /// A day that a calendar does not know.
    #[error("{day} lies outside the calendar `{calendar}`")]
    CalendarRange {
        /// The calendar.
        calendar: Arc<str>,
        /// The day.
        day: NaiveDate,
    },
    /// A term read on a date at which no version is in force.
    #[error("the term `{term}` has no version in force on {date}{}", versions_around(*.before, *.after))]
    History {
        /// The term.
        term: Arc<str>,
        /// The date.
        date: NaiveDate,
        /// The last day of the version before that date, where there is one.
        before: Option<NaiveDate>,
        /// The first day of the version after it.
        after: Option<NaiveDate>,
    },
    /// A term with a history read where the date is absent.
    #[error("the date at which the term `{0}` is read is absent")]
    HistoryDateAbsent(Arc<str>),
    /// A number that must be whole (days, months, decimals) is not.
    #[error("`{0}` must be a whole number here")]
    NotWhole(String),
    /// A whole number of more digits than fit where it is used (dates, decimals, ends of a range).
    #[error("`{0}` is beyond the largest number that can be used here, 9,223,372,036,854,775,807")]
    TooLarge(String),
    /// A number that is out of the range a function takes.
    #[error("`{0}` is out of range here")]
    OutOfRange(String),
    /// A rounding step that is not above zero.
    #[error("the step is `{0}`, and a step must be above zero")]
    BadStep(String),
    /// A conclusion outside the range that its rule declares.
    #[error("{value} is outside its range, {bound}")]
    OutsideRange {
        /// The conclusion, in words.
        value: String,
        /// The bound that it breaks, in words: "at least 0 USD".
        bound: String,
    },
    /// A limit.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The plan said so.
    #[error("{0}")]
    Failed(Arc<str>),
    /// A figure it needs has failed already, by the failure of this number; it is not reported again.
    #[error("a figure it needs has failed")]
    Dependent(usize),
    /// A program that was not checked, or a fault of the evaluator: never met by a checked plan.
    #[error("the formula and its data do not agree")]
    Internal,
}

/// What a term has instead of a version on a date.
fn versions_around(before: Option<NaiveDate>, after: Option<NaiveDate>) -> String {
    match (before, after) {
        (None, Some(first)) => format!("; its first is from {first}"),
        (Some(last), None) => format!("; its last ended on {last}"),
        (Some(last), Some(next)) => format!("; one ended on {last} and the next is from {next}"),
        (None, None) => String::new(),
    }
}
